"""No way up: whatever a key makes may do no more than the key itself, over every combination."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import combinations, product
from typing import TypeVar

from app.access.errors import MoreThanItsMaker
from app.access.handing_on import check_handed_on
from app.access.principals import Principal
from app.access.scopes import Scope
from app.destinations.service import hand_on
from app.destinations.shapes import Include
from app.ids import new_id
from tests.support.clock import FakeClock

FORMS = ("clinic-de", "clinic-es", "clinic-pt")
NEEDED = {
    Include.REFERENCE: set(),
    Include.CONTACT: {Scope.LEADS_CONTACT},
    Include.FULL: {Scope.LEADS_CONTACT, Scope.LEADS_EXPORT},
}
"""What the contract says that a destination's share needs of the key that makes it."""
Part = TypeVar("Part")


def _subsets(parts: Iterable[Part]) -> Iterator[set[Part]]:
    every = list(parts)
    for size in range(len(every) + 1):
        yield from (set(some) for some in combinations(every, size))


def _maker(scopes: set[Scope], forms: set[str] | None = None, lasts: timedelta | None = None) -> Principal:
    expires_at = FakeClock().now() + lasts if lasts else None
    return Principal(new_id(), "Maker", frozenset(scopes), frozenset(forms or ()), expires_at)


def _mints(maker: Principal, scopes: set[Scope], forms: set[str] | None = None, lasts: timedelta | None = None) -> bool:
    expires_at = FakeClock().now() + lasts if lasts else None
    try:
        check_handed_on(maker, scopes, sorted(forms or ()), expires_at)
    except MoreThanItsMaker:
        return False
    return True


def _makes_destination(maker: Principal, include: Include, forms: set[str]) -> bool:
    try:
        hand_on(maker, include, sorted(forms))
    except MoreThanItsMaker:
        return False
    return True


def _within(wanted: set[str], held: set[str]) -> bool:
    """Say whether some forms are among those held; to name none means all of them."""
    return not held or (bool(wanted) and wanted <= held)


def test_of_every_set_of_scopes_exactly_those_held_are_handed_on() -> None:
    for held in _subsets(Scope):
        maker = _maker(held)
        assert {scope for scope in Scope if _mints(maker, {scope})} == held
        assert _mints(maker, held)
        assert _mints(maker, set(Scope)) == (held == set(Scope))


def test_of_every_set_of_forms_only_those_seen_are_handed_on() -> None:
    for held, wanted in product(_subsets(FORMS), repeat=2):
        maker = _maker({Scope.LEADS_READ}, held)
        assert _mints(maker, {Scope.LEADS_READ}, wanted) == _within(wanted, held), (held, wanted)


def test_nothing_that_is_made_outlives_its_maker() -> None:
    lasting = [None, timedelta(hours=1), timedelta(days=1)]
    for held, wanted in product(lasting, repeat=2):
        maker = _maker({Scope.LEADS_READ}, lasts=held)
        fits = held is None or (wanted is not None and wanted <= held)
        assert _mints(maker, {Scope.LEADS_READ}, lasts=wanted) == fits, (held, wanted)


def test_a_destination_sees_no_more_than_its_maker_whatever_is_combined() -> None:
    everything = _subsets((Scope.LEADS_CONTACT, Scope.LEADS_EXPORT, Scope.LEADS_READ))
    for scopes, held, include, wanted in product(everything, _subsets(FORMS), Include, _subsets(FORMS)):
        maker = _maker({Scope.SETUP_WRITE, *scopes}, held)
        fits = NEEDED[include] <= scopes and _within(wanted, held)
        assert _makes_destination(maker, include, wanted) == fits, (scopes, held, include, wanted)
