"""The door for scripts and widgets: what is stored of a request, and how it is refused."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.deliveries.models import Delivery, Event
from app.leads.models import Lead
from app.parts import Parts
from tests.intake.enquiry import DOOR, FLAT, JSON, PARTS, assert_problem
from tests.support.clock import FakeClock
from tests.support.sink import HttpSink

UNREADABLE = [b"", b"{", b"[]", b'{"name": "\xff"}', b'{"name": NaN}', b"[" * 60_000]

OTHER_ENCODINGS = ["text/plain", "application/xml", "", "application/json-seq"]

UNKNOWN_FORMS = ["nowhere", "", "Default", "\x00", "a" * 100, "Aurelia Brandt"]

ENCODINGS: dict[str, dict[str, Any]] = {"json": {"json": JSON}, "form": {"data": FLAT}, "multipart": {"files": PARTS}}
BLANK = {"name": " ", "email": "Aurelia Brandt", "country": "Brandt", "phone": "", "condition": ""}


async def _count(app: FastAPI, model: Any) -> int:
    parts: Parts = app.state.parts
    async with parts.database.read() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_request_is_answered_and_kept_whole_in_every_encoding(
    encoding: str, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    answer = await client.post(DOOR, **ENCODINGS[encoding])
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt.keys() == {"id", "reference", "form", "received_at"}
    assert (receipt["form"], receipt["received_at"]) == ("default", clock.now().isoformat().replace("+00:00", "Z"))
    lead = (await staff.get(f"/v1/leads/{receipt['id']}")).json()
    assert (lead["reference"], lead["status"], lead["held"]) == (receipt["reference"], "new", False)
    person, inquiry = lead["person"], lead["inquiry"]
    assert (person["name"], person["email"], person["country"]) == ("Aurelia Brandt", "a.brandt@mail.example", "ES")
    assert (person["phone"], person["phone_raw"], person["phone_valid"]) == ("+34612345678", "+34 612 34 56 78", True)
    assert (inquiry["condition"], inquiry["condition_code"]) == ("multiple sclerosis", "multiple-sclerosis")
    assert inquiry["message"] == JSON["message"]
    assert inquiry["budget"] == {"amount": "1500.00", "currency": "EUR"}
    assert lead["answers"] == {"favourite_colour": "indigo"}


async def test_the_form_in_the_query_wins(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain"})
    by_query = await client.post(f"{DOOR}?form=clinic-es", json={**JSON, "form": "default"})
    by_field = await client.post(DOOR, json={**JSON, "form": "clinic-es"})
    assert [answer.json()["form"] for answer in (by_query, by_field)] == ["clinic-es", "clinic-es"]


async def test_an_unknown_form_is_not_found_wherever_it_is_named(client: httpx.AsyncClient) -> None:
    for key in UNKNOWN_FORMS:
        assert_problem(await client.post(DOOR, params={"form": key}, json=JSON), 404, "form-not-found")
        assert_problem(await client.post(DOOR, json={**JSON, "form": key}), 404, "form-not-found")


async def test_a_closed_form_is_gone(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.patch("/v1/forms/default", json={"is_open": False})
    assert_problem(await client.post(DOOR, json=JSON), 410, "form-closed")


async def test_a_body_that_says_it_is_too_large_is_not_even_read(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("It was read.")
        yield b""

    headers = {"Content-Type": "application/json", "Content-Length": "65537"}
    assert_problem(await client.post(DOOR, content=body(), headers=headers), 413, "body-too-large")


async def test_a_body_that_turns_out_too_large_is_read_no_further(client: httpx.AsyncClient) -> None:
    chunks = []

    async def body() -> AsyncIterator[bytes]:
        for number in range(1000):
            chunks.append(number)
            yield b" " * 4096

    answer = await client.post(DOOR, content=body(), headers={"Content-Type": "application/json"})
    assert_problem(answer, 413, "body-too-large")
    assert len(chunks) == 17


async def test_a_body_of_just_the_allowed_size_is_taken(client: httpx.AsyncClient) -> None:
    raw = json.dumps(JSON).encode()
    answer = await client.post(DOOR, content=raw.ljust(65536), headers={"Content-Type": "application/json"})
    assert answer.status_code == 201


async def test_another_encoding_is_refused(client: httpx.AsyncClient) -> None:
    for content_type in OTHER_ENCODINGS:
        answer = await client.post(DOOR, content=json.dumps(JSON), headers={"Content-Type": content_type})
        assert_problem(answer, 415, "unsupported-media-type")


async def test_every_wrong_field_is_named_by_a_pointer_and_none_is_repeated(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    consent = {"privacy": True, "health_data": False}
    problem = assert_problem(
        await client.post(DOOR, json={**JSON, **BLANK, "consent": consent}), 422, "invalid-request"
    )
    found = {(error["pointer"], error["code"]) for error in problem["errors"]}
    assert found >= {
        ("/name", "required"),
        ("/email", "invalid-email"),
        ("/country", "unknown-country"),
        ("/consent/health_data", "consent-required"),
    }
    assert all(error["message"] for error in problem["errors"])
    assert await _count(app, Lead) == 0


async def test_a_body_that_cannot_be_read_is_the_callers_fault(client: httpx.AsyncClient) -> None:
    for raw in UNREADABLE:
        answer = await client.post(DOOR, content=raw, headers={"Content-Type": "application/json"})
        assert_problem(answer, 422, "invalid-request")


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_filled_honeypot_gets_the_same_answer_and_its_lead_is_held(
    encoding: str, app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    await staff.post("/v1/destinations", json={"kind": "webhook", "url": http_sink.url(), "include": "full"})
    trap = {"fq_extra_details": "cheap watches"}
    sent: dict[str, dict[str, Any]] = {
        "json": {"json": {**JSON, **trap}},
        "form": {"data": {**FLAT, **trap}},
        "multipart": {"files": {**PARTS, "fq_extra_details": (None, "cheap watches")}},
    }
    honest, caught = await client.post(DOOR, json=JSON), await client.post(DOOR, **sent[encoding])
    assert (caught.status_code, caught.json().keys()) == (201, honest.json().keys())
    lead = (await staff.get(f"/v1/leads/{caught.json()['id']}")).json()
    assert (lead["held"], lead["held_reasons"], lead["deliveries"]) == (True, ["honeypot"], [])
    assert (await _count(app, Event), await _count(app, Delivery)) == (1, 1)


async def test_campaigns_stand_in_the_clear_only_if_they_name_nobody(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    clear = {"utm_source": "newsletter", "utm_medium": "e-mail"}
    private = {"utm_campaign": "for a.brandt@mail.example", "utm_term": "call 612345678", "gclid": "Cj0K"}
    answer = await client.post(DOOR, json={**JSON, "attribution": {**clear, "gclid": "Cj0K"}, **private})
    parts: Parts = app.state.parts
    async with parts.database.read() as session:
        lead = (await session.scalars(select(Lead))).one()
    assert lead.campaign == clear
    shown = (await staff.get(f"/v1/leads/{answer.json()['id']}")).json()
    assert shown["attribution"] == {**clear, **private}


async def test_leads_of_one_address_or_number_know_each_other(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    strangers = {"name": "Clara Voss", "email": "voss@mail.example", "phone": "+34699999999"}
    sent = [
        JSON,
        {**JSON, "email": "A.Brandt@MAIL.example", "phone": ""},
        {**JSON, "email": "", "phone": "612 345 678"},
        {**JSON, **strangers},
    ]
    receipts = [(await client.post(DOOR, json=body)).json() for body in sent]
    related = (await staff.get(f"/v1/leads/{receipts[0]['id']}")).json()["related"]
    assert {other["reference"] for other in related} == {receipts[1]["reference"], receipts[2]["reference"]}


async def test_a_charset_that_is_declared_is_honoured(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    raw = urlencode({**FLAT, "name": "Inés Núñez"}, encoding="latin-1")
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=iso-8859-1"}
    answer = await client.post(DOOR, content=raw, headers=headers)
    assert (await staff.get(f"/v1/leads/{answer.json()['id']}")).json()["person"]["name"] == "Inés Núñez"
    undecodable = await client.post(DOOR, content=raw, headers={"Content-Type": "application/x-www-form-urlencoded"})
    problem = assert_problem(undecodable, 422, "invalid-request")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/name", "invalid-encoding")]
