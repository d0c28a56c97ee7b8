"""Figures: equal to a recount, to the unit, whatever was done to the leads."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.access.principals import Principal
from app.access.scopes import Scope
from app.deliveries.models import Delivery, Event
from app.forms import service as forms
from app.forms.schemas import NewForm
from app.ids import new_id
from app.leads import service as leads
from app.leads.changes.models import ChangeFeed
from app.leads.models import Lead
from app.leads.schemas import LeadChange, Status
from app.leads.stats.counting import keep_up, rounded
from app.leads.stats.models import Counting
from app.leads.stats.schemas import Stats
from app.leads.stats.service import stats
from app.parts import Parts
from app.privacy.service import erase
from tests.support.house import Desk

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 9)
SOURCES = ("newsletter", "search", None)


async def _recounted(house: Parts) -> dict[str, Any]:
    """Count everything from the leads themselves."""
    async with house.database.read() as session:
        query = select(Lead).where(Lead.held.is_(False), Lead.test.is_(False))
        found = list(await session.scalars(query))
        updates = await session.execute(select(Event.lead_id, Event.created_at).where(Event.type == "lead.updated"))
    first: dict[Any, datetime] = {}
    for lead_id, at in updates:
        first[lead_id] = min(first.get(lead_id, at), at)
    minutes = sorted(
        int((first[lead.id] - lead.received_at).total_seconds() // 60) for lead in found if lead.id in first
    )
    return {
        "days": Counter(lead.received_at.date() for lead in found),
        "statuses": Counter(lead.status for lead in found),
        "sources": Counter(lead.campaign.get("utm_source") for lead in found),
        "countries": Counter(lead.country for lead in found),
        "forms": Counter(lead.form_key for lead in found),
        "answered": len(minutes),
        "median": rounded(minutes[(len(minutes) + 1) // 2 - 1]) if minutes else None,
        "p90": rounded(minutes[-(-len(minutes) * 9 // 10) - 1]) if minutes else None,
    }


def _told(found: Stats) -> dict[str, Any]:
    assert found.total == sum(day.count for day in found.days)
    return {
        "days": Counter({day.day: day.count for day in found.days if day.count}),
        "statuses": Counter({status.value: count for status, count in found.statuses.items() if count}),
        "sources": Counter({one.source: one.count for one in found.sources}),
        "countries": Counter({one.country: one.count for one in found.countries}),
        "forms": Counter({one.form: one.count for one in found.forms}),
        "answered": found.first_answer.answered,
        "median": found.first_answer.median_minutes,
        "p90": found.first_answer.p90_minutes,
    }


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(0, 8), st.sampled_from(SOURCES), st.sampled_from(["ES", "PT"])),
        st.tuples(st.just("hold"), st.integers(0, 8)),
        st.tuples(st.just("test"), st.integers(0, 8)),
        st.tuples(st.just("change"), st.integers(0, 30), st.sampled_from(Status), st.integers(0, 5000)),
        st.tuples(st.just("release"), st.integers(0, 30)),
        st.tuples(st.just("erase"), st.integers(0, 30)),
        st.tuples(st.just("look")),
    ),
    min_size=1,
    max_size=25,
)


class Story:
    """Does to leads whatever was drawn, and compares the figures whenever somebody looks."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.references: list[str] = []
        self.held: list[str] = []

    async def take(self, step: tuple[Any, ...]) -> None:
        """Take one step."""
        house, (what, *given) = self.desk.house, step
        if what in {"arrive", "hold", "test"}:
            received_at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=given[0], hours=23)
            more: dict[str, Any] = {"received_at": received_at}
            if what == "arrive":
                more |= {"campaign": {"utm_source": given[1]} if given[1] else {}, "country": given[2]}
            more |= {"held_reasons": ["honeypot"]} if what == "hold" else {"test": what == "test"}
            lead = await self.desk.lead(**more)
            (self.held if what == "hold" else self.references).append(lead.reference)
        elif what == "look":
            await self.compare()
        elif what == "release" and self.held:
            reference = self.held.pop(given[0] % len(self.held))
            await leads.release(house.database, house.keyring, reference, house.clock.now())
            self.references.append(reference)
        elif what == "erase" and self.references:
            await erase(house, self.references.pop(given[0] % len(self.references)))
        elif what == "change" and self.references:
            reference = self.references[given[0] % len(self.references)]
            now = self.desk.clock.move(timedelta(minutes=given[2]))
            await leads.change(house.database, house.keyring, reference, LeadChange(status=given[1]), now)

    async def compare(self) -> None:
        """Hold the figures against a recount."""
        assert _told(await stats(self.desk.house.database, FIRST, LAST)) == await _recounted(self.desk.house)


async def test_figures_equal_a_recount_whatever_happened(desk: Desk) -> None:
    loop = asyncio.get_running_loop()

    def on_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), loop).result(60)

    async def live(steps: list[tuple[Any, ...]]) -> None:
        story = Story(desk)
        for step in steps:
            await story.take(step)
        await story.compare()

    # One database for all stories: whatever the earlier ones left stays counted.
    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def tell(steps: list[tuple[Any, ...]]) -> None:
        on_loop(lambda: live(steps))

    await asyncio.to_thread(tell)


async def test_a_change_that_is_not_settled_yet_is_counted_and_looked_at_again(desk: Desk) -> None:
    house, one = desk.house, await desk.lead()

    async def change(status: Status) -> None:
        await leads.change(house.database, house.keyring, one.reference, LeadChange(status=status), one.received_at)

    await stats(house.database, FIRST, LAST)
    if not house.database.is_sqlite:
        async with house.database.begin() as slow:
            await slow.execute(update(ChangeFeed).values(last=0))
            await leads.change(
                house.database, house.keyring, one.reference, LeadChange(status=Status.WON), one.received_at
            )
            assert (await stats(house.database, FIRST, LAST)).statuses[Status.WON] == 1
    await change(Status.LOST)
    assert (await stats(house.database, FIRST, LAST)).statuses[Status.LOST] == 1


async def test_of_two_who_count_at_once_neither_spoils_it(desk: Desk) -> None:
    for _ in range(5):
        await desk.lead()
    found = await asyncio.gather(*(stats(desk.house.database, FIRST, LAST) for _ in range(6)))
    assert {one.total for one in found} == {5}


async def test_nothing_is_counted_twice_while_nothing_changes(desk: Desk) -> None:
    await desk.lead()
    database = desk.house.database

    async def version() -> int:
        async with database.read() as session:
            return await session.scalar(select(Counting.version)) or 0

    await keep_up(database)
    before = await version()
    async with asyncio.timeout(10):
        # Transactions of other databases of the same server hold the end back for a moment.
        while True:
            await keep_up(database)
            after = await version()
            if after == before:
                break
            before = after
    assert before > 0


@pytest.mark.parametrize(
    ("minutes", "kept"), [(-5, 0), (0, 0), (999, 999), (1000, 1000), (1439, 1430), (10_080, 10_000)]
)
def test_times_are_kept_to_three_digits(minutes: int, kept: int) -> None:
    assert rounded(minutes) == kept


async def test_deliveries_are_counted_by_their_state(desk: Desk) -> None:
    house = desk.house
    await desk.mailbox("front.desk@clinic.example")
    async with house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), house.clock.now())
    for form in ("default", "default", "clinic-es"):
        await desk.lead(form=form)
    async with house.database.begin() as session:
        one = await session.scalar(select(Delivery.id).limit(1))
        await session.execute(update(Delivery).where(Delivery.id == one).values(state="delivered"))
    health = (await stats(house.database, FIRST, LAST)).deliveries
    assert (health.delivered, health.waiting, health.oldest_waiting_at) == (1, 2, house.clock.now())
    assert (await stats(house.database, FIRST, LAST, "clinic-es")).deliveries.waiting == 1


async def test_a_key_of_one_form_gets_the_figures_of_that_form_alone(desk: Desk) -> None:
    house = desk.house
    async with house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), house.clock.now())
    for form in ("default", "default", "clinic-es"):
        await desk.lead(form=form)
    by = Principal(new_id(), "Spain", frozenset({Scope.LEADS_READ.value}), frozenset({"clinic-es"}))
    assert [one.form for one in (await stats(house.database, FIRST, LAST, by=by)).forms] == ["clinic-es"]
    assert (await stats(house.database, FIRST, LAST, "default", by=by)).total == 0


async def test_over_http_the_days_are_those_asked_for(staff: httpx.AsyncClient) -> None:
    answer = (await staff.get("/v1/stats?from=2026-03-01&to=2026-03-03")).json()
    assert [day["day"] for day in answer["days"]] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    usual = (await staff.get("/v1/stats")).json()
    assert (usual["from"], usual["to"], len(usual["days"])) == ("2026-02-01", "2026-03-02", 30)
    for wrong in (
        "from=2026-03-04&to=2026-03-03",
        "from=2001-01-01&to=2026-01-01",
        "from=yesterday",
        "from=0001-01-01",
    ):
        assert (await staff.get(f"/v1/stats?{wrong}")).status_code == 422
