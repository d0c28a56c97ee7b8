"""What a search asks the database, in the words of each: the next leads that have the tokens."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    null,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from app.leads.models import Lead
from app.leads.queries import LISTED, Listed
from app.leads.tokens import EPOCH_BITS, epoch_of
from app.sealing.models import DataKey

Tokens = Collection[int]
"""Of one term: a lead that fits has one of them."""

# The index begins with the epoch: each step looks into one, and no step follows once enough is found.
_WALK = {
    "postgresql": """
    WITH RECURSIVE walk (epoch, togo, found, numbers) AS (
        SELECT CAST(coalesce(:start, {top} + 1, 0) AS integer), :epochs, 0, ARRAY[]::bigint[]
        UNION ALL
        SELECT epoch {step} 1, togo - 1, found + cardinality(numbers), ARRAY(
            SELECT {distinct} lead_no FROM search_tokens AS one
            WHERE one.epoch = walk.epoch {step} 1 AND one.lead_no {behind} :place AND {has_tokens}
            ORDER BY lead_no {order} LIMIT :count)
        FROM walk WHERE togo > 0 AND epoch {more} AND found + cardinality(numbers) < :count)
    SELECT reached, togo, number FROM (SELECT {furthest}(epoch) AS reached, min(togo) AS togo FROM walk) AS edge
        LEFT JOIN (SELECT unnest(numbers) AS number FROM walk) AS each ON true""",
    "sqlite": """
    WITH RECURSIVE walk (epoch, togo, found, numbers) AS (
        SELECT coalesce(:start, {top} + 1, 0), :epochs, 0, '[]'
        UNION ALL
        SELECT epoch {step} 1, togo - 1, found + json_array_length(numbers), (SELECT json_group_array(lead_no) FROM (
            SELECT {distinct} lead_no FROM search_tokens AS one
            WHERE one.epoch = walk.epoch {step} 1 AND one.lead_no {behind} :place AND {has_tokens}
            ORDER BY lead_no {order} LIMIT :count))
        FROM walk WHERE togo > 0 AND epoch {more} AND found + json_array_length(numbers) < :count)
    SELECT reached, togo, number FROM (SELECT {furthest}(epoch) AS reached, min(togo) AS togo FROM walk) AS edge
        LEFT JOIN (SELECT value AS number FROM walk, json_each(numbers)) AS each ON true""",
}
_DOWNWARD = {"step": "-", "behind": "<", "order": "DESC", "furthest": "min"}
_UPWARD = {"step": "+", "behind": ">", "order": "ASC", "furthest": "max"}
_TOKEN = {
    # PostgreSQL would plan anew for each list that it can look into; behind a SELECT it cannot.
    "postgresql": "token = ANY ((SELECT :{})::bigint[])",
    "sqlite": "token IN (SELECT value FROM json_each(:{}))",
}
_TOKENS_TYPE: dict[str, TypeEngine[Any]] = {"postgresql": ARRAY(BigInteger), "sqlite": String()}
_OTHER = """EXISTS (SELECT 1 FROM search_tokens AS other
    WHERE other.epoch = one.epoch AND other.{} AND other.lead_no = one.lead_no{})"""
# Behind a fence PostgreSQL looks for the other terms lead by lead; otherwise it reads all their leads of an epoch.
_FENCE = " OFFSET 0"
_GREATER = {"postgresql": "greatest", "sqlite": "max"}
_FOUND = Column("reached", Integer), Column("togo", Integer), Column("number", BigInteger)
_BEHIND_ALL = 2**63 - 1
_KEPT = 64
_LEADS, _KEYS = Lead.__table__, DataKey.__table__


class Way(NamedTuple):
    """How an epoch is looked through."""

    is_upward: bool
    """Whether the oldest lead comes first."""
    one_by_one: bool = False
    """Whether few leads have the first term, so that each is looked up for the others."""


class Stretch(NamedTuple):
    """The next leads of a walk, and how far it came."""

    leads: list[Listed]
    """The listed columns and the `wrapped` data keys of those that are wanted, in the order of the walk."""
    passed: int
    """How many have a token of every term, and are not wanted."""
    place: int | None
    """The lead that it came to; None: there is none."""
    epochs: int
    """How many epochs it has done with."""
    is_last: bool
    """Whether no lead stands behind its place."""


async def count_tokens(session: AsyncSession, tokens: Tokens) -> dict[int, int]:
    """Count the leads with each token in two epochs: the newest that is full, and one in the middle."""
    dialect = _dialect(session)
    samples = ", ".join(f"{_GREATER[dialect]}({_top()}{part} - 1, 0)" for part in ("", " / 2"))
    statement = text(
        f"SELECT token, count(*) FROM search_tokens WHERE epoch IN ({samples}) "  # noqa: S608 - ours
        f"AND {_TOKEN[dialect].format('tokens')} GROUP BY token"
    ).bindparams(bindparam("tokens", type_=_TOKENS_TYPE[dialect]))
    found = await session.execute(statement, {"tokens": _spelled(dialect, tokens)})
    return {row[0]: row[1] for row in found}


async def walk(
    session: AsyncSession,
    terms: Sequence[Tokens],
    place: int | None,
    epochs: int,
    count: int,
    way: Way,
    wanted: Sequence[ColumnElement[bool]],
) -> Stretch:
    """Look for the next `count` leads behind a place, or from the beginning on, in so many epochs at most.

    The first term leads, and should be the rarest.
    """
    dialect = _dialect(session)
    values: dict[str, Any] = {f"term{number}": _spelled(dialect, tokens) for number, tokens in enumerate(terms)}
    values |= {"epochs": epochs, "count": count}
    if way.is_upward:
        values |= {"start": epoch_of((place or 0) + 1) - 1, "place": place or 0}
    elif place is None:
        values |= {"start": None, "place": _BEHIND_ALL}
    else:
        values |= {"start": epoch_of(place - 1) + 1, "place": place}
    query = _walking(dialect, len(terms), way, tuple(wanted), is_distinct=len(terms[0]) > 1)
    rows = (await session.execute(query, values)).all()
    numbers, leads = _in_order(rows, count, way)
    reached, togo = rows[0].reached, rows[0].togo
    if len(numbers) == count:
        return Stretch(leads, count - len(leads), numbers[-1], 0, is_last=False)
    edge = reached << EPOCH_BITS
    end = edge + (1 << EPOCH_BITS) - 1 if way.is_upward else edge
    # With too few found it stops before it has to where there is no other epoch.
    return Stretch(leads, len(numbers) - len(leads), end, epochs - togo, is_last=togo > 0)


async def arrived(
    session: AsyncSession, place: int | None, count: int, way: Way, wanted: Sequence[ColumnElement[bool]]
) -> Stretch:
    """Look at the next `count` leads behind a place, or from the beginning on, whatever their tokens."""
    number = Lead.no
    query = select(null().label("reached"), null().label("togo"), number.label("number"))
    query = query.order_by(number.asc() if way.is_upward else number.desc()).limit(count)
    if place is not None:
        query = query.where(number > place if way.is_upward else number < place)
    rows = (await session.execute(_with_leads(query.subquery(), wanted))).all()
    numbers, leads = _in_order(rows, count, way)
    end = numbers[-1] if numbers else place
    return Stretch(leads, len(numbers) - len(leads), end, 0, is_last=len(numbers) < count)


@lru_cache(maxsize=_KEPT)
def _walking(
    dialect: str, terms: int, way: Way, wanted: tuple[ColumnElement[bool], ...], *, is_distinct: bool
) -> Select[Any]:
    """Return the statement of a walk. It is kept, since most searches want the same, and making it takes 0.4 ms."""
    first, *others = (_TOKEN[dialect].format(f"term{number}") for number in range(terms))
    fence = _FENCE if way.one_by_one and dialect == "postgresql" else ""
    statement = _WALK[dialect].format(
        top=_top(),
        more=f"< {_top()}" if way.is_upward else "> 0",
        # A lead may have several tokens of one term.
        distinct="DISTINCT" if is_distinct else "",
        has_tokens=" AND ".join([f"one.{first}", *(_OTHER.format(other, fence) for other in others)]),
        **(_UPWARD if way.is_upward else _DOWNWARD),
    )
    tokens = {f"term{number}": _TOKENS_TYPE[dialect] for number in range(terms)}
    kinds = {"start": Integer(), "epochs": Integer(), "place": BigInteger(), "count": Integer(), **tokens}
    given = [bindparam(name, type_=kind) for name, kind in kinds.items()]
    return _with_leads(text(statement).bindparams(*given).columns(*_FOUND).subquery("found"), wanted)


def _with_leads(found: FromClause, wanted: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Select the leads that are found and wanted; a row without a key stands for one that is not."""
    leads = found.outerjoin(_LEADS, and_(_LEADS.c.no == found.c.number, *wanted))
    joined = leads.outerjoin(_KEYS, _KEYS.c.lead_id == _LEADS.c.id)
    return select(*LISTED, _KEYS.c.wrapped, *found.c).select_from(joined)


def _in_order(rows: Sequence[Any], count: int, way: Way) -> tuple[list[int], list[Listed]]:
    """Return the first `count` numbers found, and the leads of those that are wanted."""
    found = sorted((row for row in rows if row.number is not None), key=lambda row: row.number)
    found = (found if way.is_upward else found[::-1])[:count]
    return [row.number for row in found], [row for row in found if row.wrapped is not None]


def _spelled(dialect: str, tokens: Tokens) -> Any:
    return orjson.dumps(list(tokens)).decode() if dialect == "sqlite" else list(tokens)


def _top() -> str:
    return f"(SELECT max(no) >> {EPOCH_BITS} FROM leads)"  # noqa: S608 - a number


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
