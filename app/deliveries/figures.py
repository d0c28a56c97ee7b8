"""How each destination is served, in figures, and the alerts of late."""

from typing import Any

from sqlalchemy import Select, cast, func, literal, null, select, text, union_all

from app.access.principals import Principal
from app.database import Database, UtcDateTime
from app.deliveries.models import OPEN, Alert, Delivery
from app.deliveries.schemas import AlertOut, DeliveryState, DestinationFigures
from app.destinations import service as destinations
from app.destinations.models import Destination

_WAITING = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)
_UNDELIVERED = (DeliveryState.FAILED.value, DeliveryState.WITHHELD.value, DeliveryState.CANCELLED.value)
_FEW = (*_WAITING, *_UNDELIVERED)
_ALL = "all"


async def per_destination(database: Database, *, by: Principal | None = None) -> list[DestinationFigures]:
    """Return the figures of every destination that is not deleted, in the order they were made."""
    async with database.read() as session:
        shown = [one for one in await session.scalars(destinations.kept()) if destinations.visible(one, by)]
        counted = (await session.execute(_counting())).all()
    rows = {(row.destination_id, row.state): row for row in counted}
    return [_figures(one, {state: rows.get((one.id, state)) for state in (*_FEW, _ALL)}) for one in shown]


async def alerts(database: Database, limit: int, *, by: Principal | None = None) -> list[AlertOut]:
    """Return the latest alerts, newest first, of destinations that are not deleted."""
    query = (
        select(Alert, Destination)
        .join(Destination, Destination.id == Alert.destination_id)
        .where(Destination.deleted_at.is_(None))
        .order_by(Alert.at.desc(), Alert.id.desc())
        .limit(limit)
    )
    async with database.read() as session:
        if by is not None and by.forms:
            # Which destinations a key may see stands in a list of forms, which no query reads alike on both databases.
            seen = [one.id for one in await session.scalars(destinations.kept()) if destinations.visible(one, by)]
            query = query.where(Destination.id.in_(seen))
        rows = (await session.execute(query)).all()
    return [
        AlertOut(
            id=alert.id,
            destination_id=destination.id,
            destination=destination.name,
            kind=alert.kind,
            reason=alert.reason,
            at=alert.at,
        )
        for alert, destination in rows
    ]


def _counting() -> Select[*tuple[Any, ...]]:
    """Count all there is and what is not delivered, in one statement, so that what remains is what was delivered.

    Nearly everything is delivered: that much is counted in an index alone, and only the few others are looked at.
    """
    nothing = cast(null(), UtcDateTime())
    everything = select(
        Delivery.destination_id, literal(_ALL).label("state"), func.count().label("count"), nothing.label("oldest")
    )
    few = select(Delivery.destination_id, Delivery.state, func.count(), func.min(Delivery.created_at).label("oldest"))
    # Spelled as the index of what is open has it.
    waiting = few.where(text(OPEN)).group_by(Delivery.destination_id, Delivery.state)
    settled = few.where(Delivery.state.in_(_UNDELIVERED)).group_by(Delivery.destination_id, Delivery.state)
    counted = union_all(everything.group_by(Delivery.destination_id), waiting, settled).subquery()
    return select(*counted.c)


def _figures(destination: Destination, of_state: dict[str, Any]) -> DestinationFigures:
    count = {state: row.count if row else 0 for state, row in of_state.items()}
    oldest = [of_state[state].oldest for state in _WAITING if of_state[state]]
    return DestinationFigures(
        destination_id=destination.id,
        destination=destination.name,
        state=destination.state,
        promised=count[_ALL] - count[DeliveryState.WITHHELD],
        delivered=count[_ALL] - sum(count[state] for state in _FEW),
        failed=count[DeliveryState.FAILED],
        waiting=sum(count[state] for state in _WAITING),
        oldest_waiting_at=min(oldest, default=None),
    )
