"""What a lead can be found by: the words, addresses and numbers that become keyed tokens."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import idna

from app.languages.folding import fold

EPOCH_BITS = 13
"""Leads of one epoch: 8,192. Tokens of new leads land on the newest leaves of the index: in smaller epochs on fewer of
them, in larger ones a search has fewer to ask."""
_PREFIXES = (2, 3, 5)
PHONE_TAILS = (4, 7)
_APOSTROPHES = "'’‘ʼ`´"
_MAIL_SEPARATORS = str.maketrans("._+", "   ")
_IDEOGRAPHS = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"))


def epoch_of(lead_no: int) -> int:
    """Return the epoch that a lead's tokens stand in."""
    return lead_no >> EPOCH_BITS


def mail_of(address: str) -> tuple[str, str]:
    """Name an exact e-mail address, however its letters were cased and its domain was spelled (IDNA)."""
    local, _, domain = address.casefold().rpartition("@")
    with suppress(idna.IDNAError):
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    return "mail", f"{local}@{domain}"


def phone_of(number: str) -> tuple[str, str]:
    """Name an exact phone number by its digits."""
    return "phone", digits_of(number)


def digits_of(text: str) -> str:
    """Return the decimal digits of a text in any script, as 0-9."""
    if text.isascii():
        return "".join(filter(str.isdecimal, text))
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdecimal())


def words_of(text: str) -> list[str]:
    """Split a name into folded words: `O'Brien` gives `obrien` and `brien`, `Ana-María` both halves and `anamaria`.

    The parts of a name that is written in ideographs stand without a space as well, as most people write it.
    """
    found: list[str] = []
    for part in text.casefold().split():
        # Most words are as plain as folding would make them.
        if part.isascii() and part.isalnum():
            found.append(part)
            continue
        halves = folded(part)
        found.extend(halves)
        if len(halves) > 1:
            found.append("".join(halves))
        for mark in _APOSTROPHES:
            if mark in part:
                found.extend(folded(part.rpartition(mark)[2]))
    if not text.isascii() and len(found) > 1 and all(map(is_ideographic, found)):
        found.append("".join(found))
    return found


def folded(text: str) -> list[str]:
    """Return the folded words of a text; Korean in its syllables, which folding takes apart."""
    plain = fold(text)
    return (plain if plain.isascii() else unicodedata.normalize("NFC", plain)).split()


def mail_words(local: str) -> list[str]:
    """Return the words of what stands before the @."""
    return words_of(local.translate(_MAIL_SEPARATORS))


def values_of(person: Mapping[str, Any], inquiry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield kind and value of everything that finds a lead; the same value may come twice."""
    yield from _word_values(words_of(person["name"]))
    if person.get("email"):
        yield mail_of(person["email"])
        local, _, domain = person["email"].rpartition("@")
        yield from _word_values(mail_words(local))
        for label in domain.casefold().split("."):
            yield "domain", label
    if person.get("phone"):
        _, digits = whole = phone_of(person["phone"])
        yield whole
        for tail in PHONE_TAILS:
            yield f"phone-{tail}", digits[-tail:]
    if inquiry.get("condition_code"):
        yield "condition", inquiry["condition_code"]


def _word_values(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        yield "word", word
        if is_ideographic(word):
            yield from (("prefix-1", letter) for letter in word)
            yield from (("prefix-2", word[place : place + 2]) for place in range(len(word) - 1))
        else:
            yield from ((f"prefix-{size}", word[:size]) for size in _PREFIXES if len(word) >= size)


def longest_prefix(word: str) -> tuple[str, str] | None:
    """Name the longest part of a word's beginning that leads are found by; None: a single letter is none."""
    if is_ideographic(word):
        return ("prefix-2", word[:2]) if len(word) > 1 else ("prefix-1", word)
    size = max((size for size in _PREFIXES if len(word) >= size), default=0)
    return (f"prefix-{size}", word[:size]) if size else None


def longest_tail(digits: str) -> tuple[str, str] | None:
    """Name the longest end of a phone number that leads are found by; None if there are too few digits."""
    size = max((size for size in PHONE_TAILS if len(digits) >= size), default=0)
    return (f"phone-{size}", digits[-size:]) if size else None


def is_ideographic(word: str) -> bool:
    """Say whether a word is of a script that parts no words: it is then found by any of its letters."""
    return not word.isascii() and any(first <= letter <= last for letter in word for first, last in _IDEOGRAPHS)
