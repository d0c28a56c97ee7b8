"""Lists: every filter and order, page by page, from indexes alone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.forms import service as forms
from app.forms.schemas import NewForm
from app.leads import queries, service
from app.leads.schemas import LeadChange, LeadFilters
from tests.support.house import Desk

INDEXES: dict[str, dict[str, Any]] = {
    "ix_leads_received_at_no": {},
    "ix_leads_form_key_received_at_no": {"form": "default"},
    "ix_leads_status_received_at_no": {"status": ["won"]},
    "ix_leads_country_received_at_no": {"country": "ES"},
    "ix_leads_language_received_at_no": {"language": "es"},
    "ix_leads_assignee": {"assignee": "Marta"},
    "lead_tags": {"tag": "call back"},
    "ix_leads_unanswered": {"unanswered": True},
    "ix_leads_held": {"held": True},
    "ix_leads_test": {"test": True},
    "ix_leads_updated_at_no": {"sort": "-updated_at"},
}


async def _list(desk: Desk, limit: int = 50, **filters: Any) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    wanted = LeadFilters.model_validate(filters)
    for _ in range(20):
        page = await service.list_leads(desk.house.database, desk.house.keyring, wanted, cursor=cursor, limit=limit)
        found += [item.reference for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("The pages do not end.")


async def _change(desk: Desk, reference: str, **wanted: Any) -> None:
    change = LeadChange.model_validate(wanted)
    await service.change(desk.house.database, desk.house.keyring, reference, change, desk.clock.now())


async def test_every_filter_and_order_shows_its_own_leads_page_by_page(desk: Desk) -> None:
    async with desk.house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), desk.clock.now())
    start = desk.clock.now()
    made = []
    for number in range(6):
        new = await desk.lead(
            language="de" if number % 2 else "es",
            country="PT" if number == 3 else "ES",
            form="clinic-es" if number == 4 else "default",
        )
        made.append(new.reference)
        desk.clock.move(timedelta(minutes=1))
    a, b, c, d, e, f = made
    later = desk.clock.now()
    await _change(desk, b, status="lost", tags=["call back", "vip"])
    desk.clock.move(timedelta(minutes=1))
    await _change(desk, a, assignee="Marta", tags=["call back"], follow_up_at=later + timedelta(days=1))
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [f, e, d, c, b, a]),
        ({"sort": "received_at"}, [a, b, c, d, e, f]),
        ({"sort": "-updated_at"}, [a, b, f, e, d, c]),
        ({"language": "de"}, [f, d, b]),
        ({"language": "de", "sort": "received_at"}, [b, d, f]),
        ({"country": "PT"}, [d]),
        ({"form": "clinic-es"}, [e]),
        ({"assignee": "Marta"}, [a]),
        ({"assignee": "marta"}, []),
        ({"tag": "call back"}, [b, a]),
        ({"tag": "call back", "sort": "received_at"}, [a, b]),
        ({"tag": "call back", "sort": "-updated_at"}, [a, b]),
        ({"tag": "vip", "status": ["lost"]}, [b]),
        ({"tag": "vip", "status": ["new"]}, []),
        ({"unanswered": True}, [f, e, d, c, a]),
        ({"unanswered": False}, [b]),
        ({"updated_from": later}, [b, a]),
        ({"updated_to": start + timedelta(minutes=3)}, [c]),
        ({"received_from": start + timedelta(minutes=4), "received_to": start + timedelta(minutes=5)}, [e]),
        ({"q": "brandt", "tag": "vip"}, [b]),
        ({"q": "brandt", "language": "de", "sort": "received_at"}, [b, d, f]),
    ]
    for filters, expected in cases:
        for limit in (50, 2):
            assert await _list(desk, limit, **filters) == expected, filters


@pytest.mark.parametrize("index", INDEXES)
async def test_a_filter_walks_an_index_in_the_order_of_the_list(index: str, desk: Desk) -> None:
    filters = LeadFilters.model_validate(INDEXES[index])
    async with desk.house.database.begin() as session:
        plan = await _plan(session, filters)
    assert index in plan
    assert "SORT" not in plan.upper().replace("INCREMENTAL SORT", "SORT")
    assert "TEMP B-TREE" not in plan


async def _plan(session: AsyncSession, filters: LeadFilters) -> str:
    bind = session.get_bind()
    query = queries.page_of(filters, [], None, 50).compile(bind, compile_kwargs={"literal_binds": True})
    if bind.dialect.name == "sqlite":
        return str((await session.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all())
    # On an empty table everything costs the same: leave it the one way that is to be there.
    for way in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin"):
        await session.execute(text(f"SET LOCAL enable_{way} = off"))
    return str((await session.execute(text(f"EXPLAIN {query}"))).all())


async def test_a_page_far_down_begins_where_the_one_before_ended_while_leads_change(desk: Desk) -> None:
    made = [(await desk.lead()).reference for _ in range(4)]
    wanted = LeadFilters.model_validate({"sort": "-updated_at"})
    house = desk.house
    first = await service.list_leads(house.database, house.keyring, wanted, cursor=None, limit=2)
    desk.clock.move(timedelta(minutes=1))
    await _change(desk, made[3], status="won")
    rest = await service.list_leads(house.database, house.keyring, wanted, cursor=first.next_cursor, limit=2)
    assert [item.reference for item in (*first.items, *rest.items)] == made[::-1]
