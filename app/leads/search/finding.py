"""Search over sealed data: tokens say which leads may fit, opening them says which do.

Tokens stand by epochs of 8,192 leads. A search walks the epochs, newest or oldest first, a short stretch and then as
long ones as it needs, so that a frequent word is found at once and a rare one in two steps. It opens a bounded number
of leads a page, then hands out a cursor. Leads come in the order of their arrival.
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
from app.leads.tokens import EPOCH_BITS, epoch_of
from app.paging import number_in, read_cursor, write_cursor
from app.sealing.keyring import Keyring

_MOST_OPENED = 2_000
_MOST_PASSED = 10_000
"""How many leads that a clear column rules out a page passes over."""
_MOST_PROBED = 6_000
"""How many leads of the rarest term a page looks up the other terms for."""
_SAMPLES = 2
"""In so many epochs terms are counted, to begin with the rarest."""
_FEW = 80
"""Leads of an epoch that have the rarest term: so few are looked up one by one for the other terms."""
_FIRST_STRETCH = 1
_LONGEST_STRETCH = 128
_BATCH = 500
_MOST_TERMS = 4
"""So many terms are looked up by token; the others are judged when a lead is open."""

Hit = tuple[Listed, Part]


@dataclass(slots=True)
class _Walk:
    """How far a search has come; leads up to `place`, and that one too, lie behind it."""

    place: int
    top: int
    """The newest lead's epoch."""
    is_upward: bool
    reach: int
    """How many epochs it may still walk."""
    width: int
    """How many of them at a time."""
    is_over: bool
    has_few: bool = True
    """Whether few leads have the rarest term."""
    seen: int = 0
    """How many epochs it has walked."""

    def stretch(self) -> tuple[int, int]:
        """Return the lowest and the highest epoch to look at next."""
        width = min(self.width, self.reach)
        if self.is_upward:
            lowest = epoch_of(self.place + 1)
            return lowest, min(self.top, lowest + width - 1)
        highest = epoch_of(self.place - 1)
        return max(0, highest - width + 1), highest

    def leave(self, lowest: int, highest: int, found: int, needed: int) -> None:
        """Go on behind a stretch that holds nothing more; the next is twice as long as should do."""
        self.reach -= highest - lowest + 1
        self.seen += highest - lowest + 1
        wanted = 2 * needed * self.seen // found if found else _LONGEST_STRETCH
        self.width = max(_FIRST_STRETCH, min(wanted, _LONGEST_STRETCH))
        self.place = (highest + 1 << EPOCH_BITS) - 1 if self.is_upward else lowest << EPOCH_BITS
        self.is_over = highest >= self.top if self.is_upward else lowest == 0


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
    tokens, walk = await _begin(session, keyring, terms, cursor, is_upward=filters.sort is Sort.OLDEST)
    hits = await _walk_on(session, keyring, walk, tokens, terms, wanted, limit)
    if len(hits) > limit:
        return hits[:limit], write_cursor(hits[limit - 1][0].no)
    return hits, None if walk.is_over else write_cursor(walk.place)


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
) -> tuple[list[Tokens], _Walk]:
    """Return the tokens of each term, the rarest term first, and where the walk begins."""
    newest = await queries.newest(session)
    place = (0 if is_upward else newest + 1) if cursor is None else number_in(read_cursor(cursor, int)[0])
    top = epoch_of(newest)
    tokens: list[Tokens] = [
        keyring.tokens.of_all(values) for values in dict.fromkeys(term.values for term in terms) if values
    ]
    reach, rarest = top + 1, 0
    if len(tokens) > 1:
        samples = {max(0, top * part // _SAMPLES - 1) for part in range(1, _SAMPLES + 1)}
        counts = await queries.count_tokens(session, samples, {token for some in tokens for token in some})
        tokens.sort(key=lambda some: sum(counts.get(token, 0) for token in some))
        rarest = sum(counts.get(token, 0) for token in tokens[0])
        reach = max(_FIRST_STRETCH, _MOST_PROBED * _SAMPLES // max(rarest, 1))
    # Hardly anybody shares a whole address or number: a short stretch would only be one query more.
    width = _LONGEST_STRETCH if any(term.is_rare for term in terms) else _FIRST_STRETCH
    ended = place >= newest if is_upward else place <= 1
    walk = _Walk(min(place, newest + 1), top, is_upward, reach, width, ended, has_few=rarest < _FEW * _SAMPLES)
    return tokens[:_MOST_TERMS], walk


async def _walk_on(
    session: AsyncSession,
    keyring: Keyring,
    walk: _Walk,
    tokens: Sequence[Tokens],
    terms: Sequence[Term],
    wanted: Sequence[ColumnElement[bool]],
    limit: int,
) -> list[Hit]:
    """Walk until one more than `limit` is found, all is seen, or the page has looked at enough."""
    hits: list[Hit] = []
    looked_at = passed = 0
    while not walk.is_over and walk.reach > 0 and looked_at < _MOST_OPENED and passed < _MOST_PASSED:
        lowest, highest = walk.stretch()
        # As many as it takes if they go on to fit as often as until now.
        batch = min((limit + 1 - len(hits)) * (looked_at + passed + 1) // (len(hits) + 1), _BATCH)
        numbers = await _numbers(session, walk, tokens, (lowest, highest), batch)
        rows = await queries.leads(session, numbers, wanted)
        for number in numbers:
            walk.place = number
            row = rows.get(number)
            if row is None:
                passed += 1
                continue
            looked_at += 1
            part = opened(keyring, row, row.wrapped)
            person = Person(part)
            if all(term.fits(person) for term in terms):
                hits.append((row, part))
            if len(hits) > limit:
                return hits
        if len(numbers) < batch:
            walk.leave(lowest, highest, len(hits), limit + 1 - len(hits))
    return hits


async def _numbers(
    session: AsyncSession, walk: _Walk, tokens: Sequence[Tokens], epochs: tuple[int, int], count: int
) -> list[int]:
    """Return the next leads of a stretch that have every token; where there is none to go by, the next of all."""
    if tokens:
        way = queries.Way(is_upward=walk.is_upward, one_by_one=walk.has_few)
        return await queries.numbers(session, tokens, epochs, walk.place, count, way)
    lowest, highest = epochs[0] << EPOCH_BITS, (epochs[1] + 1 << EPOCH_BITS) - 1
    return await queries.arrived(session, lowest, highest, walk.place, count, is_upward=walk.is_upward)
