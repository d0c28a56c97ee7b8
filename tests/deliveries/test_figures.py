"""Figures: right to the unit, whatever state a delivery is in."""

from sqlalchemy import select, update

from app.deliveries import figures
from app.deliveries.models import Delivery
from app.deliveries.schemas import DeliveryState
from tests.support.house import Desk


async def test_every_state_is_counted_once_and_in_its_place(desk: Desk) -> None:
    first, second = [await desk.webhook("http://127.0.0.1:9/") for _ in range(2)]
    for _ in range(21):
        await desk.lead()
    async with desk.house.database.begin() as session:
        to_first = select(Delivery.id).where(Delivery.destination_id == first.id)
        ids = list(await session.scalars(to_first))
        # One that is pending, two that are sending, and so on: 1 + 2 + … + 6 is 21.
        for count, state in enumerate(DeliveryState, 1):
            some, ids = ids[:count], ids[count:]
            await session.execute(update(Delivery).where(Delivery.id.in_(some)).values(state=state.value))
    one, two = await figures.per_destination(desk.house.database)
    counts = {state: count for count, state in enumerate(DeliveryState, 1)}
    assert one.promised == 21 - counts[DeliveryState.WITHHELD]
    assert (one.delivered, one.failed) == (counts[DeliveryState.DELIVERED], counts[DeliveryState.FAILED])
    assert one.waiting == counts[DeliveryState.PENDING] + counts[DeliveryState.SENDING]
    assert one.oldest_waiting_at == desk.clock.now()
    assert (two.destination_id, two.promised, two.delivered, two.waiting) == (second.id, 21, 0, 21)
