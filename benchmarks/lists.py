"""Staff lists and search at a million sealed leads, beside the same on a plain table; no HTTP on either side."""

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, column, func, literal, select, table, text, tuple_
from sqlalchemy.dialects import postgresql

from app import migrating
from app.database import Database
from app.forms.service import ensure_default
from app.leads import service
from app.leads.schemas import LeadFilters, LeadSummary
from app.paging import write_cursor
from app.sealing.envelopes import DeploymentKeys
from app.sealing.keyring import Keyring, open_keyring
from benchmarks import whole
from benchmarks.contenders import arena
from benchmarks.grounds import Ground
from benchmarks.options import Options
from benchmarks.people import (
    FAMILY_NAMES,
    FIRST_NAMES,
    METADATA,
    MIDDLE_NAMES,
    ONE_OF_A_KIND,
    PLAIN,
    TABLES,
    Crowd,
    plain_indexes,
)
from benchmarks.report import Report, Target
from benchmarks.stores import store
from benchmarks.timing import timed
from tests.support.postgres import Postgres

_CHUNK = 2_048
_TELLING = 100 * _CHUNK
_PAGE = 50
_RUNS = 40
_WARMING = 3
"""So many rounds do not count."""
_PAGE_TARGET, _SEARCH_TARGET = Target(1.5, at_most=True), Target(2.0, at_most=True)
_DEPTH_TARGET = Target(1.2, at_most=True)
_P95_MS = {"postgresql": Target(30, at_most=True), "sqlite": Target(20, at_most=True)}
_DEPTH = 0.99


@dataclass(slots=True)
class _Case:
    """One question, asked of both."""

    title: str
    filters: Callable[[random.Random], dict[str, Any]]
    target: Target = _PAGE_TARGET
    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Ask the same in every run."""
        self.dice = random.Random(self.title)  # noqa: S311 - no secret


def _same(**filters: Any) -> Callable[[random.Random], dict[str, Any]]:
    return lambda _: filters


_LISTS = [
    _Case("first page", _same()),
    _Case(f"page at depth {_DEPTH:.0%}", _same(depth=_DEPTH)),
    _Case("status, 10 % of leads", _same(status=["won"])),
    _Case("country, one in 2,000", _same(country="IS")),
    _Case("language, a third", _same(language="de")),
    _Case("assignee", _same(assignee="Ines")),
    _Case("tag, one in 100", _same(tag="vip")),
    _Case("unanswered", _same(unanswered=True)),
    _Case("held", _same(held=True)),
    _Case("test", _same(test=True)),
    _Case("latest changes", _same(sort="-updated_at")),
    _Case("oldest first, rare country", _same(sort="received_at", country="IS")),
]
_SEARCHES = [
    _Case("search, 1 hit", _same(q=ONE_OF_A_KIND), _SEARCH_TARGET),
    _Case("search, 1,000 hits", lambda dice: {"q": dice.choice(FAMILY_NAMES)}, _SEARCH_TARGET),
    _Case("search, 100,000 hits", lambda dice: {"q": dice.choice(FIRST_NAMES)}, _SEARCH_TARGET),
    _Case("search, none", _same(q="wurzelbrumpft"), _SEARCH_TARGET),
    _Case(
        "two words, frequent and frequent",
        lambda dice: {"q": f"{dice.choice(FIRST_NAMES)} {dice.choice(MIDDLE_NAMES)}"},
        _SEARCH_TARGET,
    ),
    _Case(
        "two words, frequent and rare",
        lambda dice: {"q": f"{dice.choice(FIRST_NAMES)} {dice.choice(FAMILY_NAMES)}"},
        _SEARCH_TARGET,
    ),
    _Case("two frequent words that never meet", _same(q=" ".join(FIRST_NAMES[:2])), _SEARCH_TARGET),
    _Case("exact mail", lambda dice: {"email": "of " + str(dice.random())}, _SEARCH_TARGET),
    _Case("phone, last 7 digits", lambda dice: {"q": f"{dice.randrange(10**6):07}"}, _SEARCH_TARGET),
    _Case("phone, last 4 digits", lambda dice: {"q": f"{dice.randrange(10**4):04}"}, _SEARCH_TARGET),
]


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Fill a database of each kind and ask both sides by turns."""
    # The server that comes along has no trigram index: another one may be named, to compare with it.
    server = Postgres(os.environ.get("FREEQUOTE_BENCH_POSTGRES_URL", server.url))
    for kind in options.kinds:
        with arena(kind, server) as place:
            asyncio.run(_measure(report, options, kind, place.empty()))


async def _measure(report: Report, options: Options, kind: str, ground: Ground) -> None:
    database = Database(ground.url)
    await migrating.upgrade(database)
    now = datetime.now(UTC)
    await ensure_default(database, now)
    keyring = await open_keyring(database, DeploymentKeys([os.urandom(32)]), now)
    trigrams = await _prepare(database)
    crowd = await asyncio.to_thread(_fill, ground, keyring, options.leads, now)
    async with database.connect() as connection:
        for statement in plain_indexes(connection.dialect, trigrams=trigrams):
            await connection.execute(text(statement))
        await connection.commit()
    if not trigrams:
        report.note(f"{kind}: no trigram index here; the plain search reads the whole table")
    asker = _Asker(database, keyring, crowd)
    cases = [*_LISTS, *_SEARCHES] if trigrams else _LISTS
    for number in range(_RUNS + _WARMING):
        for case in [*_LISTS, *_SEARCHES]:
            await _ask(asker, case, with_plain=case in cases, counts=number >= _WARMING)
    await _report(report, kind, cases)
    await _details(report, kind, asker)
    await whole.measure(report, kind, database, keyring)
    await database.dispose()


async def _prepare(database: Database) -> bool:
    """Make the plain table; say whether there can be a trigram index."""
    async with database.connect() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.commit()
        if connection.dialect.name == "sqlite":
            return True
        asked = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
        return bool(await connection.scalar(asked))


def _fill(ground: Ground, keyring: Keyring, leads: int, now: datetime) -> Crowd:
    with store(ground.url, careless=True) as opened:
        crowd = Crowd(keyring, opened.dialect, leads, now)
        for first in range(0, leads + 1, _CHUNK):
            opened.write(TABLES, crowd.rows(max(first, 1), _CHUNK if first else _CHUNK - 1))
            if first % _TELLING == 0:
                print(f"... {first:,} leads are there", flush=True)
        opened.finish()
    return crowd


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks a page of sealed leads, and the same of the plain table."""

    database: Database
    keyring: Keyring
    crowd: Crowd

    async def ours(self, wanted: dict[str, Any]) -> int:
        """Ask the product."""
        wanted = {**wanted}
        depth = wanted.pop("depth", None)
        cursor = write_cursor(*self._place(depth)) if depth else None
        filters = LeadFilters.model_validate(wanted)
        page = await service.list_leads(self.database, self.keyring, filters, cursor=cursor, limit=_PAGE)
        return len(page.items)

    async def plain(self, wanted: dict[str, Any]) -> int:
        """Ask the plain table."""
        async with self.database.read() as session:
            rows = (await session.execute(self._query(wanted))).mappings().all()
        return len([LeadSummary.model_validate({**row, "form": row["form_key"]}) for row in rows[:_PAGE]])

    def person(self, number: int) -> dict[str, Any]:
        """Return who has a number."""
        return self.crowd._person(number)  # noqa: SLF001 - the same package

    def _place(self, depth: float) -> tuple[str, int]:
        number = int(self.crowd.size * (1 - depth))
        moment: datetime = self.crowd._facts(number)["received_at"]  # noqa: SLF001 - the same package
        return moment.isoformat(), number

    def _query(self, wanted: dict[str, Any]) -> Select[Any]:
        wanted = {"held": False, "test": False, "sort": "-received_at", **wanted}
        moment = PLAIN.c.updated_at if wanted["sort"] == "-updated_at" else PLAIN.c.received_at
        order = [moment, PLAIN.c.no] if wanted["sort"] == "received_at" else [moment.desc(), PLAIN.c.no.desc()]
        return select(PLAIN).where(*self._conditions(wanted)).order_by(*order).limit(_PAGE + 1)

    def _conditions(self, wanted: dict[str, Any]) -> Sequence[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for name, value in wanted.items():
            if name in {"held", "test"}:
                found.append(PLAIN.c[name] if value else ~PLAIN.c[name])
            elif name == "unanswered":
                found.append(PLAIN.c.answered_at.is_(None))
            elif name == "depth":
                moment, number = self._place(value)
                found.append(tuple_(PLAIN.c.received_at, PLAIN.c.no) < tuple_(datetime.fromisoformat(moment), number))
            elif name == "tag":
                found.append(self._has_tag(value))
            elif name == "q":
                found.extend(self._has_word(word.lower()) for word in value.split())
            elif name != "sort":
                found.append(PLAIN.c[name].in_(value) if isinstance(value, list) else PLAIN.c[name] == value)
        return found

    def _has_tag(self, tag: str) -> ColumnElement[bool]:
        if self.database.is_sqlite:
            return func.json_extract(PLAIN.c.tags, "$[0]") == tag
        return PLAIN.c.tags.op("@>")(literal([tag], postgresql.JSONB))

    def _has_word(self, word: str) -> ColumnElement[bool]:
        if not self.database.is_sqlite:
            return PLAIN.c.words.like(f"%{word}%")
        index = table("plain_words", column("rowid"), column("plain_words"))
        return PLAIN.c.no.in_(select(index.c.rowid).where(index.c.plain_words.op("MATCH")(f'"{word}"')))


async def _ask(asker: _Asker, case: _Case, *, with_plain: bool, counts: bool) -> None:
    """Ask one question of both. All questions take turns, so that what the machine does meanwhile hits all alike."""
    wanted = case.filters(case.dice)
    if "email" in wanted:
        wanted = {"email": asker.person(case.dice.randrange(1, asker.crowd.size))["email"]}
    ours, count = await timed(asker.ours(wanted))
    plain, expected = await timed(asker.plain(wanted)) if with_plain else (0.0, count)
    if count != expected and "never" not in case.title:
        print(f"    {case.title}: {count} and {expected} differ for {wanted}")
    if counts:
        case.ours.append(ours)
        case.plain.append(plain)


async def _report(report: Report, kind: str, compared: Sequence[_Case]) -> None:
    for case in [*_LISTS, *_SEARCHES]:
        report.add(f"{kind}: {case.title}", "ms", case.ours)
        p95 = sorted(case.ours)[int(len(case.ours) * 0.95)]
        if case in _SEARCHES:
            report.add("    p95", "ms", [p95], _P95_MS[kind])
        if case in compared:
            report.add("    on a plain table", "ms", case.plain)
            report.ratio(f"{kind}: {case.title}/plain", case.ours, case.plain, case.target)
    report.ratio(f"{kind}: depth {_DEPTH:.0%}/first page", _LISTS[1].ours, _LISTS[0].ours, _DEPTH_TARGET)
    for case in [*_LISTS, *_SEARCHES]:
        case.ours.clear()
        case.plain.clear()
        case.dice.seed(case.title)


async def _details(report: Report, kind: str, asker: _Asker) -> None:
    async with asker.database.read() as session:
        query = select(PLAIN.c.reference).order_by(PLAIN.c.no.desc()).limit(_RUNS)
        references = list(await session.scalars(query))
    taken, bare = [], []
    for reference in references:
        taken.append((await timed(service.show(asker.database, asker.keyring, reference)))[0])
        bare.append((await timed(_row(asker.database, reference)))[0])
    report.add(f"{kind}: detail, with consents, relatives and deliveries", "ms", taken)
    report.add("    one row of a plain table, without any of these", "ms", bare)


async def _row(database: Database, reference: str) -> None:
    async with database.read() as session:
        (await session.execute(select(PLAIN).where(PLAIN.c.reference == reference))).one()
