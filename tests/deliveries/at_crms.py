"""Destinations at CRMs, and what became of the deliveries to them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.deliveries.models import Attempt, Delivery
from app.destinations.schemas import DestinationMade
from tests.destinations.crm import Crm
from tests.destinations.presets import PRESETS
from tests.support.house import Desk


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    made = Crm()
    runner = await made.listen()
    yield made
    await runner.cleanup()


async def preset(desk: Desk, crm: Crm, name: str, **changes: Any) -> DestinationMade:
    body = {**PRESETS[name], **changes}
    return await desk.webhook(crm.url(body.pop("url")), format=name, **body)


async def delivery_of(desk: Desk, lead_id: UUID) -> Delivery:
    (found,) = await desk.deliveries(lead_id)
    return found


async def outcomes(desk: Desk, delivery_id: UUID) -> list[str]:
    query = select(Attempt.outcome).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
    async with desk.house.database.read() as session:
        return list(await session.scalars(query))
