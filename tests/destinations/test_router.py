"""Destinations over HTTP: made, changed, paused, tried and deleted."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from standardwebhooks.webhooks import Webhook

from app.deliveries.engine import Engine
from tests.destinations.making import MAILBOX, WEBHOOK, made
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.sink import Answer, HttpSink

ROUTES_OF_ONE = [
    *(("GET", ""), ("PATCH", ""), ("DELETE", "")),
    *(("POST", f"/{word}") for word in ("pause", "resume", "test", "rotate-secret")),
]

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"url": "https://10.0.0.7/"}, "/url", "address-not-public"),
    ({"url": "https://2130706433/"}, "/url", "address-not-canonical"),
    ({"url": "https://user:pass@crm.clinic.example/"}, "/url", "userinfo-not-allowed"),
    ({"url": "ftp://crm.clinic.example/"}, "/url", "scheme-not-allowed"),
    ({"include": None}, "/include", "enum"),
    ({"kind": "s3cret"}, "", "union-tag-invalid"),
    ({"forms": ["default", "nowhere"]}, "/forms/1", "form-not-found"),
    ({"forms": ["\x00"]}, "/forms/0", "string-pattern-mismatch"),
    ({"name": "CRM\x00"}, "/name", "string-pattern-mismatch"),
    ({"name": "CRM\r\nBcc: all"}, "/name", "string-pattern-mismatch"),
    ({"recipient": "Clinic\x00A"}, "/recipient", "string-pattern-mismatch"),
    ({"colour": "indigo"}, "/colour", "extra-forbidden"),
]

NOWHERE = "/v1/destinations/01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database: it refuses texts that the other one keeps."""
    return postgresql_url


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that says today: who verifies a signature refuses an old one."""
    return FakeClock(datetime.now(UTC))


async def _send(app: FastAPI) -> None:
    engine: Engine = app.state.engine
    await engine.run_until_idle()


async def test_a_signing_secret_is_shown_once(staff: httpx.AsyncClient) -> None:
    webhook, mailbox = await made(staff, WEBHOOK), await made(staff, MAILBOX, name="Front desk")
    assert webhook["secret"].startswith("whsec_")
    assert mailbox["secret"] is None
    assert (webhook["name"], webhook["state"], webhook["format"]) == ("crm.clinic.example", "active", "standard")
    listed = await staff.get("/v1/destinations")
    shown = [{name: one[name] for name in one if name != "secret"} for one in (webhook, mailbox)]
    assert listed.json()["items"] == shown
    for one in shown:
        answer = await staff.get(f"/v1/destinations/{one['id']}")
        assert (answer.json(), "whsec_" in answer.text) == (one, False)
        assert one["created_at"].endswith("Z")


async def test_a_destination_that_cannot_be_made_is_refused_field_by_field(staff: httpx.AsyncClient) -> None:
    for changes, pointer, code in WRONG:
        answer = await staff.post("/v1/destinations", json={**WEBHOOK, **changes})
        assert answer.status_code == 422, changes
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
        assert "s3cret" not in answer.text
        assert (await staff.get("/v1/destinations")).json()["items"] == []


async def test_what_is_left_out_of_a_change_stays(staff: httpx.AsyncClient) -> None:
    new = await made(staff, MAILBOX, recipient="Clinic A", forms=["default"])
    address = f"/v1/destinations/{new['id']}"
    shown = {**(await staff.get(address)).json(), "secret": None}
    for changes, effect in (
        ({}, {}),
        ({"name": "Front desk"}, {"name": "Front desk"}),
        ({"include": "reference", "forms": []}, {"include": "reference", "forms": []}),
        ({"name": None, "include": None, "forms": None}, {}),
        ({"recipient": None}, {"recipient": None}),
        ({"countries": ["ES"], "languages": ["pt_br"]}, {"countries": ["ES"], "languages": ["pt-BR"]}),
        ({"countries": []}, {"countries": []}),
        ({"address": " other@clinic.example"}, {"address": "other@clinic.example"}),
    ):
        shown |= effect
        assert (await staff.patch(address, json=changes)).json() == shown, changes
    assert {**(await staff.get(address)).json(), "secret": None} == shown
    for refused in ({"forms": ["nowhere"]}, {"address": "a@b.example, c@d.example"}, {"state": "paused"}):
        assert (await staff.patch(address, json=refused)).status_code == 422, refused


async def test_what_is_promised_to_a_paused_destination_waits_until_it_resumes(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    address = f"/v1/destinations/{(await made(staff, WEBHOOK, url=http_sink.url()))['id']}"
    assert (await staff.post(f"{address}/pause")).json()["state"] == "paused"
    await client.post(DOOR, json=JSON)
    await _send(app)
    assert http_sink.requests == []
    assert (await staff.post(f"{address}/resume")).json()["state"] == "active"
    await _send(app)
    assert len(http_sink.requests) == 1


async def test_deleting_cancels_what_waits_and_keeps_the_record(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    new = await made(staff, WEBHOOK, url=http_sink.url(), name="Clinic CRM")
    await client.post(DOOR, json=JSON)
    answer = await staff.delete(f"/v1/destinations/{new['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    await client.post(DOOR, json=JSON)
    await _send(app)
    assert http_sink.requests == []
    (kept,) = (await staff.get("/v1/deliveries")).json()["items"]
    assert (kept["state"], kept["destination"]) == ("cancelled", "Clinic CRM")
    assert (await staff.get("/v1/destinations")).json()["items"] == []


async def test_a_destination_that_is_not_there_or_deleted_is_not_found(staff: httpx.AsyncClient) -> None:
    for method, path in ROUTES_OF_ONE:
        deleted = f"/v1/destinations/{(await made(staff, MAILBOX))['id']}"
        await staff.delete(deleted)
        for address in (NOWHERE, deleted):
            answer = await staff.request(method, address + path, json={} if method == "PATCH" else None)
            assert (answer.status_code, answer.json()["code"]) == (404, "destination-not-found")


@pytest.mark.parametrize("state", ["active", "paused"])
async def test_a_test_sends_an_invented_lead_to_this_destination_alone(
    state: str, staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    new = await made(staff, WEBHOOK, url=http_sink.url("/tried"), recipient="Clinic A")
    await made(staff, WEBHOOK, url=http_sink.url("/other"))
    if state == "paused":
        await staff.post(f"/v1/destinations/{new['id']}/pause")
    answer = await staff.post(f"/v1/destinations/{new['id']}/test")
    tried = answer.json()
    assert (answer.status_code, tried["state"]) == (200, "delivered")
    assert [(one["outcome"], one["status_code"]) for one in tried["attempts"]] == [("delivered", 200)]
    (request,) = http_sink.requests
    assert request.path == "/tried"
    event = Webhook(new["secret"]).verify(request.body, dict(request.headers))
    assert (event["data"]["test"], event["type"]) == (True, "lead.created")
    assert (await staff.get("/v1/leads")).json()["items"] == []
    (lead,) = (await staff.get("/v1/leads?test=true")).json()["items"]
    assert lead["id"] == tried["lead_id"] == json.loads(request.body)["data"]["id"]


async def test_a_test_that_fails_says_why(staff: httpx.AsyncClient, http_sink: HttpSink) -> None:
    http_sink.answers.append(Answer(500))
    new = await made(staff, WEBHOOK, url=http_sink.url())
    tried = (await staff.post(f"/v1/destinations/{new['id']}/test")).json()
    assert tried["state"] == "pending"
    assert [(one["outcome"], one["status_code"]) for one in tried["attempts"]] == [("retry", 500)]
    assert "500" in tried["reason"]
