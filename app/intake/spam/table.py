"""The table of signs: how much each weighs, and the words that some of them are known by."""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_READ: dict[str, Any] = tomllib.loads(Path(__file__).with_name("table.toml").read_text(encoding="utf-8"))
# Latin letters with accents, and accents of their own: other scripts keep theirs.
_ACCENTED = re.compile(r"[\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff]")
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


_PLAIN = {
    letter: "" if unicodedata.combining(letter) else unicodedata.normalize("NFD", letter)[0]
    for letter in map(chr, (*range(0x00C0, 0x0250), *range(0x0300, 0x0370), *range(0x1E00, 0x1F00)))
}


class Phrase(NamedTuple):
    """Words that a pitch is known by."""

    sign: str
    meaning: int
    """The same for all spellings of one phrase."""
    text: str
    """Folded, with a blank before it, so that it begins where a word does; without one behind, its end is open."""


def fold(text: str) -> str:
    """Return a text in small letters without accents, as the table's words are compared."""
    small = text.casefold()
    return small if small.isascii() else _ACCENTED.sub(_plain, small)


def _plain(letter: re.Match[str]) -> str:
    return _PLAIN[letter[0]]


def has_unparted_words(folded: str) -> bool:
    """Say whether a text has words that no blanks part, as Chinese, Japanese and Thai have."""
    return _WITHOUT_BLANKS.search(folded) is not None


def _phrases() -> Iterator[Phrase]:
    meanings = ((sign, spellings) for sign, listed in _READ["pitches"].items() for spellings in listed)
    for meaning, (sign, spellings) in enumerate(meanings):
        yield from (Phrase(sign, meaning, fold(text)) for text in spellings.split(" | "))


def _by_rarest_word() -> Mapping[str, tuple[Phrase, ...]]:
    """Return the phrases by one word that stands whole in each: few texts have any of them."""
    found = defaultdict(list)
    for phrase in _PARTED:
        *others, last = phrase.text.split()
        rare = [word for word in others if word not in _COMMON]
        # Behind a rare word the last one may have an ending; else it must stand as it is.
        end = "" if rare else " "
        found[max(rare or [last], key=len)].append(phrase._replace(text=f" {phrase.text}{end}"))
    return {word: tuple(phrases) for word, phrases in found.items()}


THRESHOLD: int = _READ["threshold"]
"""From this weight on a lead is held."""
WEIGHTS: Mapping[str, int] = _READ["weights"]
"""How much each sign weighs, by its stable code."""
_COMMON = frozenset(map(fold, _READ["words"]["common"]))
_PARTED = [phrase for phrase in _phrases() if not has_unparted_words(phrase.text)]
PHRASES = _by_rarest_word()
UNPARTED = tuple(phrase for phrase in _phrases() if has_unparted_words(phrase.text))
"""Phrases of languages that part no words by blanks."""
SHARING = frozenset(_READ["links"]["sharing"])
"""Hosts where people share files."""
ENDINGS: tuple[str, ...] = tuple(_READ["links"]["endings"])
