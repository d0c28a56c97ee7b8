"""How each destination is served, in figures, and the alerts of late."""

from typing import Any

from sqlalchemy import Select, func, select

from app.access.principals import Principal
from app.database import Database
from app.deliveries.models import Alert, Delivery
from app.deliveries.schemas import AlertOut, DeliveryState, DestinationFigures
from app.destinations import service as destinations
from app.destinations.models import Destination

_WAITING = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)


async def per_destination(database: Database, *, by: Principal | None = None) -> list[DestinationFigures]:
    """Return the figures of every destination that is not deleted, in the order they were made."""
    async with database.read() as session:
        shown = [one for one in await session.scalars(destinations.kept()) if destinations.visible(one, by)]
        counted = (await session.execute(_counting())).all()
    rows = {(row.destination_id, row.state): row for row in counted}
    return [_figures(one, {state: rows.get((one.id, state)) for state in DeliveryState}) for one in shown]


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
    return select(
        Delivery.destination_id,
        Delivery.state,
        func.count().label("count"),
        func.min(Delivery.created_at).label("oldest"),
    ).group_by(Delivery.destination_id, Delivery.state)


def _figures(destination: Destination, of_state: dict[DeliveryState, Any]) -> DestinationFigures:
    count = {state.value: row.count if row else 0 for state, row in of_state.items()}
    oldest = [row.oldest for state, row in of_state.items() if row and state.value in _WAITING]
    return DestinationFigures(
        destination_id=destination.id,
        destination=destination.name,
        state=destination.state,
        promised=sum(count.values()) - count[DeliveryState.WITHHELD.value],
        delivered=count[DeliveryState.DELIVERED.value],
        failed=count[DeliveryState.FAILED.value],
        waiting=sum(count[state] for state in _WAITING),
        oldest_waiting_at=min(oldest, default=None),
    )
