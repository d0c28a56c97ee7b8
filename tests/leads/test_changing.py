"""What staff do with leads: each change a version, a step on the timeline, and told once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select, text

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.deliveries.models import Event
from app.leads import service
from app.leads.models import Lead, LeadTag
from app.leads.schemas import LeadChange
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.house import Desk
from tests.support.sink import HttpSink

MANY = 500


async def _post(client: httpx.AsyncClient, **changes: Any) -> str:
    reference: str = (await client.post(DOOR, json={**JSON, **changes})).json()["reference"]
    return reference


async def test_a_lead_goes_its_way_forth_and_back_with_every_step_on_its_timeline(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    address = f"/v1/leads/{await _post(client)}"
    answered_at = None
    way = ["contacted", "qualified", "quoted", "won", "lost", "new"]
    for status in way:
        clock.move(timedelta(minutes=1))
        answered_at = answered_at or clock.now().isoformat().replace("+00:00", "Z")
        lead = (await staff.patch(address, json={"status": status})).json()
        assert (lead["status"], lead["answered_at"]) == (status, answered_at)
    timeline = (await staff.get(f"{address}/timeline")).json()["items"]
    assert [(entry["kind"], entry["before"], entry["after"]) for entry in timeline] == [
        ("received", None, None),
        *(("status", before, after) for before, after in zip(["new", *way[:-1]], way, strict=True)),
    ]
    assert {entry["by"] for entry in timeline[1:]} == {"Everything"}
    times = [entry["at"] for entry in timeline]
    assert times == sorted(times)


async def test_assignee_tags_and_follow_up_are_kept_and_taken_back(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    address = f"/v1/leads/{await _post(client)}"
    wanted = {"assignee": "Marta", "tags": ["vip", "call back"], "follow_up_at": "2026-03-09T09:00:00Z"}
    changed = (await staff.patch(address, json=wanted)).json()
    assert {name: changed[name] for name in wanted} == wanted
    assert (changed["version"], changed["status"], changed["answered_at"]) == (2, "new", None)
    assert (await staff.patch(address, json=wanted)).json()["version"] == 2
    back: dict[str, Any] = {"assignee": None, "tags": [], "follow_up_at": None}
    changed = (await staff.patch(address, json=back)).json()
    assert {name: changed[name] for name in back} == back
    timeline = (await staff.get(f"{address}/timeline")).json()["items"]
    steps = [(entry["kind"], entry["before"], entry["after"]) for entry in timeline[1:]]
    assert sorted(steps[:3]) == sorted((name, [] if name == "tags" else None, value) for name, value in wanted.items())
    assert (await staff.get("/v1/leads", params={"tag": "vip"})).json()["items"] == []


async def test_tags_stand_once_without_blanks_and_moments_in_utc(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    address = f"/v1/leads/{await _post(client)}"
    wanted = {
        "tags": [" vip", "vip", "call back "],
        "assignee": " Marta ",
        "follow_up_at": "2026-03-09T11:00:00+02:00",
    }
    changed = (await staff.patch(address, json=wanted)).json()
    assert (changed["tags"], changed["assignee"]) == (["vip", "call back"], "Marta")
    assert changed["follow_up_at"] == "2026-03-09T09:00:00Z"
    wrong = [{"tags": [" "]}, {"tags": None}, {"tags": ["a"] * 21}, {"assignee": ""}, {"follow_up_at": "2026-03-09"}]
    for body in (*wrong, {"tags": ["a\nb"]}, {"version": 7}):
        assert (await staff.patch(address, json=body)).status_code == 422, body


async def test_a_note_is_sealed_shown_on_the_timeline_and_told_to_nobody(desk: Desk, http_sink: HttpSink) -> None:
    house, new = desk.house, await desk.lead()
    note = await service.add_note(
        house.database, house.keyring, new.reference, "Wants to come in May.", desk.clock.now()
    )
    timeline = (await service.timeline_of(house.database, house.keyring, new.reference)).items
    assert (note.text, timeline[-1].kind, timeline[-1].text) == (
        "Wants to come in May.",
        "note",
        "Wants to come in May.",
    )
    async with house.database.read() as session:
        assert "come in May" not in str((await session.execute(text("SELECT * FROM lead_steps"))).all())
        assert await session.scalar(select(func.count()).select_from(Event)) == 1
    assert (await service.show(house.database, house.keyring, new.reference)).version == 1


async def test_the_timeline_says_what_was_told_to_whom(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url(), name="CRM")
    new, house = await desk.lead(), desk.house
    desk.clock.move(timedelta(seconds=1))
    await desk.engine.run_until_idle()
    entries = (await service.timeline_of(house.database, house.keyring, new.reference)).items
    assert [entry.kind for entry in entries] == ["received", "promised", "delivered"]
    assert {(entry.delivery.destination, entry.delivery.event_type) for entry in entries if entry.delivery} == {
        ("CRM", "lead.created")
    }


async def test_many_leads_change_together_each_on_its_own_timeline(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    leads = [await desk.lead() for _ in range(3)]
    held = await desk.lead(held_reasons=["honeypot"])
    house, wanted = desk.house, LeadChange.model_validate({"status": "lost", "tags": ["old"]})
    names = [leads[2].reference, str(leads[0].id), leads[1].reference, held.reference, str(leads[2].id)]
    changed = await service.change_many(house.database, house.keyring, names, wanted, desk.clock.now())
    assert [(lead.reference, lead.version, lead.status, lead.tags) for lead in changed] == [
        (lead.reference, 2, "lost", ["old"]) for lead in (leads[2], leads[0], leads[1], held)
    ]
    for lead in (*leads, held):
        timeline = (await service.timeline_of(house.database, house.keyring, lead.reference)).items
        assert [entry.kind for entry in timeline if not entry.delivery] == ["received", "status", "tags"]
    async with house.database.read() as session:
        events = await session.execute(select(Event.type, func.count()).group_by(Event.type).order_by(Event.type))
        assert [tuple(row) for row in events] == [("lead.created", 3), ("lead.updated", 3)]


async def test_a_bulk_change_is_all_or_nothing(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    first, second = await _post(client), await _post(client)
    body = {"leads": [first, "FQ-00000-00000", second, "nonsense"], "change": {"status": "won"}}
    refused = await staff.post("/v1/leads/bulk", json=body)
    assert (refused.status_code, refused.json()["code"]) == (404, "leads-not-found")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/leads/1", "/leads/3"]
    assert {lead["status"] for lead in (await staff.get("/v1/leads")).json()["items"]} == {"new"}
    for leads in ([], [first] * (MANY + 1)):
        assert (await staff.post("/v1/leads/bulk", json={**body, "leads": leads})).status_code == 422
    done = await staff.post("/v1/leads/bulk", json={**body, "leads": [second, first]})
    assert [(lead["reference"], lead["status"]) for lead in done.json()["items"]] == [(second, "won"), (first, "won")]


async def test_changes_of_the_same_leads_at_once_wait_for_each_other(desk: Desk) -> None:
    names = [(await desk.lead()).reference for _ in range(4)]
    house, now = desk.house, desk.clock.now()

    async def tag(number: int) -> None:
        wanted = LeadChange.model_validate({"tags": [f"tag {number}"]})
        order = names[::-1] if number % 2 else names
        await service.change_many(house.database, house.keyring, order, wanted, now)

    await asyncio.gather(*map(tag, range(6)))
    async with house.database.read() as session:
        assert set(await session.scalars(select(Lead.version))) == {7}
        assert await session.scalar(select(func.count()).select_from(LeadTag)) == len(names)


async def test_release_and_reject_leave_a_step_and_keep_to_the_version_seen(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    for action, step in (("release", "released"), ("reject", "rejected")):
        address = f"/v1/leads/{await _post(client, fq_extra_details='cheap watches')}"
        stale = await staff.post(f"{address}/{action}", headers={"If-Match": '"7"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "stale-lead")
        done = await staff.post(f"{address}/{action}", headers={"If-Match": '"1"'})
        assert (done.status_code, done.headers["etag"], done.json()["held"]) == (200, '"2"', action == "reject")
        assert (await staff.post(f"{address}/{action}")).status_code == 409
        timeline = (await staff.get(f"{address}/timeline")).json()["items"]
        assert [entry["kind"] for entry in timeline] == ["received", step]


async def test_what_a_limited_key_cannot_see_it_cannot_change(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    reference = await _post(client)
    new = NewKey(name="Elsewhere", scopes=list(Scope), forms=["clinic-es"])
    headers = {"Authorization": f"Bearer {(await access.mint(app.state.parts.database, new, clock.now())).secret}"}
    for method, path, body in (
        ("PATCH", reference, {"status": "won"}),
        ("POST", f"{reference}/notes", {"text": "Seen."}),
        ("GET", f"{reference}/timeline", None),
        ("POST", "bulk", {"leads": [reference], "change": {"status": "won"}}),
    ):
        answer = await client.request(method, f"/v1/leads/{path}", json=body, headers=headers)
        assert answer.status_code == 404, path
    found = await client.post("/v1/leads/search", json={"q": "brandt"}, headers=headers)
    assert found.json()["items"] == []
    assert (await staff.get(f"/v1/leads/{reference}")).json()["version"] == 1


async def test_a_search_as_json_answers_as_the_list_does(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    made = [await _post(client) for _ in range(3)]
    wanted: dict[str, Any] = {"q": "brandt aur", "status": ["new"], "limit": 2, "sort": "received_at"}
    first = (await staff.post("/v1/leads/search", json=wanted)).json()
    assert first == (await staff.get("/v1/leads", params=wanted)).json()
    rest = (await staff.post("/v1/leads/search", json={**wanted, "cursor": first["next_cursor"]})).json()
    assert [lead["reference"] for lead in (*first["items"], *rest["items"])] == made
    for wrong in ({"q": "x" * 201}, {"name": "Brandt"}, {"limit": 0}, {"tag": "a\u0000b"}):
        answer = await staff.post("/v1/leads/search", json=wrong)
        assert answer.status_code == 422
