"""What the door keeps in memory is never older than what it decides by."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.bulk import Condition, Rows
from app.deliveries import service as deliveries
from app.deliveries.acknowledging import change_form
from app.destinations import service as destinations
from app.destinations.guard import Guard
from app.destinations.schemas import DestinationChange, NewMailbox
from app.destinations.shapes import Include
from app.errors import OutOfReach
from app.forms import service as forms
from app.forms.schemas import FormChange, NewForm, NewWording
from app.forms.wordings import DEFAULT_TEXTS
from app.intake import configuration as configuration_module
from app.intake.configuration import DoorConfiguration
from app.parts import Parts
from tests.intake.enquiry import DOOR, JSON


def _parts(app: FastAPI) -> Parts:
    """Give the parts as another process has them: nothing of the door's memory is shared."""
    here: Parts = app.state.parts
    return replace(here)


async def _promised(staff: httpx.AsyncClient) -> int:
    return len((await staff.get("/v1/deliveries")).json()["items"])


async def test_a_destination_added_a_moment_ago_gets_the_next_lead(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    house = _parts(app)
    await client.post(DOOR, json=JSON)
    new = NewMailbox(kind="email", address="staff@clinic.example", include=Include.FULL)
    made = await destinations.add(house.database, house.keyring, Guard(), new, house.clock.now())
    await client.post(DOOR, json=JSON)
    assert await _promised(staff) == 1
    async with house.database.begin() as session:
        await forms.add(session, NewForm(key="other", name="Other"), house.clock.now())
    await destinations.change(house.database, house.keyring, Guard(), made.id, DestinationChange(forms=["other"]))
    await client.post(DOOR, json=JSON)
    assert await _promised(staff) == 1
    assert (await client.post(f"{DOOR}?form=other", json=JSON)).status_code == 201
    assert await _promised(staff) == 2
    await deliveries.retire_destination(house.database, made.id, house.clock.now())
    await client.post(f"{DOOR}?form=other", json=JSON)
    assert await _promised(staff) == 2


async def test_a_destination_added_between_the_look_and_the_write_gets_that_lead(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = _parts(app)
    write = house.database._bulk.write
    held: list[bool] = []

    async def add_first(tables: Sequence[Rows], only_if: Condition) -> bool:
        if not held:
            new = NewMailbox(kind="email", address="staff@clinic.example", include=Include.FULL)
            await destinations.add(house.database, house.keyring, Guard(), new, house.clock.now())
        held.append(await write(tables, only_if))
        return held[-1]

    monkeypatch.setattr(house.database._bulk, "write", add_first)
    assert (await client.post(DOOR, json=JSON)).status_code == 201
    assert held == [False, True]
    assert await _promised(staff) == 1
    assert len((await staff.get("/v1/leads")).json()["items"]) == 1


async def test_a_form_closed_or_opened_a_moment_ago_is_closed_or_open(app: FastAPI, client: httpx.AsyncClient) -> None:
    house = _parts(app)
    assert (await client.post(DOOR, json=JSON)).status_code == 201
    await change_form(house, "default", FormChange(is_open=False))
    assert (await client.post(DOOR, json=JSON)).status_code == 410
    await change_form(house, "default", FormChange(is_open=True))
    assert (await client.post(DOOR, json=JSON)).status_code == 201


async def test_a_site_listed_a_moment_ago_may_send(app: FastAPI, client: httpx.AsyncClient) -> None:
    house = _parts(app)
    there = {"Origin": "https://clinic.example"}
    await change_form(house, "default", FormChange(origins=["https://other.example"]))
    assert (await client.post(DOOR, json=JSON, headers=there)).status_code == 403
    await change_form(house, "default", FormChange(origins=["https://clinic.example"]))
    assert (await client.post(DOOR, json=JSON, headers=there)).status_code == 201


async def test_a_wording_made_a_moment_ago_is_the_one_recorded(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    house = _parts(app)
    assert (await client.post(DOOR, json=JSON)).status_code == 201
    new = NewWording(language="en", **{**DEFAULT_TEXTS, "privacy": "You may keep what I wrote."})
    made = await forms.add_wording(house.database, "default", new, house.clock.now() + timedelta(seconds=1))
    consent = {**JSON["consent"], "wording": str(made.id)}
    accepted = (await client.post(DOOR, json={**JSON, "consent": consent})).json()
    lead = (await staff.get(f"/v1/leads/{accepted['id']}")).json()
    assert {(one["wording"], one["shown"]) for one in lead["consents"]} == {(str(made.id), "shown")}


async def test_the_door_reads_nothing_anew_while_nothing_changes(app: FastAPI, client: httpx.AsyncClient) -> None:
    await client.post(DOOR, json=JSON)
    configuration = app.state.admission.configuration
    before = configuration._forms
    for _ in range(3):
        await client.post(DOOR, json=JSON)
    assert configuration._forms is before


async def test_a_crowd_after_a_quiet_second_reads_once(house: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = DoorConfiguration(house.database, now=iter(range(0, 1000, 10)).__next__)
    reads = 0
    read = house.database.read

    @asynccontextmanager
    async def counted(within: float) -> AsyncIterator[AsyncSession]:
        nonlocal reads
        reads += 1
        async with read(within) as session:
            yield session

    monkeypatch.setattr(house.database, "read", counted)
    await asyncio.gather(*(configuration.form("default") for _ in range(50)))
    assert reads == 1


async def test_a_database_that_has_fallen_silent_holds_nobody_for_long(
    house: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration_module, "DOOR_PATIENCE_SECONDS", 0.2)

    async def silent(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(AsyncSession, "scalar", silent)
    configuration = DoorConfiguration(house.database)
    results = await asyncio.gather(*(configuration.form("default") for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [OutOfReach] * 5
