"""What a search asks the database, in the words of each: which numbers have the tokens, and the leads behind them."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.leads.models import Lead
from app.leads.queries import LISTED_WITH_KEY, Listed
from app.leads.tokens import EPOCH_BITS, epoch_of

Tokens = Collection[int]
"""Of one term: a lead that fits has one of them."""

# The index begins with the epoch: each step looks into one, and no step follows once enough is found.
_WALK = {
    "postgresql": """
    WITH RECURSIVE walk (epoch, togo, found, numbers) AS (
        SELECT coalesce($1, {top} + 1, 0)::int, $2::int, 0, ARRAY[]::bigint[]
        UNION ALL
        SELECT epoch {step} 1, togo - 1, found + cardinality(numbers), ARRAY(
            SELECT {distinct} lead_no FROM search_tokens AS one
            WHERE one.epoch = walk.epoch {step} 1 AND one.lead_no {behind} $3::bigint AND {has_tokens}
            ORDER BY lead_no {order} LIMIT $4::int)
        FROM walk WHERE togo > 0 AND epoch {more} AND found + cardinality(numbers) < $4::int)
    SELECT {reached}(epoch), min(togo), ARRAY(SELECT unnest(numbers) FROM walk) FROM walk""",
    "sqlite": """
    WITH RECURSIVE walk (epoch, togo, found, numbers) AS (
        SELECT coalesce(?1, {top} + 1, 0), ?2, 0, '[]'
        UNION ALL
        SELECT epoch {step} 1, togo - 1, found + json_array_length(numbers), (SELECT json_group_array(lead_no) FROM (
            SELECT {distinct} lead_no FROM search_tokens AS one
            WHERE one.epoch = walk.epoch {step} 1 AND one.lead_no {behind} ?3 AND {has_tokens}
            ORDER BY lead_no {order} LIMIT ?4))
        FROM walk WHERE togo > 0 AND epoch {more} AND found + json_array_length(numbers) < ?4)
    SELECT {reached}(epoch), min(togo), (SELECT json_group_array(value) FROM walk, json_each(numbers)) FROM walk""",
}
_FIRST_TOKENS = 5
_DOWNWARD = {"step": "-", "behind": "<", "order": "DESC", "reached": "min"}
_UPWARD = {"step": "+", "behind": ">", "order": "ASC", "reached": "max"}
_TOKEN = {
    # PostgreSQL would plan anew for each list that it can look into; behind a SELECT it cannot.
    "postgresql": "token = ANY ((SELECT ${}::bigint[])::bigint[])",
    "sqlite": "token IN (SELECT value FROM json_each(?{}))",
}
_OTHER = """EXISTS (SELECT 1 FROM search_tokens AS other
    WHERE other.epoch = one.epoch AND other.{} AND other.lead_no = one.lead_no{})"""
# Behind a fence PostgreSQL looks for the other terms lead by lead; otherwise it reads all their leads of an epoch.
_FENCE = " OFFSET 0"
_GREATER = {"postgresql": "greatest", "sqlite": "max"}
_NO_LEAD = 2**63 - 1
"""A number behind all leads."""


class Way(NamedTuple):
    """How an epoch is looked through."""

    is_upward: bool
    """Whether the oldest lead comes first."""
    one_by_one: bool
    """Whether few leads have the first term, so that each is looked up for the others."""


class Stretch(NamedTuple):
    """What a walk over some epochs found."""

    numbers: list[int]
    """Leads that have a token of every term, in the order of the walk."""
    place: int
    """The lead that it came to: the last of these, or the last of the epochs."""
    epochs: int
    """How many it looked into."""
    is_last: bool
    """Whether no lead stands behind its place."""


async def count_tokens(session: AsyncSession, tokens: Tokens) -> dict[int, int]:
    """Count the leads with each token in two epochs: the newest that is full, and one in the middle."""
    dialect = _dialect(session)
    samples = ", ".join(f"{_GREATER[dialect]}({_top()}{part} - 1, 0)" for part in ("", " / 2"))
    statement = (
        f"SELECT token, count(*) FROM search_tokens WHERE epoch IN ({samples}) "  # noqa: S608 - ours
        f"AND {_TOKEN[dialect].format(1)} GROUP BY token"
    )
    return {row[0]: row[1] for row in await _run(session, statement, [tokens])}


async def walk(
    session: AsyncSession, terms: Sequence[Tokens], place: int | None, epochs: int, count: int, way: Way
) -> Stretch:
    """Look for the next `count` leads behind a place, or from the beginning on, in so many epochs at most.

    The first term leads, and should be the rarest.
    """
    start: int | None = None
    if way.is_upward:
        start = epoch_of((place or 0) + 1) - 1
    elif place is not None:
        start = epoch_of(place - 1) + 1
    behind = place or 0 if way.is_upward or place is not None else _NO_LEAD
    statement = _walk(_dialect(session), len(terms), way, is_distinct=len(terms[0]) > 1)
    ((reached, togo, found),) = await _run(session, statement, [start, epochs, behind, count, *terms])
    found = orjson.loads(found) if isinstance(found, str) else found
    numbers = sorted(found, reverse=not way.is_upward)[:count]
    if len(numbers) == count:
        return Stretch(numbers, numbers[-1], epochs - togo, is_last=False)
    edge = reached << EPOCH_BITS
    # It stopped before it had to, although it found too few.
    return Stretch(numbers, edge + (1 << EPOCH_BITS) - 1 if way.is_upward else edge, epochs - togo, is_last=togo > 0)


@cache
def _walk(dialect: str, terms: int, way: Way, *, is_distinct: bool) -> str:
    first, *others = (_TOKEN[dialect].format(_FIRST_TOKENS + number) for number in range(terms))
    fence = _FENCE if way.one_by_one and dialect == "postgresql" else ""
    return _WALK[dialect].format(
        top=_top(),
        more=f"< {_top()}" if way.is_upward else "> 0",
        # A lead may have several tokens of one term.
        distinct="DISTINCT" if is_distinct else "",
        has_tokens=" AND ".join([f"one.{first}", *(_OTHER.format(other, fence) for other in others)]),
        **(_UPWARD if way.is_upward else _DOWNWARD),
    )


async def arrived(session: AsyncSession, place: int | None, count: int, *, is_upward: bool) -> list[int]:
    """Return the next numbers behind a place, or from the beginning on, in order."""
    number = Lead.no
    query = select(number).order_by(number.asc() if is_upward else number.desc()).limit(count)
    if place is not None:
        query = query.where(number > place if is_upward else number < place)
    return list(await session.scalars(query))


async def leads(session: AsyncSession, some: Sequence[int], wanted: Sequence[ColumnElement[bool]]) -> dict[int, Listed]:
    """Return, by number, the listed columns and the wrapped data keys of those leads that are `wanted`."""
    if not some:
        return {}
    number = Lead.__table__.c.no
    if _dialect(session) == "postgresql":
        among = number == any_(literal(some, ARRAY(BigInteger)))
    else:
        given = func.json_each(literal(orjson.dumps(some).decode(), String)).table_valued("value")
        among = number.in_(select(given.c.value))
    return {row.no: row for row in await session.execute(LISTED_WITH_KEY.where(among, *wanted))}


async def _run(session: AsyncSession, statement: str, values: Sequence[int | Tokens | None]) -> Sequence[Any]:
    """Run a statement of the driver's own spelling, numbers and lists of numbers in the order of its places."""
    is_sqlite = _dialect(session) == "sqlite"
    spelled: list[Any] = [
        value if isinstance(value, int | None) else orjson.dumps(list(value)).decode() if is_sqlite else list(value)
        for value in values
    ]
    return (await (await session.connection()).exec_driver_sql(statement, tuple(spelled))).all()


def _top() -> str:
    return f"(SELECT max(no) >> {EPOCH_BITS} FROM leads)"  # noqa: S608 - a number


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
