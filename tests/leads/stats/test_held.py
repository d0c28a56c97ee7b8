"""Figures of held leads: equal to a recount from the timeline, to the unit."""

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import httpx
import pytest
from sqlalchemy import select, text

from app.access.principals import Principal
from app.access.scopes import Scope
from app.errors import InvalidRequest
from app.forms import service as forms
from app.forms.schemas import NewForm
from app.ids import new_id
from app.leads import service as leads
from app.leads.models import Lead, LeadStep
from app.leads.stats import queries
from app.leads.stats.held import held_figures
from app.leads.stats.schemas import HeldFigures
from app.pages.typed import HONEYPOT
from tests.intake.enquiry import DOOR, JSON
from tests.support.house import Desk

FIRST, LAST = date(2026, 2, 1), date(2026, 2, 9)
REASONS = ("honeypot", "pitch-seo", "link", "flood")
SEED = 15


async def _live(desk: Desk) -> None:
    """Hold leads of two forms over some days, and judge most of them."""
    house, drawn = desk.house, random.Random(SEED)  # noqa: S311 - a story, the same each time
    async with house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), house.clock.now())
    for number in range(60):
        lead = await desk.lead(
            form=drawn.choice(["default", "clinic-es"]),
            held_reasons=drawn.sample(REASONS, drawn.randint(0, 3)),
            received_at=datetime.combine(FIRST, time(23, 30), UTC) + timedelta(days=drawn.randint(-2, 12)),
            test=number % 20 == 7,
        )
        do = drawn.choice([leads.release, leads.reject, None]) if lead.held_reasons else None
        if do is not None:
            await do(house.database, house.keyring, lead.reference, house.clock.now())


async def _recounted(desk: Desk, form: str | None = None) -> dict[str, Counter[str]]:
    """Count from the leads, one by one, and from what the timeline says was done with them."""
    async with desk.house.database.read() as session:
        found = list(await session.scalars(select(Lead)))
        steps = list(await session.scalars(select(LeadStep)))
    became = {step.lead_id: step.kind for step in steps}
    counts: dict[str, Counter[str]] = {}
    for lead in found:
        if lead.test or not FIRST <= lead.received_at.date() <= LAST or form not in {None, lead.form_key}:
            continue
        for reason in ("", *lead.held_reasons) if lead.held_reasons else ():
            counts.setdefault(reason, Counter()).update(["held", became.get(lead.id, "waiting")])
    return counts


def _told(found: HeldFigures) -> dict[str, Counter[str]]:
    rows = {"": found, **{one.reason: one for one in found.reasons}}
    return {
        name: Counter(one.model_dump(include={"held", "released", "rejected", "waiting"})) for name, one in rows.items()
    }


async def test_figures_equal_a_recount(desk: Desk) -> None:
    await _live(desk)
    database = desk.house.database
    found, recounted = await held_figures(database, FIRST, LAST), await _recounted(desk)
    assert _told(found) == recounted
    assert min(found.released, found.rejected, found.waiting) > 0
    assert [one.held for one in found.reasons] == sorted((one.held for one in found.reasons), reverse=True)
    assert _told(await held_figures(database, FIRST, LAST, "clinic-es")) == await _recounted(desk, "clinic-es")


async def test_a_key_of_one_form_gets_the_figures_of_that_form_alone(desk: Desk) -> None:
    await _live(desk)
    database = desk.house.database
    by = Principal(new_id(), "Spain", frozenset({Scope.LEADS_READ.value}), frozenset({"clinic-es"}))
    assert _told(await held_figures(database, FIRST, LAST, by=by)) == await _recounted(desk, "clinic-es")
    assert (await held_figures(database, FIRST, LAST, "default", by=by)).held == 0


async def test_the_oldest_that_waits_is_told(desk: Desk) -> None:
    database, moment = desk.house.database, datetime(2026, 2, 3, 8, tzinfo=UTC)
    assert (await held_figures(database, FIRST, LAST)).oldest_waiting_at is None
    for hours in (2, 0, 1):
        await desk.lead(held_reasons=["link"], received_at=moment + timedelta(hours=hours))
    assert (await held_figures(database, FIRST, LAST)).oldest_waiting_at == moment


async def test_days_in_the_wrong_order_are_refused(desk: Desk) -> None:
    with pytest.raises(InvalidRequest):
        await held_figures(desk.house.database, LAST, FIRST)


async def test_only_leads_that_were_held_are_read(desk: Desk) -> None:
    async with desk.house.database.begin() as session:
        if desk.house.database.is_sqlite:
            begin = "EXPLAIN QUERY PLAN "
        else:
            # With no rows to speak of, reading them all is always cheapest.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            begin = "EXPLAIN "
        query = queries.held(FIRST, LAST, []).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in await session.execute(text(begin + str(query).replace(":", r"\:"))))
    assert "ix_leads_were_held" in plan


async def test_over_http_the_days_are_those_asked_for(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    sent = [(await client.post(DOOR, json={**JSON, HONEYPOT: "x"})).json()["id"] for _ in range(2)]
    assert (await staff.post(f"/v1/leads/{sent[0]}/reject")).status_code == 200
    found = (await staff.get("/v1/stats/held")).json()
    assert (found["from"], found["to"]) == ("2026-02-01", "2026-03-02")
    assert (found["held"], found["rejected"], found["waiting"]) == (2, 1, 1)
    assert found["reasons"] == [{"reason": "honeypot", "held": 2, "released": 0, "rejected": 1, "waiting": 1}]
    assert (await staff.get("/v1/stats/held?to=2026-03-01")).json()["held"] == 0
    assert (await staff.get("/v1/stats/held?from=2026-03-04&to=2026-03-03")).status_code == 422
