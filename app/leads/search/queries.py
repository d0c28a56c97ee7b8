"""What a search asks the database, in the words of each: which numbers have the tokens, and the leads behind them."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.leads.models import Lead
from app.leads.queries import LISTED_WITH_KEY, Listed

Tokens = Collection[int]
"""Of one term: a lead that fits has one of them."""

# The index begins with the epoch, so each epoch is asked by itself; both planners are shown that way and no other.
_POSTGRESQL = """
    SELECT {distinct} lead_no FROM generate_series({lowest}::int, {highest}::int) AS epochs (n) CROSS JOIN LATERAL (
        SELECT lead_no FROM search_tokens AS one WHERE one.epoch = epochs.n AND {has_tokens} OFFSET 0
    ) AS found"""
_SQLITE = """
    WITH RECURSIVE epochs (n) AS (SELECT {lowest} UNION ALL SELECT n + 1 FROM epochs WHERE n < {highest})
    SELECT {distinct} one.lead_no FROM epochs CROSS JOIN search_tokens AS one
    WHERE one.epoch = epochs.n AND {has_tokens}"""
_TOKEN = {"postgresql": "= ANY({}::bigint[])", "sqlite": "IN (SELECT value FROM json_each({}))"}
_OTHER = """EXISTS (SELECT 1 FROM search_tokens AS other
    WHERE other.epoch = one.epoch AND other.token {} AND other.lead_no = one.lead_no{})"""
# Behind a fence PostgreSQL looks for the other terms lead by lead; otherwise it reads all their leads of an epoch.
_FENCE = " OFFSET 0"


class Way(NamedTuple):
    """How an epoch is looked through."""

    is_upward: bool
    """Whether the oldest lead comes first."""
    one_by_one: bool
    """Whether few leads have the first term, so that each is looked up for the others."""


async def newest(session: AsyncSession) -> int:
    """Return the number of the newest lead; 0: there is none."""
    return await session.scalar(select(func.max(Lead.no))) or 0


async def count_tokens(session: AsyncSession, epochs: Collection[int], tokens: Tokens) -> dict[int, int]:
    """Count the leads with each token in some epochs."""
    dialect = _dialect(session)
    given = _TOKEN[dialect]
    statement = (
        f"SELECT token, count(*) FROM search_tokens WHERE epoch {given.format(_place(dialect, 0))} "  # noqa: S608 - ours
        f"AND token {given.format(_place(dialect, 1))} GROUP BY token"
    )
    found = await _run(session, statement, [epochs, tokens])
    return {row[0]: row[1] for row in found}


async def numbers(
    session: AsyncSession,
    terms: Sequence[Tokens],
    epochs: tuple[int, int],
    place: int,
    count: int,
    way: Way,
) -> list[int]:
    """Return the next numbers behind a place, in order, whose leads have a token of every term.

    `epochs` are the lowest and the highest to look in; the first term leads, and should be the rarest.
    """
    statement = _numbers(_dialect(session), len(terms), way, is_distinct=len(terms[0]) > 1)
    return [number for (number,) in await _run(session, statement, [*epochs, place, count, *terms])]


@cache
def _numbers(dialect: str, terms: int, way: Way, *, is_distinct: bool) -> str:
    lowest, highest, place, count, *tokens = (_place(dialect, number) for number in range(4 + terms))
    first, *others = (_TOKEN[dialect].format(token) for token in tokens)
    fence = _FENCE if way.one_by_one and dialect == "postgresql" else ""
    also = [_OTHER.format(other, fence) for other in others]
    has_tokens = [f"one.token {first}", f"one.lead_no {'>' if way.is_upward else '<'} {place}", *also]
    statement = (_POSTGRESQL if dialect == "postgresql" else _SQLITE).format(
        # A lead may have several tokens of one term.
        distinct="DISTINCT" if is_distinct else "",
        lowest=lowest,
        highest=highest,
        has_tokens=" AND ".join(has_tokens),
    )
    return f"{statement} ORDER BY lead_no {'ASC' if way.is_upward else 'DESC'} LIMIT {count}"


async def arrived(
    session: AsyncSession, lowest: int, highest: int, place: int, count: int, *, is_upward: bool
) -> list[int]:
    """Return the next numbers behind a place, in order, that stand between two, both included."""
    number = Lead.no
    behind = number > place if is_upward else number < place
    query = select(number).where(number >= lowest, number <= highest, behind)
    return list(await session.scalars(query.order_by(number.asc() if is_upward else number.desc()).limit(count)))


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


async def _run(session: AsyncSession, statement: str, values: Sequence[int | Tokens]) -> Sequence[Any]:
    """Run a statement of the driver's own spelling, numbers and lists of numbers in the order of its places."""
    spelled: list[Any]
    if _dialect(session) == "sqlite":
        spelled = [value if isinstance(value, int) else orjson.dumps(list(value)).decode() for value in values]
    else:
        spelled = [value if isinstance(value, int) else list(value) for value in values]
    return (await (await session.connection()).exec_driver_sql(statement, tuple(spelled))).all()


def _place(dialect: str, number: int) -> str:
    return f"${number + 1}" if dialect == "postgresql" else f"?{number + 1}"


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
