"""Leads: sealed on disk, listed by keyset, found among their family, changed with their events."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, text

from app.access.principals import Principal
from app.deliveries.models import Event
from app.deliveries.outbox import open_body
from app.forms import service as forms
from app.forms.schemas import NewForm
from app.ids import new_id
from app.leads import service
from app.leads.errors import LeadNotFound, NotHeld, StaleLead
from app.leads.schemas import LeadChange, LeadFilters, Status
from app.sealing.models import DataKey
from tests.support.house import PERSON, Desk
from tests.support.sink import HttpSink


def _key(*scopes: str, forms: tuple[str, ...] = ()) -> Principal:
    return Principal(new_id(), "Front desk", frozenset(scopes), frozenset(forms))


async def _list(desk: Desk, by: Principal | None = None, limit: int = 50, **filters: object) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        wanted = LeadFilters.model_validate(filters)
        page = await service.list_leads(
            desk.house.database, desk.house.keyring, wanted, cursor=cursor, limit=limit, by=by
        )
        found += [item.reference for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_pages_show_every_lead_once_newest_first_while_others_arrive(desk: Desk) -> None:
    made = []
    for _ in range(7):
        made.append((await desk.lead()).reference)
        desk.clock.move(timedelta(microseconds=1))
    made.append((await desk.lead()).reference)
    made.append((await desk.lead()).reference)  # in the same microsecond
    first = await service.list_leads(desk.house.database, desk.house.keyring, LeadFilters(), cursor=None, limit=4)
    await desk.lead()
    rest = await service.list_leads(
        desk.house.database, desk.house.keyring, LeadFilters(), cursor=first.next_cursor, limit=50
    )
    assert [item.reference for item in (*first.items, *rest.items)] == made[::-1]


async def test_filters_by_status_form_country_and_time(desk: Desk) -> None:
    async with desk.house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), desk.clock.now())
    start = desk.clock.now()
    plain = await desk.lead()
    desk.clock.move(timedelta(hours=1))
    spanish = await desk.lead(form="clinic-es", country="PT")
    desk.clock.move(timedelta(hours=1))
    held = await desk.lead(held_reasons=["honeypot"])
    test = await desk.lead(test=True)
    await service.change(
        desk.house.database, desk.house.keyring, plain.reference, LeadChange(status=Status.QUOTED), desk.clock.now()
    )
    assert await _list(desk) == [spanish.reference, plain.reference]
    assert await _list(desk, form="clinic-es") == [spanish.reference]
    assert await _list(desk, country="PT") == [spanish.reference]
    assert await _list(desk, status=["quoted", "won"]) == [plain.reference]
    assert await _list(desk, received_from=start + timedelta(minutes=30)) == [spanish.reference]
    assert await _list(desk, received_to=start + timedelta(minutes=30)) == [plain.reference]
    assert await _list(desk, held=True) == [held.reference]
    assert await _list(desk, test=True) == [test.reference]


async def test_relatives_are_found_by_mail_or_phone_and_strangers_are_not(desk: Desk) -> None:
    first = await desk.lead()
    by_mail = await desk.lead(person={"name": "Bruno Brandt", "email": "A.BRANDT@mail.example", "phone": None})
    by_phone = await desk.lead(person={"name": "Clara Voss", "email": None, "phone": PERSON["phone"]})
    await desk.lead(person={"name": "Aurelia Brandt", "email": "other@mail.example", "phone": "+34699999999"})
    shown = await service.show(desk.house.database, desk.house.keyring, first.reference)
    assert [other.reference for other in shown.related] == [by_phone.reference, by_mail.reference]
    async with desk.house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), desk.clock.now())
    there = await desk.lead(form="clinic-es")
    limited = _key("leads:read", forms=("clinic-es",))
    shown = await service.show(desk.house.database, desk.house.keyring, there.reference, by=limited)
    assert shown.related == []


async def test_a_lead_is_shown_by_id_and_by_its_reference_as_people_type_it(desk: Desk) -> None:
    new = await desk.lead()
    for name in (str(new.id), new.reference, new.reference.lower().replace("-", " ")):
        shown = await service.show(desk.house.database, desk.house.keyring, name)
        assert (shown.id, shown.person["name"]) == (new.id, "Aurelia Brandt")
    for name in (str(new_id()), "FQ-00000-00000", "nonsense"):
        with pytest.raises(LeadNotFound):
            await service.show(desk.house.database, desk.house.keyring, name)


async def test_a_lead_of_another_form_does_not_exist_for_a_limited_key(desk: Desk) -> None:
    new = await desk.lead()
    limited = _key("leads:read", forms=("clinic-es",))
    assert await _list(desk, by=limited) == []
    with pytest.raises(LeadNotFound):
        await service.show(desk.house.database, desk.house.keyring, new.reference, by=limited)


async def test_lists_mask_contact_data_without_the_scope(desk: Desk) -> None:
    await desk.lead()
    for scopes, shown in (
        (("leads:read",), ("A. B.", "a…@….example", "…78")),
        (("leads:read", "leads:contact"), (PERSON["name"], PERSON["email"], PERSON["phone"])),
    ):
        page = await service.list_leads(
            desk.house.database, desk.house.keyring, LeadFilters(), cursor=None, limit=1, by=_key(*scopes)
        )
        assert (page.items[0].name, page.items[0].email, page.items[0].phone) == shown


async def test_a_status_change_raises_the_version_and_tells_destinations_once(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    house, wanted = desk.house, LeadChange(status=Status.CONTACTED)
    changed = await service.change(house.database, house.keyring, new.reference, wanted, desk.clock.now())
    again = await service.change(house.database, house.keyring, new.reference, wanted, desk.clock.now())
    assert (changed.version, again.version) == (2, 2)
    async with house.database.read() as session:
        events = list(await session.scalars(select(Event).order_by(Event.type)))
        wrapped = (await session.scalars(select(DataKey.wrapped))).one()
    assert [event.type for event in events] == ["lead.created", "lead.updated"]
    body = open_body(house.keyring.data_key(new.id, wrapped), events[1].id, events[1].body)
    assert (body["data"]["version"], body["data"]["status"], body["data"]["changed"]) == (2, "contacted", ["status"])


async def test_a_change_of_a_version_that_is_gone_is_refused(desk: Desk) -> None:
    new = await desk.lead()
    house, now = desk.house, desk.clock.now()
    await service.change(house.database, house.keyring, new.reference, LeadChange(status=Status.WON), now, if_version=1)
    with pytest.raises(StaleLead):
        await service.change(
            house.database, house.keyring, new.reference, LeadChange(status=Status.LOST), now, if_version=1
        )


async def test_no_column_of_the_database_holds_a_word_of_the_person(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url("/secret-path"))
    await desk.lead()
    tables = ("leads", "consents", "search_tokens", "events", "deliveries", "destinations", "data_keys", "keyring")
    async with desk.house.database.read() as session:
        rows = [str(row) for table in tables for row in await session.execute(text(f"SELECT * FROM {table}"))]
    assert len(rows) > len(tables)
    for word in ("Aurelia", "a.brandt", "612345678", "sclerosis", "How long", "secret-path"):
        assert not [row for row in rows if word in row]


async def test_a_released_lead_is_told_of_once_as_it_is_then(desk: Desk, http_sink: HttpSink) -> None:
    held, house = await desk.lead(held_reasons=["honeypot"]), desk.house
    await service.change(
        house.database, house.keyring, held.reference, LeadChange(status=Status.CONTACTED), desk.clock.now()
    )
    await desk.webhook(http_sink.url())
    released = await service.release(house.database, house.keyring, held.reference, desk.clock.now())
    with pytest.raises(NotHeld):
        await service.release(house.database, house.keyring, held.reference, desk.clock.now())
    await desk.engine.run_until_idle()
    (request,) = http_sink.requests
    event = orjson.loads(request.body)
    assert (event["type"], event["data"]["status"]) == ("lead.created", "contacted")
    assert (event["data"]["version"], released.version) == (3, 3)
    assert await _list(desk) == [held.reference]


async def test_a_rejected_lead_stays_and_nobody_is_told(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    held, house = await desk.lead(held_reasons=["honeypot"]), desk.house
    await service.reject(house.database, house.keyring, held.reference, desk.clock.now())
    for again in (service.release, service.reject):
        with pytest.raises(NotHeld):
            await again(house.database, house.keyring, held.reference, desk.clock.now())
    await desk.engine.run_until_idle()
    assert http_sink.requests == []
    assert await _list(desk, held=True) == [held.reference]
