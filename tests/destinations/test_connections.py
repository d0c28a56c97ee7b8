"""Formats, credentials and filters of destinations over HTTP: judged when saved, never shown again."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from tests.destinations.making import BEARER, HUBSPOT, MAILBOX, OAUTH, WEBHOOK, custom, made
from tests.support.clock import FakeClock
from tests.support.sink import Answer, HttpSink

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"format": "morse"}, "/format", "enum"),
    ({"countries": ["ES", "XX"]}, "/countries/1", "unknown-country"),
    ({"languages": ["not a tag"]}, "/languages/0", "unknown-language"),
    ({"conditions": ["gold"]}, "/conditions/0", "unknown-condition"),
    ({"statuses": ["s3cret"]}, "/statuses/0", "literal-error"),
    ({"events": ["lead.eaten"]}, "/events/0", "literal-error"),
    ({"headers": {"Host": "s3cret"}}, "/headers/Host", "header-not-allowed"),
    ({"headers": {"Webhook-Signature": "s3cret"}}, "/headers/Webhook-Signature", "header-not-allowed"),
    ({"headers": {"transfer-encoding": "chunked"}}, "/headers/transfer-encoding", "header-not-allowed"),
    ({"headers": {"Content-Length": "7"}}, "/headers/Content-Length", "header-not-allowed"),
    ({"headers": {"bad name": "s3cret"}}, "/headers/bad name", "invalid-header"),
    ({"headers": {"x-a": "s3cret\r\nHost: evil"}}, "/headers/x-a", "string-pattern-mismatch"),
    ({"auth": {"kind": "digest"}}, "/auth", "union-tag-invalid"),
    ({"auth": {"kind": "basic", "username": "a:b", "password": "s3cret"}}, "/auth/username", "string-pattern-mismatch"),
    ({"auth": {"kind": "bearer", "token": "s3cret\n"}}, "/auth/token", "string-pattern-mismatch"),
    ({"auth": {**OAUTH, "token_url": "https://10.0.0.7/s3cret"}}, "/auth/token_url", "address-not-public"),
    ({"auth": BEARER, "headers": {"Authorization": "s3cret"}}, "/headers/authorization", "two-authorizations"),
    ({"settings": {"mapping": "s3cret"}}, "/settings/mapping", "extra-forbidden"),
    (
        {"format": "hubspot", "settings": {**HUBSPOT, "portal": "x"}, "auth": BEARER},
        "/settings/portal",
        "string-pattern-mismatch",
    ),
    ({"format": "hubspot", "settings": HUBSPOT}, "/auth", "missing"),
    (
        {"format": "hubspot", "settings": HUBSPOT, "auth": BEARER, "events": ["lead.updated"]},
        "/events",
        "event-not-carried",
    ),
    ({"format": "hubspot", "settings": HUBSPOT, "include": "reference"}, "/include", "include-too-low"),
    ({"format": "slack", "url": None}, "/url", "missing"),
    ({"format": "custom"}, "/settings/fields", "missing"),
    (custom({"a": {"path": "person.shoe"}}), "/settings/fields/a/path", "unknown-path"),
    (custom({"a": {"path": "type", "constant": "s3cret"}}), "/settings/fields/a", "path-or-constant"),
    (custom({"a": {"path": "type"}, "a.b": {"path": "id"}}), "/settings", "targets-collide"),
    (
        {**custom({"m/m": {"path": "inquiry.message"}}), "include": "contact"},
        "/settings/fields/m~1m/path",
        "beyond-include",
    ),
]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database: it refuses texts that the other one keeps."""
    return postgresql_url


async def test_what_an_endpoint_could_not_be_spoken_to_with_is_refused_field_by_field(staff: httpx.AsyncClient) -> None:
    for changes, pointer, code in WRONG:
        for address in ("/v1/destinations", "/v1/destinations/preview"):
            answer = await staff.post(address, json={**WEBHOOK, **changes})
            assert answer.status_code == 422, changes
            assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
            assert "s3cret" not in answer.text.replace("x-a", "")
    assert (await staff.get("/v1/destinations")).json()["items"] == []


async def test_credentials_are_shown_by_kind_and_name_and_never_again(staff: httpx.AsyncClient) -> None:
    auth = {**OAUTH, "token_url": "https://crm.clinic.example/token", "refresh_token": "s3cret-too"}
    new = await made(staff, WEBHOOK, url="https://crm.example/", auth=auth, headers={"X-Tenant": "s3cret"})
    address = f"/v1/destinations/{new['id']}"
    for answer in (await staff.get(address), await staff.get("/v1/destinations")):
        assert "s3cret" not in answer.text
    shown = (await staff.get(address)).json()
    assert (shown["auth"], shown["headers"], shown["settings"]) == ("oauth2", ["x-tenant"], {})
    assert (await staff.patch(address, json={"headers": {"x-key": "s3cret"}})).json()["auth"] == "oauth2"
    assert (await staff.patch(address, json={"auth": None})).json()["headers"] == ["x-key"]
    assert (await staff.get(address)).json()["auth"] is None


async def test_nothing_of_a_destination_can_be_read_in_the_database(staff: httpx.AsyncClient, app: FastAPI) -> None:
    await made(staff, WEBHOOK, auth=BEARER, headers={"X-Tenant": "s3cret"}, **custom({"a": {"constant": "s3cret"}}))
    async with app.state.parts.database.read() as session:
        (row,) = (await session.execute(text("SELECT * FROM destinations"))).all()
    assert b"s3cret" not in b"".join(value for value in row if isinstance(value, bytes))
    assert "s3cret" not in str([value for value in row if not isinstance(value, bytes)])


async def test_settings_are_judged_again_when_include_sinks(staff: httpx.AsyncClient) -> None:
    new = await made(staff, WEBHOOK, **custom({"about": {"path": "inquiry.message"}}))
    address = f"/v1/destinations/{new['id']}"
    refused = await staff.patch(address, json={"include": "contact"})
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/settings/fields/about/path"]
    assert (await staff.get(address)).json()["include"] == "full"
    fields = {"who": {"path": "person.name"}}
    changed = await staff.patch(address, json={"include": "contact", "settings": {"fields": fields}})
    assert (changed.status_code, changed.json()["settings"]) == (200, {"fields": fields})


async def test_a_rotated_secret_is_shown_once_and_only_where_something_is_signed(staff: httpx.AsyncClient) -> None:
    new = await made(staff, WEBHOOK)
    answer = await staff.post(f"/v1/destinations/{new['id']}/rotate-secret")
    assert answer.json()["secret"].startswith("whsec_")
    assert answer.json()["secret"] != new["secret"]
    for unsigned in (await made(staff, WEBHOOK, format="slack"), await made(staff, MAILBOX)):
        refused = await staff.post(f"/v1/destinations/{unsigned['id']}/rotate-secret")
        assert (refused.status_code, refused.json()["code"]) == (409, "no-signing-secret")


async def test_a_preview_shows_the_request_without_a_secret_and_saves_nothing(staff: httpx.AsyncClient) -> None:
    body = {**WEBHOOK, "include": "contact", "auth": BEARER, "headers": {"X-Tenant": "s3cret"}}
    body["url"] = "https://crm.clinic.example/hook"
    answer = await staff.post("/v1/destinations/preview", json=body)
    (request,) = answer.json()["requests"]
    assert "s3cret" not in answer.text
    assert (request["headers"]["authorization"], request["headers"]["x-tenant"]) == ("Bearer …", "…")
    assert json.loads(request["body"])["data"].keys() >= {"person"}
    assert "inquiry" not in json.loads(request["body"])["data"]
    assert (await staff.get("/v1/destinations")).json()["items"] == []


async def test_a_test_makes_every_call_of_a_format(staff: httpx.AsyncClient, http_sink: HttpSink) -> None:
    http_sink.answers.append(Answer(201, b'{"data": {"id": 42}}'))
    new = await made(staff, WEBHOOK, url=http_sink.url(), format="pipedrive", auth=BEARER, countries=["PT"])
    tried = (await staff.post(f"/v1/destinations/{new['id']}/test")).json()
    assert [one["outcome"] for one in tried["attempts"]] == ["halfway", "delivered"]
    assert [request.path for request in http_sink.requests] == ["/api/v2/persons", "/api/v1/leads"]
    assert json.loads(http_sink.requests[1].body)["person_id"] == 42


async def test_a_key_of_one_form_sees_and_routes_its_own_destinations_alone(
    app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain"})
    ours = await made(staff, MAILBOX, forms=["clinic-es"])
    theirs = await made(staff, WEBHOOK)
    new = NewKey(name="Spain", scopes=[Scope.SETUP_READ, Scope.SETUP_WRITE, Scope.LEADS_CONTACT], forms=["clinic-es"])
    key = await access.mint(app.state.parts.database, new, clock.now())
    limited = {"Authorization": f"Bearer {key.secret}"}
    query = {"country": "ES", "form": "clinic-es"}
    routed = await staff.post("/v1/destinations/route", json=query, headers=limited)
    assert [one["id"] for one in routed.json()["items"]] == [ours["id"]]
    answer = await staff.post(f"/v1/destinations/{theirs['id']}/rotate-secret", headers=limited)
    assert answer.status_code == 404
    refused = await staff.patch(f"/v1/destinations/{ours['id']}", json={"include": "full"}, headers=limited)
    assert refused.status_code == 403
