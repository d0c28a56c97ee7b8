"""What is put right from time to time: promises that nothing else would ever end."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.database import Database, database_now
from app.deliveries.forgetting import cancel_left
from app.deliveries.models import Delivery
from app.deliveries.policy import SCHEDULE
from app.deliveries.schemas import DeliveryState
from app.destinations.models import Destination

DELETED = "the destination was deleted"
_DOWN_TOO_LONG = "the destination failed for as long as the schedule lasts"
# A probe comes every five minutes; whoever's last attempt is due may still be it.
_GRACE = timedelta(hours=1)


async def sweep(database: Database, now: datetime) -> None:
    """End what would wait for ever.

    What a worker left behind of a lead that was erased meanwhile is cancelled.
    A delivery that was promised in the very moment its destination was deleted is cancelled; one that its failing
    destination kept waiting for as long as its own schedule lasts is given up, and a replay brings it.

    Where a clock ran ahead for a while, moments of that time lie in the future. What a dead worker left behind, and
    what nobody has tried, was due in any case and does not wait for them.
    """
    async with database.begin() as session:
        await cancel_left(session, now)
        await session.execute(
            update(Delivery)
            .where(Delivery.due_at > now, or_(_left_behind(), _never_tried()))
            .values(due_at=now)
            .execution_options(synchronize_session=False)
        )
        gone = select(Destination.id).where(Destination.deleted_at.is_not(None))
        await session.execute(
            update(Delivery)
            .where(
                Delivery.destination_id.in_(gone),
                Delivery.state.in_((DeliveryState.PENDING.value, DeliveryState.SENDING.value)),
                or_(Delivery.lease_until.is_(None), Delivery.lease_until < database_now()),
            )
            .values(state=DeliveryState.CANCELLED.value, reason=DELETED, settled_at=now)
            .execution_options(synchronize_session=False)
        )
        failing = select(Destination.id).where(Destination.state == "failing")
        await session.execute(
            update(Delivery)
            .where(
                Delivery.destination_id.in_(failing),
                Delivery.state == DeliveryState.PENDING.value,
                or_(*(_waited_out(failures, now) for failures in range(len(SCHEDULE)))),
            )
            .values(state=DeliveryState.FAILED.value, reason=_DOWN_TOO_LONG, settled_at=now)
            .execution_options(synchronize_session=False)
        )


def _left_behind() -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.SENDING.value, Delivery.lease_until < database_now())


def _never_tried() -> ColumnElement[bool]:
    fresh = and_(Delivery.attempts == 0, Delivery.due_at == Delivery.created_at)
    return and_(Delivery.state == DeliveryState.PENDING.value, fresh)


def _waited_out(failures: int, now: datetime) -> ColumnElement[bool]:
    """Say that the schedule's end, seen from the attempt that is due after some failures, has passed."""
    rest = sum(SCHEDULE[failures + 1 :], timedelta()) + _GRACE
    return and_(Delivery.attempts - Delivery.round_start == failures, Delivery.due_at < now - rest)
