"""What a lead can be found by: the words, addresses and numbers that become keyed tokens."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

EPOCH_BITS = 11
"""Leads of one epoch: 2,048. Tokens of new leads land on the newest leaves of the index."""
_PREFIXES = (2, 3, 5)
_PHONE_TAILS = (4, 7)
_SPELLED_OUT = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "ı": "i", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
)
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_IDEOGRAPHS = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"))


def epoch_of(lead_no: int) -> int:
    """Return the epoch that a lead's tokens stand in."""
    return lead_no >> EPOCH_BITS


def mail_of(address: str) -> tuple[str, str]:
    """Name an exact e-mail address, however its letters were cased."""
    return "mail", address.casefold()


def phone_of(number: str) -> tuple[str, str]:
    """Name an exact phone number by its digits."""
    return "phone", digits_of(number)


def digits_of(text: str) -> str:
    """Return the decimal digits of a text in any script, as 0-9."""
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdecimal())


def fold(text: str) -> str:
    """Return a text without case, accents, marks and apostrophes, for comparing."""
    plain = text.casefold().translate(_SPELLED_OUT).translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_SPELLED_OUT)


def words_of(text: str) -> list[str]:
    """Split a name into folded words. `O'Brien` gives `obrien` and `brien`; `Ana-María` gives both halves."""
    found = []
    for part in text.casefold().split():
        found.extend(_words(fold(part)))
        for mark in "'’ʼ":
            if mark in part:
                found.extend(_words(fold(part.rpartition(mark)[2])))
    return found


def values_of(person: Mapping[str, Any], inquiry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield kind and value of everything that finds a lead; the same value may come twice."""
    yield from _word_values(person["name"])
    if person.get("email"):
        yield mail_of(person["email"])
        local, _, domain = person["email"].rpartition("@")
        yield from _word_values(local.replace(".", " ").replace("_", " ").replace("+", " "))
        for label in domain.casefold().split("."):
            yield "domain", label
    if person.get("phone"):
        yield phone_of(person["phone"])
        for tail in _PHONE_TAILS:
            yield f"phone-{tail}", digits_of(person["phone"])[-tail:]
    if inquiry.get("condition_code"):
        yield "condition", inquiry["condition_code"]


def _word_values(text: str) -> Iterator[tuple[str, str]]:
    for word in words_of(text):
        yield "word", word
        if _ideographic(word):
            yield from (("prefix-1", letter) for letter in word)
            yield from (("prefix-2", word[place : place + 2]) for place in range(len(word) - 1))
        else:
            yield from ((f"prefix-{size}", word[:size]) for size in _PREFIXES if len(word) >= size)


def _words(folded: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in folded).split()


def _ideographic(word: str) -> bool:
    return any(first <= letter <= last for letter in word for first, last in _IDEOGRAPHS)
