"""Claiming: who has something due, and the statement that takes it, so that no two workers get the same delivery.

The schedule runs on the moment that is handed over; leases run on the database's own clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Integer, LargeBinary, String, TextClause, Uuid, bindparam, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from app.database import UtcDateTime, database_now
from app.deliveries.breaker import Standing
from app.deliveries.queries import Claimed
from app.destinations.models import Destination
from app.forms import letters
from app.forms.letters import OwnText

FRESH, AGAIN, REPLAYED = LANES = (0, 1, 2)
NOWHERE = 3
"""The lane of all that was promised of a lead that is erased: nobody looks there, so nothing of it is claimed."""
LOST = "the worker stopped before it recorded what came of it"
# Spelled out, not as parameters: only so do both databases see that the index of what is open will do.
_DUE = """state IN ('pending', 'sending') AND due_at <= :now AND (lease_until IS NULL OR lease_until < {moment})"""
_HAS_DUE = f"EXISTS (SELECT 1 FROM deliveries WHERE destination_id = destinations.id AND lane = {{lane}} AND {_DUE})"
_RANKED = """
due AS (
    SELECT id FROM (
        SELECT id, places, row_number() OVER (PARTITION BY destination_id ORDER BY lane, due_at, id) AS place FROM found
    ) AS ranked WHERE place <= places
)"""
_POSTGRESQL_DUE = f"""
WITH given AS (
    SELECT CAST(key AS uuid) AS destination_id, CAST(value AS integer) AS places
    FROM json_each_text(CAST(:given AS json))
),
found AS (
    SELECT x.id, x.destination_id, x.lane, x.due_at, given.places
    FROM given CROSS JOIN (VALUES (0), (1), (2)) AS lanes (lane) CROSS JOIN LATERAL (
        SELECT id, destination_id, lane, due_at FROM deliveries
        WHERE destination_id = given.destination_id AND lane = lanes.lane AND {_DUE}
        ORDER BY due_at LIMIT given.places FOR UPDATE SKIP LOCKED
    ) AS x
), {_RANKED}"""
_SQLITE_DUE = f"""
WITH given AS (SELECT key AS destination_id, value AS places FROM json_each(:given)),
lanes (lane) AS (VALUES (0), (1), (2)),
found AS (
    SELECT x.id, x.destination_id, x.lane, x.due_at, given.places
    FROM given CROSS JOIN lanes CROSS JOIN deliveries AS x
    WHERE x.id IN (
        SELECT id FROM deliveries
        WHERE destination_id = given.destination_id AND lane = lanes.lane AND {_DUE}
        ORDER BY due_at LIMIT :most
    )
), {_RANKED}"""
_LEASE = """
UPDATE deliveries
SET state = 'sending', lease_token = :token, lease_until = {lease_end}, attempts = attempts + 1"""
_TAKEN = """taken.id, taken.attempts, taken.round_start, taken.lane, taken.created_at, taken.event_id, events.type,
    events.body, events.form_key, taken.lead_id, data_keys.wrapped, taken.destination_id, taken.progress"""
# What tells that a lead is erased comes without a key.
_WITH_IT = "JOIN events ON events.id = taken.event_id LEFT JOIN data_keys ON data_keys.lead_id = taken.lead_id"
_POSTGRESQL_TAKE = f""",
taken AS ({_LEASE} FROM due WHERE deliveries.id = due.id RETURNING deliveries.*),
lost AS (
    UPDATE attempts SET outcome = 'lost', reason = :lost FROM taken
    WHERE attempts.delivery_id = taken.id AND attempts.outcome = 'started'
),
started AS (
    INSERT INTO attempts (delivery_id, number, started_at, outcome) SELECT id, attempts, :now, 'started' FROM taken
)
SELECT {_TAKEN} FROM taken {_WITH_IT} ORDER BY taken.lane, taken.due_at"""
_ONE = "WITH due AS (SELECT id FROM deliveries WHERE id = :one AND state = 'pending'{lock})"
_IDS = "(SELECT value FROM json_each(:ids))"
_SQLITE_LOST = (
    f"UPDATE attempts SET outcome = 'lost', reason = :lost WHERE delivery_id IN {_IDS} AND outcome = 'started'"
)
_SQLITE_STARTED = f"""
INSERT INTO attempts (delivery_id, number, started_at, outcome)
SELECT id, attempts, :now, 'started' FROM deliveries WHERE id IN {_IDS}"""
_SQLITE_TAKEN = f"SELECT {_TAKEN} FROM deliveries AS taken {_WITH_IT} WHERE taken.id IN {_IDS} ORDER BY lane, due_at"


async def waiting(session: AsyncSession, now: datetime) -> list[Destination]:
    """Return the destinations for which something is due and free; paused and deleted ones wait."""
    moment = _moment(session)
    has_due = (_typed(_HAS_DUE.format(lane=lane, moment=moment)) for lane in LANES)
    query = select(Destination).where(Destination.state != "paused", Destination.deleted_at.is_(None), or_(*has_due))
    return list(await session.scalars(query, {"now": now}))


async def take_probes(
    session: AsyncSession, destinations: Sequence[Destination], now: datetime, until: datetime
) -> list[UUID]:
    """Return those failing destinations that this worker, and no other, may try now; `until` then nobody else may."""
    won: list[UUID] = []
    for destination in sorted(destinations, key=lambda one: one.id):
        standing = Standing("failing", destination.failures_in_row, destination.probe_at)
        if standing.may_probe(now):
            won += await session.scalars(
                update(Destination)
                .where(Destination.id == destination.id, Destination.probe_at.is_not_distinct_from(standing.probe_at))
                .values(probe_at=until)
                .returning(Destination.id)
                .execution_options(synchronize_session=False)
            )
    return won


async def claim(
    session: AsyncSession,
    destinations: Mapping[UUID, Destination],
    places: Mapping[UUID, int],
    now: datetime,
    lease: tuple[UUID, float],
) -> list[Claimed]:
    """Take what is due, for each destination as much as it has places: fresh before old, old before replayed.

    `lease` is its token and how many seconds it lasts.
    """
    given = orjson.dumps({destination.hex: count for destination, count in places.items()}).decode()
    values = {"given": given, "now": now, "token": lease[0]}
    postgresql = _on_postgresql(session)
    if not postgresql:
        values["most"] = max(places.values())
    due = _POSTGRESQL_DUE if postgresql else _SQLITE_DUE
    rows = await _take(session, due, values, lease[1])
    return await _claimed(session, rows, lease[0], destinations)


async def claim_one(
    session: AsyncSession, delivery_id: UUID, now: datetime, lease: tuple[UUID, float]
) -> Claimed | None:
    """Take one delivery that waits, whether its time has come or not, and whatever its destination's state."""
    due = _ONE.format(lock=" FOR UPDATE SKIP LOCKED" if _on_postgresql(session) else "")
    rows = await _take(session, due, {"one": delivery_id, "now": now, "token": lease[0]}, lease[1])
    if not rows:
        return None
    destination = await session.get_one(Destination, rows[0].destination_id)
    (one,) = await _claimed(session, rows, lease[0], {destination.id: destination})
    return one


async def _take(session: AsyncSession, due: str, values: dict[str, Any], lease_seconds: float) -> Sequence[Any]:
    moments = {"moment": _moment(session), "lease_end": _moment(session, lease_seconds)}
    if _on_postgresql(session):
        statement = _read((due + _POSTGRESQL_TAKE).format(**moments))
        return (await session.execute(statement, {**values, "lost": LOST})).all()
    leasing = f"{due} {_LEASE} WHERE id IN (SELECT id FROM due) RETURNING id"
    leased = await session.execute(_typed(leasing.format(**moments)), values)
    ids = [row[0] for row in leased]
    return await _on_record(session, orjson.dumps(ids).decode(), values["now"]) if ids else ()


async def _on_record(session: AsyncSession, ids: str, now: datetime) -> Sequence[Any]:
    """On SQLite, where one statement cannot do it all: write the attempts, and select what is needed to send."""
    await session.execute(text(_SQLITE_LOST), {"ids": ids, "lost": LOST})
    await session.execute(_typed(_SQLITE_STARTED), {"ids": ids, "now": now})
    return (await session.execute(_read(_SQLITE_TAKEN), {"ids": ids})).all()


def _typed(statement: str) -> TextClause:
    made = text(statement)
    types: dict[str, TypeEngine[Any]] = {"now": UtcDateTime(), "token": Uuid(), "one": Uuid()}
    return made.bindparams(*(bindparam(name, type_=kind) for name, kind in types.items() if f":{name}" in statement))


def _read(statement: str) -> Any:
    return _typed(statement).columns(
        id=Uuid(),
        attempts=Integer(),
        round_start=Integer(),
        lane=Integer(),
        created_at=UtcDateTime(),
        event_id=Uuid(),
        type=String(),
        body=LargeBinary(),
        form_key=String(),
        lead_id=Uuid(),
        wrapped=LargeBinary(),
        destination_id=Uuid(),
        progress=LargeBinary(),
    )


async def _claimed(
    session: AsyncSession, rows: Sequence[Any], lease_token: UUID, destinations: Mapping[UUID, Destination]
) -> list[Claimed]:
    """Make what is sent out of rows; the texts of all their letters to staff come by one query, if there are any."""
    forms = {row.form_key for row in rows if destinations[row.destination_id].kind == "email"}
    own = await letters.to_staff(session, forms) if forms else {}
    return [_one(row, lease_token, destinations[row.destination_id], own) for row in rows]


def _one(row: Any, lease_token: UUID, destination: Destination, own: Mapping[str, Mapping[str, OwnText]]) -> Claimed:
    return Claimed(
        id=row.id,
        lease_token=lease_token,
        number=row.attempts,
        round_start=row.round_start,
        lane=row.lane,
        created_at=row.created_at,
        event_id=row.event_id,
        event_type=row.type,
        event_body=row.body,
        lead_id=row.lead_id,
        wrapped_key=row.wrapped,
        destination_id=destination.id,
        kind=destination.kind,
        address=destination.address,
        secret=destination.secret,
        include=destination.include,
        format=destination.format,
        previous_secret=destination.previous_secret,
        previous_secret_until=destination.previous_secret_until,
        connection=destination.connection,
        progress=row.progress,
        probes=destination.state == "failing",
        own=own.get(row.form_key, {}) if destination.kind == "email" else {},
    )


def _moment(session: AsyncSession, seconds: float = 0) -> str:
    """Return the database's own clock, `seconds` from now, as SQL."""
    return str(database_now(seconds).compile(dialect=session.get_bind().dialect))


def _on_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
