"""Exports: what a list shows, whole, in memory that does not grow with it."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.leads.export.columns import Column
from app.leads.export.service import Format, export, writer_of
from app.leads.schemas import LeadFilters
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.house import Desk


async def _file(desk: Desk, kind: Format, columns: list[Column] | None = None, **filters: Any) -> bytes:
    wanted = columns or []
    house, writer = desk.house, writer_of(kind, wanted)
    pieces = await export(house.database, house.keyring, LeadFilters(**filters), writer, wanted)
    return b"".join([piece async for piece in pieces])


async def test_it_holds_the_leads_of_a_list_with_the_same_filters_in_its_order(desk: Desk) -> None:
    made = []
    for number in range(5):
        made.append((await desk.lead(country="PT" if number == 2 else "ES", received_at=desk.clock.now())).reference)
        desk.clock.move(timedelta(minutes=1))
    await desk.lead(held_reasons=["honeypot"])
    file = await _file(desk, Format.CSV, [Column.REFERENCE], country="ES")
    assert file.decode("utf-8-sig").split() == ["reference", made[4], made[3], made[1], made[0]]


async def test_pages_join_without_a_gap(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.leads.export.service._PAGE", 2)
    made = {str((await desk.lead()).id) for _ in range(5)}
    lines = (await _file(desk, Format.NDJSON, [Column.ID])).splitlines()
    assert [len(lines), {orjson.loads(line)["id"] for line in lines}] == [5, made]


async def test_over_http_it_comes_as_a_file_to_keep(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await client.post(DOOR, json=JSON)
    answer = await staff.get("/v1/leads/export", params={"columns": ["name", "phone", "budget"], "status": "new"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="leads-2026-03-02.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows == [["name", "phone", "budget"], ["Aurelia Brandt", "+34 612345678", "1500.00 EUR"]]
    for wrong in ("format=pdf", "columns=shoe_size", "status=found", "limit=5"):
        assert (await staff.get(f"/v1/leads/export?{wrong}")).status_code == 422


async def test_without_the_scope_contact_data_is_masked(
    app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    names = {"patient_name": "Hanna Brandt", "patient_age": 9, "guardian_name": "Jonas Brandt"}
    assert (await client.post(DOOR, json={**JSON, **names, "relationship": "carer"})).is_success
    new = NewKey(name="Reports", scopes=[Scope.LEADS_EXPORT])
    key = await access.mint(app.state.parts.database, new, clock.now())
    headers = {"Authorization": f"Bearer {key.secret}"}
    for kind in ("csv", "ndjson"):
        answer = await client.get(f"/v1/leads/export?format={kind}", headers=headers)
        assert "A. B." in answer.text
        assert not [word for word in ("Brandt", "a.brandt", "612345678") if word in answer.text]


async def test_a_key_of_another_form_gets_no_line(app: FastAPI, client: httpx.AsyncClient, clock: FakeClock) -> None:
    await client.post(DOOR, json=JSON)
    new = NewKey(name="Spain", scopes=[Scope.LEADS_EXPORT], forms=["clinic-es"])
    key = await access.mint(app.state.parts.database, new, clock.now())
    answer = await client.get("/v1/leads/export", headers={"Authorization": f"Bearer {key.secret}"})
    assert answer.content.count(b"\r\n") == 1
