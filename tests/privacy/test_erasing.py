"""Erasing a lead: nothing of it is left, what waits is cancelled, and whoever was told is told that, last."""

from datetime import timedelta
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.access.principals import Principal
from app.audit.models import AuditEntry
from app.deliveries import replays, service
from app.deliveries.acknowledging import change_form
from app.deliveries.errors import NotRetriable
from app.deliveries.forgetting import LEAD_ERASED
from app.deliveries.models import Attempt, Delivery, Event
from app.deliveries.policy import SCHEDULE
from app.deliveries.schemas import NewReplay
from app.deliveries.sweeping import sweep
from app.destinations import service as destinations
from app.destinations.formats import FORMATS
from app.destinations.routing import BY_HAND
from app.destinations.shapes import ERASED, Include
from app.forms.schemas import FormChange
from app.ids import new_id, new_reference
from app.leads import service as leads
from app.leads.errors import LeadNotFound, StaleLead
from app.leads.models import Lead
from app.leads.schemas import LeadChange, LeadFilters, Status
from app.parts import Parts
from app.privacy.models import Erasure
from app.privacy.service import erase
from app.sealing.models import DataKey
from tests.destinations.presets import PRESETS
from tests.intake.enquiry import DOOR, JSON
from tests.privacy.erased import left_of, promised, stands, told, words_of
from tests.support.house import PERSON, Desk
from tests.support.sink import Answer, HttpSink

CREATED, UPDATED = "lead.created", "lead.updated"


async def _number(house: Parts, reference: str) -> int:
    async with house.database.read() as session:
        return (await session.scalars(select(Lead.no).where(Lead.reference == reference))).one()


async def test_of_an_erased_lead_every_table_is_rid(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    house: Parts = app.state.parts
    hook = {"kind": "webhook", "url": http_sink.url(), "include": "full"}
    assert (await staff.post("/v1/destinations", json=hook)).status_code == 201
    http_sink.otherwise = Answer(503, b"Aurelia is not welcome")
    key = {"Idempotency-Key": "a-key-of-her-own"}
    lead = (await client.post(DOOR, json=JSON, headers=key)).json()
    path = f"/v1/leads/{lead['id']}"
    await staff.patch(path, json={"status": "contacted", "tags": ["vip"], "assignee": "Marta"})
    await staff.post(f"{path}/notes", json={"text": "Called Aurelia."})
    await app.state.engine.run_until_idle()
    lead_id, number = UUID(lead["id"]), await _number(house, lead["reference"])
    before = await left_of(house.database, lead_id, number)
    assert {"leads", "data_keys", "consents", "lead_steps", "lead_tags", "search_tokens"} <= before.keys()
    assert {"idempotency_keys", "flood_marks", "events", "deliveries"} <= before.keys()
    assert await words_of(house.database, lead_id)

    answer = await staff.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    after = await left_of(house.database, lead_id, number)
    assert after == {"events": 3, "deliveries": 3, "erasures": 1}
    assert await words_of(house.database, lead_id) == []
    for address in (path, f"/v1/leads/{lead['reference']}", f"{path}/timeline"):
        assert (await staff.get(address)).json()["code"] == "lead-not-found"
    again = await staff.delete(path)
    assert (again.status_code, again.json()["code"]) == (404, "lead-not-found")
    # The same key is nobody's any more: what comes with it now is another request.
    anew = await client.post(DOOR, json=JSON, headers=key)
    assert (anew.status_code, "idempotent-replayed" in anew.headers) == (201, False)
    assert anew.json()["reference"] != lead["reference"]


async def test_only_the_version_that_was_seen_is_erased(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    path = f"/v1/leads/{(await client.post(DOOR, json=JSON)).json()['reference']}"
    stale = await staff.delete(path, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-lead")
    assert (await staff.delete(path, headers={"If-Match": '"1"'})).status_code == 204


async def test_staff_find_nothing_of_it(desk: Desk) -> None:
    house, gone, family = desk.house, await desk.lead(), await desk.lead()
    await erase(house, gone.reference)
    for wanted in ({}, {"q": "aurelia"}, {"q": gone.reference}, {"email": PERSON["email"]}, {"phone": PERSON["phone"]}):
        filters = LeadFilters.model_validate(wanted)
        page = await leads.list_leads(house.database, house.keyring, filters, cursor=None, limit=50)
        assert gone.reference not in {item.reference for item in page.items}, wanted
    shown = await leads.show(house.database, house.keyring, family.reference)
    assert shown.related == []
    for name in (gone.reference, str(gone.id), str(new_id()), new_reference(), "nonsense"):
        with pytest.raises(LeadNotFound):
            await erase(house, name)


async def test_the_ledger_and_the_audit_say_who_erased_what_and_nothing_of_a_person(desk: Desk) -> None:
    house, new = desk.house, await desk.lead()
    by = Principal(new_id(), "Marta Ferrán", frozenset({"leads:erase"}), frozenset())
    entry = await erase(house, new.reference, by=by)
    async with house.database.read() as session:
        row = (await session.scalars(select(Erasure))).one()
        audited = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "lead.erased"))).one()
        event = await session.get_one(Event, entry.event_id)
    assert (row.lead_id, row.reference, row.form_key, row.by) == (new.id, new.reference, "default", by.actor)
    assert (row.at, row.event_id) == (desk.clock.now(), event.id)
    assert (audited.actor, audited.subject, audited.details) == (by.actor, f"lead:{new.id}", {"told": 0})
    assert orjson.loads(event.body)["data"] == {"id": str(new.id), "reference": new.reference}


async def test_a_lead_of_another_form_and_an_older_version_are_not_erased(desk: Desk) -> None:
    house, new = desk.house, await desk.lead()
    elsewhere = Principal(new_id(), "Spain", frozenset({"leads:erase"}), frozenset({"clinic-es"}))
    with pytest.raises(LeadNotFound):
        await erase(house, new.reference, by=elsewhere)
    with pytest.raises(StaleLead):
        await erase(house, new.reference, if_version=2)
    await erase(house, new.reference, if_version=1)


async def test_whoever_was_told_is_told_that_it_is_erased_whatever_they_take(desk: Desk, http_sink: HttpSink) -> None:
    house = desk.house
    await desk.webhook(http_sink.url("/all"))
    await desk.webhook(http_sink.url("/new"), Include.REFERENCE, events=[CREATED])
    await desk.mailbox("front.desk@clinic.example")
    await desk.webhook(http_sink.url("/custom"), format="custom", settings=PRESETS["custom"]["settings"])
    new = await desk.lead()
    await desk.engine.run_until_idle()
    await desk.webhook(http_sink.url("/late"))
    await erase(house, new.reference)
    await desk.engine.run_until_idle()
    assert [one for one in await stands(desk, new.id) if one[0] == ERASED] == [
        (ERASED, "delivered", None),
        (ERASED, "delivered", None),
        (ERASED, "delivered", None),
        (ERASED, "withheld", BY_HAND),
    ]
    erasures = [request for request in http_sink.requests if b"lead.erased" in request.body]
    assert sorted(request.path for request in erasures) == ["/all", "/new"]
    assert {orjson.dumps(orjson.loads(request.body)["data"]) for request in erasures} == {
        orjson.dumps({"id": str(new.id), "reference": new.reference})
    }
    letters = sorted(house.settings.mail_dir.glob("*.eml"))
    assert [b"erased" in letter.read_bytes() for letter in letters].count(True) == 1
    assert new.reference in [letter.read_text(encoding="utf-8") for letter in letters][-1]


async def test_who_was_never_told_is_not_told_of_the_end_either(desk: Desk, http_sink: HttpSink) -> None:
    house = desk.house
    await change_form(house, "default", FormChange(acknowledge=True))
    told_of = await desk.webhook(http_sink.url("/told"))
    gone = await desk.webhook(http_sink.url("/gone"))
    await desk.webhook(http_sink.url("/not-shared"), recipient="Clinic Aurora")
    new = await desk.lead()
    await desk.engine.run_until_idle()
    paused = await desk.webhook(http_sink.url("/paused"))
    await destinations.set_state(house.database, house.keyring, paused.id, "paused")
    wanted = LeadChange(status=Status.CONTACTED)
    await leads.change(house.database, house.keyring, new.reference, wanted, desk.clock.now())
    await service.retire_destination(house.database, gone.id, desk.clock.now())
    held = await desk.lead(held_reasons=["honeypot"])
    for reference in (new.reference, held.reference):
        await erase(house, reference)
    await desk.engine.run_until_idle()
    last = [one for one in await promised(desk, new.id) if one.event_type == ERASED]
    assert [one.destination_id for one in last] == [told_of.id]
    assert await stands(desk, held.id) == []


async def test_what_waits_is_cancelled_and_what_is_over_stays_as_it_was(desk: Desk, http_sink: HttpSink) -> None:
    house = desk.house
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    await desk.engine.run_until_idle()
    http_sink.otherwise = Answer(503)
    wanted = LeadChange(status=Status.CONTACTED)
    await leads.change(house.database, house.keyring, new.reference, wanted, desk.clock.now())
    await desk.engine.run_until_idle()
    await erase(house, new.reference)
    assert await stands(desk, new.id) == [
        (CREATED, "delivered", None),
        (UPDATED, "cancelled", LEAD_ERASED),
        (ERASED, "pending", None),
    ]
    http_sink.otherwise = Answer(200)
    for pause in SCHEDULE:
        desk.clock.move(pause * 2)
        await sweep(house.database, desk.clock.now())
        await desk.engine.run_until_idle()
    assert [kind for kind, _ in told(http_sink)] == [CREATED, UPDATED, ERASED]


async def test_nothing_of_it_is_sent_again_by_hand_but_that_it_is_erased(desk: Desk, http_sink: HttpSink) -> None:
    house = desk.house
    made = await desk.webhook(http_sink.url())
    new = await desk.lead()
    await desk.engine.run_until_idle()
    http_sink.otherwise = Answer(503)
    wanted = LeadChange(status=Status.CONTACTED)
    await leads.change(house.database, house.keyring, new.reference, wanted, desk.clock.now())
    async with house.database.begin() as session:
        await session.execute(update(Delivery).where(Delivery.state == "pending").values(state="failed"))
    await erase(house, new.reference)
    async with house.database.begin() as session:
        await session.execute(update(Delivery).where(Delivery.state == "pending").values(state="failed"))
    *old, last = await promised(desk, new.id)
    assert [(one.event_type, one.state) for one in (*old, last)] == [
        (CREATED, "delivered"),
        (UPDATED, "failed"),
        (ERASED, "failed"),
    ]
    with pytest.raises(NotRetriable, match="erased"):
        await service.retry(house.database, old[1].id, desk.clock.now())
    http_sink.otherwise = Answer(200)
    await service.retry(house.database, last.id, desk.clock.now())
    await desk.engine.run_until_idle()
    assert [kind for kind, _ in told(http_sink)] == [CREATED, ERASED]
    # A replay of all that was sent in these days: only this is left to send.
    now = desk.clock.move(timedelta(seconds=1))
    stretch = {"from": now - timedelta(days=9), "to": now, "only": "all"}
    assert (await replays.order(house.database, made.id, NewReplay.model_validate(stretch), now)).found == 1
    assert await replays.work_off(house.database, now) == 1
    await desk.engine.run_until_idle()
    assert [kind for kind, _ in told(http_sink)] == [CREATED, ERASED, ERASED]
    assert http_sink.requests[-1].headers["webhook-id"] == http_sink.requests[-2].headers["webhook-id"]


async def test_a_lead_that_nobody_can_open_any_more_can_be_erased(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    await desk.engine.run_until_idle()
    async with desk.house.database.begin() as session:
        await session.execute(update(DataKey).values(wrapped=b"of another deployment"))
    await erase(desk.house, new.reference)
    await desk.engine.run_until_idle()
    assert [kind for kind, _ in told(http_sink)] == [CREATED, ERASED]


async def test_what_is_answered_to_an_erasure_is_not_kept(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    await desk.engine.run_until_idle()
    http_sink.otherwise = Answer(503, b"Aurelia Brandt is unknown here")
    await erase(desk.house, new.reference)
    await desk.engine.run_until_idle()
    async with desk.house.database.read() as session:
        last = (await session.scalars(select(Attempt).where(Attempt.status_code == 503))).one()
    assert (last.outcome, last.excerpt) == ("retry", None)


def test_whatever_can_tell_of_an_erasure_does_so_in_one_call() -> None:
    # What a first call gave would be sealed with a key that is gone.
    assert [name for name, form in FORMATS.items() if ERASED in form.carries and len(form.calls) > 1] == []
