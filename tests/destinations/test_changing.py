"""Another way to the same destination: vetted as when it was made, and taken by what waits already."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from standardwebhooks.webhooks import Webhook

from app.deliveries.engine import Engine
from tests.destinations.making import BEARER, HUBSPOT, MAILBOX, OAUTH, WEBHOOK, custom, made
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.sink import Answer, HttpSink

ELSEWHERE = "https://crm.other.example/hooks"


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that says today: who verifies a signature refuses an old one."""
    return FakeClock(datetime.now(UTC))


async def _send(app: FastAPI) -> None:
    engine: Engine = app.state.engine
    await engine.run_until_idle()


async def _refused(staff: httpx.AsyncClient, new: dict[str, Any], changes: dict[str, Any]) -> list[tuple[str, str]]:
    answer = await staff.patch(f"/v1/destinations/{new['id']}", json=changes)
    assert answer.status_code == 422, answer.text
    assert "s3cret" not in answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_what_waits_goes_to_the_new_address_in_the_new_shape(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    http_sink.answers.extend([Answer(500)] * 3)
    new = await made(staff, WEBHOOK, url=http_sink.url("/old"))
    for _ in range(3):
        await client.post(DOOR, json=JSON)
    await _send(app)
    address = f"/v1/destinations/{new['id']}"
    assert (await staff.get(address)).json()["state"] == "failing"
    mapping = custom({"ref": {"path": "reference"}, "source": {"constant": "web"}})
    changed = (await staff.patch(address, json={"url": http_sink.url("/new"), **mapping})).json()
    assert (changed["address"], changed["format"], changed["state"]) == (http_sink.url("/new"), "custom", "active")
    clock.move(timedelta(minutes=1))
    await _send(app)
    assert [request.path for request in http_sink.requests] == ["/old"] * 3 + ["/new"] * 3
    leads = {one["reference"] for one in (await staff.get("/v1/leads")).json()["items"]}
    bodies = [json.loads(request.body) for request in http_sink.requests[3:]]
    assert {body["ref"] for body in bodies} == leads
    assert {body["source"] for body in bodies} == {"web"}
    # The secret is the one it had.
    Webhook(new["secret"]).verify(http_sink.requests[-1].body, dict(http_sink.requests[-1].headers))


async def test_the_guard_refuses_a_change_as_it_refuses_a_new_destination(staff: httpx.AsyncClient) -> None:
    new = await made(staff, WEBHOOK)
    for url, code in (
        ("https://10.0.0.7/", "address-not-public"),
        ("https://[::1]/", "address-not-public"),
        ("https://2130706433/", "address-not-canonical"),
        ("https://0x7f.1/", "address-not-canonical"),
        ("https://user:s3cret@crm.clinic.example/", "userinfo-not-allowed"),
        ("ftp://crm.clinic.example/", "scheme-not-allowed"),
    ):
        assert await _refused(staff, new, {"url": url}) == [("/url", code)], url
        assert await _refused(staff, new, {"url": url, "name": "Other"}) == [("/url", code)], url
    shown = (await staff.get(f"/v1/destinations/{new['id']}")).json()
    assert (shown["address"], shown["name"]) == (WEBHOOK["url"], "crm.clinic.example")


async def test_a_new_format_is_vetted_with_what_it_needs(staff: httpx.AsyncClient) -> None:
    new = await made(staff, WEBHOOK, events=["lead.created", "lead.updated"])
    for changes, found in (
        ({"format": "hubspot"}, [("/settings/portal", "missing"), ("/settings/form", "missing")]),
        ({"format": "hubspot", "settings": HUBSPOT}, [("/auth", "missing")]),
        ({"format": "hubspot", "settings": HUBSPOT, "auth": BEARER}, [("/events", "event-not-carried")]),
        ({"format": "pipedrive", "auth": BEARER, "include": "reference"}, [("/include", "include-too-low")]),
        ({"format": "custom"}, [("/settings/fields", "missing")]),
        ({"format": "fax"}, [("/format", "enum")]),
        (
            {**custom({"m": {"path": "inquiry.message"}}), "include": "contact"},
            [("/settings/fields/m/path", "beyond-include")],
        ),
    ):
        assert await _refused(staff, new, changes) == found, changes


async def test_a_change_of_format_brings_its_address_and_its_secret(staff: httpx.AsyncClient) -> None:
    new = await made(staff, WEBHOOK)
    address = f"/v1/destinations/{new['id']}"
    hubspot = (await staff.patch(address, json={"format": "hubspot", "settings": HUBSPOT, "auth": BEARER})).json()
    assert (hubspot["address"], hubspot["name"]) == ("https://api.hsforms.com/", "api.hsforms.com")
    assert (hubspot["settings"]["portal"], hubspot["secret"]) == (HUBSPOT["portal"], None)
    assert (await staff.post(f"{address}/rotate-secret")).status_code == 409
    assert await _refused(staff, new, {"format": "standard"}) == [("/url", "missing")]
    back = (await staff.patch(address, json={"format": "standard", "url": ELSEWHERE, "auth": None})).json()
    assert (back["settings"], back["name"], back["auth"]) == ({}, "crm.other.example", None)
    assert back["secret"].startswith("whsec_")
    assert back["secret"] != new["secret"]
    assert (await staff.patch(address, json={"format": "standard", "name": "Ours"})).json()["secret"] is None
    assert (await staff.patch(address, json={"url": WEBHOOK["url"]})).json()["name"] == "Ours"


@pytest.mark.parametrize(
    ("known", "pointers"),
    [
        ({"auth": BEARER}, ["/auth"]),
        ({"auth": {**OAUTH, "token_url": "https://crm.clinic.example/token"}}, ["/auth"]),
        ({"headers": {"x-api-key": "s3cret"}}, ["/headers"]),
        ({"auth": BEARER, "headers": {"x-api-key": "s3cret"}}, ["/auth", "/headers"]),
    ],
)
async def test_no_other_server_is_told_the_credentials_of_the_old_one(
    staff: httpx.AsyncClient, known: dict[str, Any], pointers: list[str]
) -> None:
    new = await made(staff, WEBHOOK, **known)
    for url in (ELSEWHERE, "https://crm.clinic.example:8443/hooks"):
        assert await _refused(staff, new, {"url": url}) == [(pointer, "say-again") for pointer in pointers]
    assert await _refused(staff, new, {"format": "hubspot", "settings": HUBSPOT}) == [
        (pointer, "say-again") for pointer in pointers
    ]
    same = await staff.patch(f"/v1/destinations/{new['id']}", json={"url": "https://crm.clinic.example/other"})
    assert same.status_code == 200
    again = {"url": ELSEWHERE, "auth": BEARER, "headers": {}}
    assert (await staff.patch(f"/v1/destinations/{new['id']}", json=again)).json()["auth"] == "bearer"


async def test_each_kind_changes_what_it_has(staff: httpx.AsyncClient) -> None:
    mailbox, webhook = await made(staff, MAILBOX), await made(staff, WEBHOOK)
    foreign: dict[str, Any] = {"url": ELSEWHERE, "format": "standard", "auth": BEARER, "headers": {}}
    for name, value in foreign.items():
        assert await _refused(staff, mailbox, {name: value}) == [(f"/{name}", "extra-forbidden")]
    assert await _refused(staff, webhook, {"address": "a@clinic.example"}) == [("/address", "extra-forbidden")]
    assert await _refused(staff, mailbox, {"address": "a@b.example, c@d.example"}) == [("/address", "invalid-email")]
    changed = (await staff.patch(f"/v1/destinations/{mailbox['id']}", json={"address": "a@clinic.example"})).json()
    assert (changed["address"], changed["name"]) == ("a@clinic.example", "a@clinic.example")


async def test_the_letters_to_a_mailbox_have_a_language_and_a_subject(staff: httpx.AsyncClient) -> None:
    settings = {"language": "es", "subject": "Web: {headline} {reference}"}
    new = await made(staff, MAILBOX, settings=settings)
    assert new["settings"] == settings
    for wrong, pointer in (
        ({"language": "xx"}, "/settings/language"),
        ({"subject": "{name}"}, "/settings/subject"),
        ({"colour": "indigo"}, "/settings/colour"),
    ):
        assert [place for place, _ in await _refused(staff, new, {"settings": wrong})] == [pointer]
        answer = await staff.post("/v1/destinations", json={**MAILBOX, "settings": wrong})
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    address = f"/v1/destinations/{new['id']}"
    assert (await staff.patch(address, json={"name": "Desk"})).json()["settings"] == settings
    assert (await staff.patch(address, json={"settings": {}})).json()["settings"] == {}
