"""What a search asks for: each term names the tokens that lead to it, and judges an opened lead."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from app.access.principals import Principal
from app.ids import read_reference
from app.languages.catalogue import condition_code
from app.leads.errors import SearchNeedsContact
from app.leads.masking import sees_contact
from app.leads.schemas import LeadFilters
from app.leads.tokens import (
    PHONE_TAILS,
    digits_of,
    folded,
    is_ideographic,
    longest_prefix,
    longest_tail,
    mail_of,
    mail_words,
    phone_of,
    words_of,
)

_IN_NUMBERS = frozenset("+-()./–")
Value = tuple[str, str]
"""Kind and value of a token."""


class Person:
    """An opened person, taken apart as terms look at it; what no term asks for is left as it is."""

    def __init__(self, person: Mapping[str, Any]) -> None:
        self._person = person

    @cached_property
    def email(self) -> str:
        """The address in small letters; empty: there is none."""
        return (self._person.get("email") or "").casefold()

    @cached_property
    def domain(self) -> str:
        """What follows the @."""
        return self.email.rpartition("@")[2]

    @cached_property
    def labels(self) -> list[str]:
        """The parts of the domain without the last one: nobody who looks for `de la Cruz` means what ends in .de."""
        return self.domain.split(".")[:-1]

    @cached_property
    def words(self) -> set[str]:
        """The words of the name and of the address."""
        return {*words_of(self._person["name"]), *mail_words(self.email.rpartition("@")[0])}

    @cached_property
    def digits(self) -> str:
        """The digits of the phone number."""
        return digits_of(self._person.get("phone") or "")

    def begins(self, wanted: str) -> bool:
        """Say whether a word begins so; of a script that parts no words, whether one holds it."""
        if is_ideographic(wanted):
            return any(wanted in word for word in self.words)
        return any(word.startswith(wanted) for word in self.words)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a lead must have."""

    values: frozenset[Value]
    """Every lead that fits has a token of at least one of these; none: the index does not know."""
    fits: Callable[[Person], bool]


def check_looked_for(filters: LeadFilters, by: Principal | None) -> None:
    """Refuse to look for contact data on behalf of somebody who may not see it: `SearchNeedsContact`."""
    words = (filters.q or "").strip()
    exact = filters.email is not None or filters.phone is not None
    if not sees_contact(by) and (exact or (words and read_reference(words) is None)):
        raise SearchNeedsContact


def terms_of(filters: LeadFilters) -> list[Term]:
    """Return what a list is searched for; nothing where no filter looks into what is sealed."""
    exact = []
    if filters.email is not None:
        exact.append(mail_of(filters.email.strip()))
    if filters.phone is not None:
        exact.append(phone_of(digits_of(filters.phone).removeprefix("00")))
    if filters.condition is not None:
        exact.append(("condition", condition_code(filters.condition) or filters.condition.casefold()))
    return [*map(_exactly, exact), *_terms_in(filters.q or "")]


def _terms_in(text: str) -> Iterator[Term]:
    for is_number, parts in groupby(text.split(), _is_number):
        if is_number:
            yield _number(digits_of("".join(parts)))
            continue
        for part in parts:
            yield from _address(part.casefold()) if "@" in part else _word(part)


def _is_number(part: str) -> bool:
    return any(map(str.isdecimal, part)) and all(letter.isdecimal() or letter in _IN_NUMBERS for letter in part)


def _exactly(value: Value) -> Term:
    return Term(frozenset({value}), lambda _: True)


def _number(digits: str) -> Term:
    """Make a term of the end of a phone number, with or without the zero of national numbers.

    As few digits as a year may be the beginning of a word of a mail address as well.
    """
    national = digits.lstrip("0") or digits
    if len(digits) >= max(PHONE_TAILS):
        return Term(_all_known([longest_tail(digits)]), lambda person: person.digits.endswith((digits, national)))
    return Term(
        _all_known([longest_tail(digits), longest_prefix(digits)]),
        lambda person: person.digits.endswith((digits, national)) or person.begins(digits),
    )


def _word(part: str) -> Iterator[Term]:
    """Make a term of a word: spelled in one, or in its halves, or as the name of a mail's domain."""
    halves = folded(part)
    if not halves:
        return
    joined, domain = "".join(halves), part.casefold()

    def fits(person: Person) -> bool:
        if person.begins(joined) or all(map(person.begins, halves)):
            return True
        return domain in (person.domain if "." in domain else person.labels)

    label = next(label for label in domain.split(".") if label)
    spellings = [longest_prefix(joined), longest_prefix(max(halves, key=len)), ("domain", label)]
    yield Term(_all_known(spellings), fits)


def _address(part: str) -> Iterator[Term]:
    """Make terms of an e-mail address or its beginning: a word before the @, and the finished parts behind it."""
    local, _, domain = part.rpartition("@")
    words = mail_words(local)
    whole = mail_of(part)
    yield Term(
        frozenset({("word", max(words, key=len))} if words else ()),
        lambda person: part in person.email or (bool(person.email) and mail_of(person.email) == whole),
    )
    *finished, _ = domain.split(".")
    yield from (_exactly(("domain", label)) for label in finished if label)


def _all_known(values: Iterable[Value | None]) -> frozenset[Value]:
    """Return the values, or none of them if one is not known: a lead may fit by that one alone."""
    given = set(values)
    return frozenset() if None in given else frozenset(value for value in given if value)
