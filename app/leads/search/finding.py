"""Search over sealed data: tokens say which leads may fit, opening them says which do.

Tokens stand by epochs of 8,192 leads. A search walks the epochs, newest or oldest first, in one statement until enough
is found. It opens a bounded number of leads a page, then hands out a cursor. Leads come in the order of their arrival.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import FieldProblem, InvalidRequest
from app.ids import read_reference
from app.leads.documents import Part
from app.leads.models import Lead
from app.leads.queries import LISTED_WITH_KEY, Listed, conditions, has_tag
from app.leads.schemas import LeadFilters, Sort
from app.leads.search import queries
from app.leads.search.queries import Tokens
from app.leads.search.terms import Person, Term
from app.leads.showing import opened
from app.paging import number_in, read_cursor, write_cursor
from app.sealing.keyring import Keyring

_MOST_OPENED = 2_000
_MOST_PASSED = 10_000
"""How many leads that a clear column rules out a page passes over."""
_MOST_PROBED = 6_000
"""How many leads of the rarest term a page looks up the other terms for."""
_FEW = 160
"""Leads of the two epochs counted that have the rarest term: so few are looked up one by one for the other terms."""
_ALL_EPOCHS = 1 << 31
_LONGEST_STRETCH = 512
"""So many epochs, four million leads, one statement walks: some milliseconds."""
_BATCH = 500
_MOST_TERMS = 4
"""So many terms are looked up by token; the others are judged when a lead is open."""

Hit = tuple[Listed, Part]


@dataclass(slots=True)
class _Walk:
    """How far a search has come."""

    tokens: Sequence[Tokens]
    """Of each term, the rarest first; without any, every lead may fit."""
    way: queries.Way
    place: int | None
    """Leads up to this one, and this one too, lie behind; None: it has not begun."""
    reach: int = _ALL_EPOCHS
    """How many epochs it may still look into."""
    is_over: bool = False

    async def next(self, session: AsyncSession, count: int, wanted: Sequence[ColumnElement[bool]]) -> queries.Stretch:
        """Look at the next leads that may fit, so many at most, and go on behind them."""
        if self.tokens:
            epochs = min(self.reach, _LONGEST_STRETCH)
            stretch = await queries.walk(session, self.tokens, self.place, epochs, count, self.way, wanted)
        else:
            stretch = await queries.arrived(session, self.place, count, self.way, wanted)
        self.place, self.is_over = stretch.place, stretch.is_last
        self.reach -= stretch.epochs
        return stretch


async def find(
    session: AsyncSession,
    keyring: Keyring,
    terms: Sequence[Term],
    filters: LeadFilters,
    forms: Sequence[str],
    *,
    cursor: str | None,
    limit: int,
    by_words: bool = True,
) -> tuple[list[Hit], str | None]:
    """Return the leads of one page, opened, and the cursor behind them. A page may be short, or empty, and yet go on.

    Not `by_words`, a `q` that reads as a reference is looked for as nothing else: a name may read as one, too.

    Errors: `InvalidRequest` for a cursor of another list, and for an order that a search does not keep.
    """
    if filters.sort is Sort.LATEST_CHANGE:
        raise InvalidRequest([FieldProblem("/query/sort", "not-with-search", "A search is sorted by time of arrival.")])
    wanted = [*conditions(filters, forms), *([has_tag(filters.tag)] if filters.tag else [])]
    named = await _by_reference(session, keyring, filters.q, wanted)
    if named or (not by_words and read_reference(filters.q or "") is not None):
        return named, None
    walk = await _begin(session, keyring, terms, cursor, is_upward=filters.sort is Sort.OLDEST)
    hits = await _walk_on(session, keyring, walk, terms, wanted, limit)
    if len(hits) > limit:
        return hits[:limit], write_cursor(hits[limit - 1][0].no)
    return hits, None if walk.is_over or walk.place is None else write_cursor(walk.place)


async def _by_reference(
    session: AsyncSession, keyring: Keyring, text: str | None, wanted: Sequence[ColumnElement[bool]]
) -> list[Hit]:
    reference = read_reference(text or "")
    if reference is None:
        return []
    rows = await session.execute(LISTED_WITH_KEY.where(Lead.__table__.c.reference == reference, *wanted))
    return [(row, opened(keyring, row, row.wrapped)) for row in rows]


async def _begin(
    session: AsyncSession, keyring: Keyring, terms: Sequence[Term], cursor: str | None, *, is_upward: bool
) -> _Walk:
    """Return a walk that begins where the page before ended; with several terms it goes by the rarest."""
    place = None if cursor is None else number_in(read_cursor(cursor, int)[0])
    tokens: list[Tokens] = [
        keyring.tokens.of_all(values) for values in dict.fromkeys(term.values for term in terms) if values
    ]
    if len(tokens) <= 1:
        return _Walk(tokens, queries.Way(is_upward), place)
    counts = await queries.count_tokens(session, {token for some in tokens for token in some})
    tokens.sort(key=lambda some: sum(counts.get(token, 0) for token in some))
    rarest = sum(counts.get(token, 0) for token in tokens[0])
    way = queries.Way(is_upward, one_by_one=rarest < _FEW)
    return _Walk(tokens[:_MOST_TERMS], way, place, max(1, _MOST_PROBED * 2 // max(rarest, 1)))


async def _walk_on(
    session: AsyncSession,
    keyring: Keyring,
    walk: _Walk,
    terms: Sequence[Term],
    wanted: Sequence[ColumnElement[bool]],
    limit: int,
) -> list[Hit]:
    """Walk until one more than `limit` is found, all is seen, or the page has looked at enough."""
    hits: list[Hit] = []
    looked_at = passed = 0
    while not walk.is_over and walk.reach > 0 and looked_at < _MOST_OPENED and passed < _MOST_PASSED:
        # As many as it takes if they go on to fit as often as until now.
        batch = min((limit + 1 - len(hits)) * (looked_at + passed + 1) // (len(hits) + 1), _BATCH)
        stretch = await walk.next(session, batch, wanted)
        looked_at += len(stretch.leads)
        passed += stretch.passed
        for row in stretch.leads:
            part = opened(keyring, row, row.wrapped)
            person = Person(part)
            if all(term.fits(person) for term in terms):
                hits.append((row, part))
            if len(hits) > limit:
                return hits
    return hits
