"""Subject export: whatever any table holds on a lead is in it, and nothing of anybody else."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import LargeBinary, Table, or_, select

from app.audit.models import AuditEntry
from app.database import Base, Database
from app.deliveries.contexts import progress_of
from app.deliveries.models import Attempt, Delivery
from app.leads.models import Consent
from app.leads.service import load, reject
from app.parts import Parts
from app.privacy.subject import export_subject
from tests.intake.enquiry import DOOR, JSON
from tests.privacy.erased import left_of
from tests.support.house import PERSON, Desk
from tests.support.sink import Answer, HttpSink

_COUNTED = {"search_tokens", "flood_marks", "idempotency_keys"}
"""Keyed hashes: that they are there is all that they say."""
_KEYS = {"data_keys"}
"""What opens the rest."""
_OPENED = {
    *(f"leads.{part}" for part in ("person", "inquiry", "attribution", "answers")),
    *("lead_steps.note", "events.body", "attempts.excerpt", "deliveries.progress"),
}
_OURS = {
    "leads.no": "the order of arrival",
    "lead_tags.lead_no": "the same",
    "consents.id": "the number of a row",
    "lead_steps.id": "the number of a row",
    "events.place": "the order of commits",
    "deliveries.lane": "who goes first",
    "deliveries.round_start": "where its schedule began",
    "deliveries.lease_token": "which worker has it",
    "deliveries.lease_until": "until when",
}
"""What a row needs to be one, and why it says nothing of a person."""


async def test_everything_that_a_table_holds_on_a_lead_is_in_it(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    house: Parts = app.state.parts
    hook = {"kind": "webhook", "url": http_sink.url(), "include": "full", "name": "The clinic's CRM"}
    assert (await staff.post("/v1/destinations", json=hook)).status_code == 201
    http_sink.otherwise = Answer(503, b"We know Aurelia already")
    asked = {**JSON, "page_url": "https://clinic.example/ms?utm_source=autumn"}
    lead = (await client.post(DOOR, json=asked, headers={"Idempotency-Key": "a-key-of-her-own"})).json()
    path = f"/v1/leads/{lead['id']}"
    await staff.patch(path, json={"status": "contacted", "tags": ["vip"], "assignee": "Marta"})
    await staff.post(f"{path}/notes", json={"text": "She would rather be called in the evening."})
    await app.state.engine.run_until_idle()

    answer = await staff.get(f"{path}/subject-export")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{lead["reference"]}.json"'
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    said = set(_leaves(document))
    rows = [row async for row in _rows(house.database, UUID(lead["id"]))]
    held = {"leads", "consents", "lead_steps", "lead_tags", "events", "deliveries", "attempts"}
    assert {table.name for table, _ in rows} == held
    missing = {
        f"{table.name}.{column}": value
        for table, row in rows
        for column, value in row.items()
        if f"{table.name}.{column}" not in _OURS and not isinstance(value, bytes)
        for leaf in _leaves(value)
        if leaf not in said
    }
    assert missing == {}
    for words in (*JSON.values(), "evening", "We know Aurelia already", "autumn", "The clinic's CRM"):
        if isinstance(words, str) and words != JSON["phone"]:
            assert words in answer.text.replace("\\n", "\n"), words
    assert document["lead"]["person"]["phone_raw"] == JSON["phone"]
    assert document["wordings"][0]["hash"] == document["lead"]["consents"][0]["wording_hash"]
    assert document["wordings"][0]["texts"]["health_data"]
    number = next(row["no"] for table, row in rows if table.name == "leads")
    counts = await left_of(house.database, UUID(lead["id"]), number)
    assert document["marks"] == {name: counts[name] for name in _COUNTED}
    assert [entry["action"] for entry in document["audit"]] == ["lead.changed", "lead.noted", "lead.subject-exported"]


def test_no_column_is_sealed_that_it_does_not_open() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in _tables()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert sealed == _OPENED


async def test_what_was_withdrawn_rejected_or_is_halfway_is_in_it(desk: Desk, http_sink: HttpSink) -> None:
    house = desk.house
    await desk.webhook(http_sink.url())
    lead = await desk.lead()
    async with house.database.begin() as session:
        _, key = await load(session, house.keyring, lead.reference, None)
        (delivery,) = await session.scalars(select(Delivery).where(Delivery.lead_id == lead.id))
        delivery.progress = key.seal(b'{"person": 4711}', progress_of(delivery.id))
        (consent, *_) = await session.scalars(select(Consent).where(Consent.lead_id == lead.id))
        consent.withdrawn_at = desk.clock.now()
    found = await export_subject(house, lead.reference)
    assert [one.progress for one in found.deliveries] == [{"person": 4711}]
    assert [one["granted"] for one in found.lead.consents].count(False) == 1
    held = await desk.lead(held_reasons=["link"])
    await reject(house.database, house.keyring, held.reference, desk.clock.now())
    assert (await export_subject(house, held.reference)).lead.rejected_at == desk.clock.now()


async def test_relatives_are_not_in_it(desk: Desk) -> None:
    lead = await desk.lead()
    mother = await desk.lead(person={**PERSON, "name": "Leocadia Brandt"})
    found = (await export_subject(desk.house, lead.reference)).model_dump_json()
    assert "Aurelia" in found
    for words in ("Leocadia", mother.reference, str(mother.id)):
        assert words not in found


async def test_it_is_for_those_who_may_see_the_form(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    lead = (await client.post(DOOR, json=JSON)).json()
    limited = {"name": "Front desk", "scopes": ["leads:erase"], "forms": ["clinic-es"]}
    assert (await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Clinic"})).status_code == 201
    secret = (await staff.post("/v1/keys", json=limited)).json()["secret"]
    for name in (lead["reference"], "FQ-00000-00000"):
        foreign = await client.get(f"/v1/leads/{name}/subject-export", headers={"Authorization": f"Bearer {secret}"})
        assert (foreign.status_code, foreign.json()["code"]) == (404, "lead-not-found")
    assert await _exported(app.state.parts.database) == 0
    assert (await staff.get(f"/v1/leads/{lead['reference']}/subject-export")).status_code == 200
    assert await _exported(app.state.parts.database) == 1


async def _exported(database: Database) -> int:
    async with database.read() as session:
        found = await session.scalars(select(AuditEntry).where(AuditEntry.action == "lead.subject-exported"))
        return len(found.all())


def _tables() -> Iterator[Table]:
    """Yield the tables that hold something on a lead."""
    for table in Base.metadata.sorted_tables:
        names = {"lead_id", "lead_no"} & set(table.columns.keys())
        if (names or table.name in {"leads", "attempts"}) and table.name not in {*_COUNTED, *_KEYS, "erasures"}:
            yield table


async def _rows(database: Database, lead_id: UUID) -> Any:
    async with database.read() as session:
        number = await session.scalar(select(Base.metadata.tables["leads"].c.no).filter_by(id=lead_id))
        for table in _tables():
            column = table.columns
            if table.name == "attempts":
                query = select(table).join(Delivery, Delivery.id == Attempt.delivery_id)
                query = query.where(Delivery.lead_id == lead_id)
            else:
                named = {"lead_id": lead_id, "lead_no": number, **({"id": lead_id} if table.name == "leads" else {})}
                query = select(table).where(
                    or_(*(column[name] == value for name, value in named.items() if name in column))
                )
            for row in (await session.execute(query)).mappings():
                yield table, row


def _leaves(value: Any) -> Iterator[Any]:
    """Yield what a document says, moments as such however they are spelled."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, UUID):
        yield str(value)
    elif value is not None:
        yield value
        with suppress(TypeError, ValueError):
            yield datetime.fromisoformat(value)
