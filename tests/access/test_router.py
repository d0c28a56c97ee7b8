"""API keys over HTTP: shown once, listed without their secrets, ended for good, and no way up."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.clock import rfc3339
from tests.support.clock import FakeClock

SHARES: list[tuple[str, list[str], int]] = [
    ("reference", [], 201),
    ("contact", [], 403),
    ("contact", ["leads:contact"], 201),
    ("full", ["leads:contact"], 403),
    ("full", ["leads:export"], 403),
    ("full", ["leads:contact", "leads:export"], 201),
]

WRONG_KEYS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"),
    ({"name": "x" * 201}, "/name"),
    ({"name": "Front\x00desk"}, "/name"),
    ({"name": "Front\r\ndesk"}, "/name"),
    ({"scopes": []}, "/scopes"),
    ({"scopes": ["leads:everything"]}, "/scopes/0"),
    ({"forms": ["clinic\x00es"]}, "/forms/0"),
    ({"expires_at": "2027-01-01T00:00:00"}, "/expires_at"),
    ({"expires_at": "0001-01-01T00:00:00+14:00"}, "/expires_at"),
    ({"expires_at": "9999-12-31T23:59:59-12:00"}, "/expires_at"),
    ({"colour": "indigo"}, "/colour"),
]

READER = {"name": "Front desk", "scopes": ["leads:read"]}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database: it refuses texts that the other one keeps."""
    return postgresql_url


def _client(app: FastAPI, secret: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000", headers=headers)


async def _mint(staff: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await staff.post("/v1/keys", json={**READER, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_secret_is_shown_once(app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock) -> None:
    made = await _mint(staff)
    async with _client(app, made["secret"]) as reader:
        assert (await reader.get("/v1/leads")).status_code == 200
    listed = await staff.get("/v1/keys")
    assert made["secret"] not in listed.text
    (shown,) = (key for key in listed.json()["items"] if key["id"] == made["id"])
    assert shown == {**{name: made[name] for name in made if name != "secret"}, "last_used_at": rfc3339(clock.now())}


async def test_a_revoked_key_is_refused_within_five_seconds(
    app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    made = await _mint(staff)
    async with _client(app, made["secret"]) as reader:
        await reader.get("/v1/leads")
        ended = await staff.delete(f"/v1/keys/{made['id']}")
        assert ended.json()["revoked_at"] == rfc3339(clock.now())
        clock.move(timedelta(seconds=5))
        assert (await reader.get("/v1/leads")).status_code == 401
    assert (await staff.delete(f"/v1/keys/{made['id']}")).json() == ended.json() | {
        "last_used_at": ended.json()["last_used_at"]
    }


async def test_a_key_that_is_not_there_cannot_be_revoked(staff: httpx.AsyncClient) -> None:
    answer = await staff.delete("/v1/keys/01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3")
    assert (answer.status_code, answer.json()["code"]) == (404, "key-not-found")


async def test_a_key_that_cannot_be_made_is_refused_field_by_field(staff: httpx.AsyncClient) -> None:
    for changes, pointer in WRONG_KEYS:
        answer = await staff.post("/v1/keys", json={**READER, **changes})
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_key_hands_on_no_more_scopes_and_time_than_it_has(
    app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    tomorrow, later = (rfc3339(clock.now() + timedelta(days=days)) for days in (1, 2))
    maker = await _mint(staff, scopes=["keys:write", "leads:read"], expires_at=tomorrow)
    async with _client(app, maker["secret"]) as client:
        for changes in (
            {"scopes": ["leads:erase"], "expires_at": tomorrow},
            {"expires_at": later},
            {"expires_at": None},
        ):
            answer = await client.post("/v1/keys", json={**READER, **changes})
            assert (answer.status_code, answer.json()["code"]) == (403, "more-than-its-maker"), changes
        assert await _mint(client, expires_at=tomorrow)


async def test_a_destination_gets_no_more_than_the_key_that_makes_it_may_see(
    app: FastAPI, staff: httpx.AsyncClient
) -> None:
    for include, scopes, status in SHARES:
        maker = await _mint(staff, scopes=["setup:write", *scopes])
        mailbox = {"kind": "email", "address": "crm@clinic.example"}
        async with _client(app, maker["secret"]) as client:
            assert (await client.post("/v1/destinations", json={**mailbox, "include": include})).status_code == status
            modest = (await client.post("/v1/destinations", json={**mailbox, "include": "reference"})).json()
            changed = await client.patch(f"/v1/destinations/{modest['id']}", json={"include": include})
        assert changed.status_code == (200 if status == 201 else 403)
