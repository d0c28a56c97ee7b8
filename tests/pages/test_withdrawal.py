"""Taking a consent back by the link of the acknowledgement: as easy as giving it."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.deliveries import outbox
from app.deliveries.models import Delivery, Event
from app.leads import queries
from app.leads.withdrawal import withdrawal_token
from app.parts import Parts
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock

CLINIC = "Clinic Aurora"
TEXTS = {"privacy": "Acepto.", "health_data": "También.", "sharing": "Y comparto con:", "notice": "No es un consejo."}


@pytest.fixture
async def lead(app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient) -> dict[str, Any]:
    """Give a lead that may be shared with a clinic, and the words it agreed to."""
    wording = {"language": "es", **TEXTS, "recipients": [CLINIC]}
    made = (await staff.post("/v1/forms/default/wordings", json=wording)).json()
    for recipient in (CLINIC, None):
        hook = {"kind": "webhook", "url": f"https://{'b' if recipient else 'a'}.example/", "include": "full"}
        answer = await staff.post("/v1/destinations", json={**hook, "recipient": recipient})
        assert answer.status_code == 201, answer.text
    consent = {"privacy": True, "health_data": True, "sharing": [CLINIC], "wording": made["id"]}
    sent = await client.post(DOOR, json={**JSON, "language": "es", "consent": consent})
    found: dict[str, Any] = (await staff.get(f"/v1/leads/{sent.json()['id']}")).json()
    return found


def _link(app: FastAPI, lead: dict[str, Any]) -> str:
    house: Parts = app.state.parts
    return f"/withdraw/{withdrawal_token(house.keyring, UUID(lead['id']))}"


def _ticks(page: str) -> list[str]:
    return re.findall(r'name="take_back" value="([^"]+)"', page)


async def _states(app: FastAPI) -> list[tuple[str, str, str | None]]:
    house: Parts = app.state.parts
    query = select(Event.type, Delivery.state, Delivery.reason).join(Event, Event.id == Delivery.event_id)
    async with house.database.read() as session:
        return sorted((row[0], row[1], row[2]) for row in await session.execute(query))


async def test_looking_at_the_link_changes_nothing(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, lead: dict[str, Any]
) -> None:
    page = await client.get(_link(app, lead))
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert '<html lang="es"' in page.text
    assert all(text in page.text for text in ("Acepto.", "También.", "Y comparto con:", CLINIC, lead["reference"]))
    assert "Aurelia" not in page.text
    assert len(_ticks(page.text)) == 3
    assert (await staff.get(f"/v1/leads/{lead['id']}")).json() == lead


async def test_what_is_ticked_is_taken_back_and_stays_on_record(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, lead: dict[str, Any], clock: FakeClock
) -> None:
    link = _link(app, lead)
    ticks = _ticks((await client.get(link)).text)
    page = await client.post(link, data={"take_back": [ticks[-1], "no-id"]})
    assert page.status_code == 200
    assert len(_ticks(page.text)) == 2
    after = (await staff.get(f"/v1/leads/{lead['id']}")).json()
    shared = next(one for one in after["consents"] if one.get("recipient") == CLINIC)
    before = next(one for one in lead["consents"] if one.get("recipient") == CLINIC)
    assert (before["granted"], shared["granted"]) == (True, False)
    assert shared["withdrawn_at"] == "2026-03-02T09:00:00Z"
    assert {**shared, "granted": True, "withdrawn_at": None} == {**before, "withdrawn_at": None}
    timeline = (await staff.get(f"/v1/leads/{lead['id']}/timeline")).json()["items"]
    (step,) = [one for one in timeline if one["kind"] == "withdrawn"]
    assert (step["by"], step["after"]) == ("enquirer", ["sharing"])
    (entry,) = (await staff.get("/v1/audit?action=consent.withdrawn")).json()["items"]
    assert (entry["actor"], entry["details"]) == ("enquirer", {"purposes": ["sharing"]})
    assert after["version"] == lead["version"] + 1
    again = await client.post(link, data={"take_back": ticks[-1]})
    assert again.status_code == 200
    assert (await staff.get(f"/v1/leads/{lead['id']}")).json()["version"] == after["version"]


async def test_who_has_not_heard_hears_nothing_more_and_everyone_else_hears_of_it(
    app: FastAPI, client: httpx.AsyncClient, lead: dict[str, Any]
) -> None:
    link = _link(app, lead)
    await client.post(link, data={"take_back": _ticks((await client.get(link)).text)[-1]})
    assert await _states(app) == [
        ("lead.created", "cancelled", "the enquirer took the consent back"),
        ("lead.created", "pending", None),
        ("lead.updated", "pending", None),
        ("lead.updated", "withheld", "the enquirer did not agree to share with this recipient"),
    ]


async def test_a_recipient_that_has_heard_is_told(
    app: FastAPI, client: httpx.AsyncClient, lead: dict[str, Any]
) -> None:
    house: Parts = app.state.parts
    async with house.database.begin() as session:
        for delivery in await session.scalars(select(Delivery)):
            delivery.state = "delivered"
    link = _link(app, lead)
    await client.post(link, data={"take_back": _ticks((await client.get(link)).text)[-1]})
    states = [(event, state) for event, state, _ in await _states(app)]
    assert states == [("lead.created", "delivered")] * 2 + [("lead.updated", "pending")] * 2
    async with house.database.read() as session:
        event = (await session.scalars(select(Event).where(Event.type == "lead.updated"))).one()
        query = queries.by_id_or_reference(lead["id"])
        assert query is not None
        row, wrapped = (await session.execute(query)).one()
    data = outbox.open_body(house.keyring.data_key(row.id, wrapped), event.id, event.body)["data"]
    assert data["changed"] == ["consents"]
    assert [one["granted"] for one in data["consents"] if one.get("recipient") == CLINIC] == [False]


async def test_a_link_that_we_did_not_make_leads_nowhere(
    app: FastAPI, client: httpx.AsyncClient, lead: dict[str, Any]
) -> None:
    link = _link(app, lead)
    for wrong in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link[:-4],
        f"{link}AAAA",
        "/withdraw/%00",
        "/withdraw/é",
    ):
        assert (await client.get(wrong)).status_code == 404, wrong
        assert (await client.post(wrong, data={"take_back": lead["id"]})).status_code == 404, wrong
