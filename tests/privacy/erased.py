"""What erased leads leave behind, and what came to whom."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select

from app.database import Base, Database
from app.deliveries import claims
from app.deliveries.engine import Engine
from app.deliveries.models import Attempt, Delivery, Event
from app.deliveries.schemas import DeliveryFilters, DeliveryOut
from app.deliveries.service import list_deliveries
from app.parts import Parts
from tests.support.house import Desk
from tests.support.sink import HttpSink


async def left_of(database: Database, lead_id: UUID, lead_no: int) -> dict[str, int]:
    """Count the rows of a lead in every table that names leads."""
    found = {}
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            named = {"lead_id": lead_id, "lead_no": lead_no, **({"id": lead_id} if table.name == "leads" else {})}
            for column, value in named.items():
                if column in table.columns:
                    query = select(func.count()).select_from(table).where(table.columns[column] == value)
                    found[table.name] = await session.scalar(query) or 0
    return {table: count for table, count in found.items() if count}


async def words_of(database: Database, lead_id: UUID) -> list[bytes]:
    """Return what is written in events, attempts and deliveries of a lead, but for what tells of its erasure."""
    queries = (
        select(Event.body).where(Event.lead_id == lead_id, Event.type != "lead.erased"),
        select(Attempt.excerpt).join(Delivery, Delivery.id == Attempt.delivery_id).where(Delivery.lead_id == lead_id),
        select(Delivery.progress).where(Delivery.lead_id == lead_id),
    )
    async with database.read() as session:
        return [word for query in queries for word in await session.scalars(query) if word]


async def stands(desk: Desk, lead_id: UUID) -> list[tuple[str, str, str | None]]:
    """Return event, state and reason of each delivery of a lead, in the order of their promises."""
    return [(one.event_type, one.state.value, one.reason) for one in await promised(desk, lead_id)]


async def promised(desk: Desk, lead_id: UUID) -> Sequence[DeliveryOut]:
    """Return the deliveries of a lead, the first promised first."""
    page = await list_deliveries(desk.house.database, DeliveryFilters(lead=lead_id), cursor=None, limit=200)
    return page.items[::-1]


def told(sink: HttpSink) -> list[tuple[str, str]]:
    """Return type and reference of everything that came, in its order."""
    documents: list[dict[str, Any]] = [orjson.loads(request.body) for request in sink.requests]
    return [(document["type"], document["data"]["reference"]) for document in documents]


def short_lived(desk: Desk, lease_seconds: float) -> Engine:
    """Make an engine whose leases end while a test waits."""
    house: Parts = desk.house
    return Engine(
        house.database, house.keyring, desk.clock, desk.engine._senders, lambda: 0.0, lease_seconds=lease_seconds
    )


async def claim_and_die(desk: Desk, lease_seconds: float) -> None:
    """Claim whatever is due, as a worker that then dies."""
    now = desk.clock.now()
    async with desk.house.database.read() as session:
        found = {one.id: one for one in await claims.waiting(session, now)}
    assert await short_lived(desk, lease_seconds)._claim(found, dict.fromkeys(found, 10), now)


async def keep_at_it(engine: Engine, sink: HttpSink, count: int) -> None:
    """Let an engine look again and again until so many requests have come."""
    async with asyncio.timeout(20):
        while len(sink.requests) < count:
            await engine.run_until_idle()
            await asyncio.sleep(0.1)
