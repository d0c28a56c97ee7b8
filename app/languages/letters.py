"""What letters to enquirers say, and the fixed words of letters to staff, in every language that we speak."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).with_name("letters.toml")
_STAFF_FILE = Path(__file__).with_name("staff_letters.toml")
_RIGHT_TO_LEFT = frozenset({"ar", "he"})
_DEFAULT = "en"


@lru_cache(maxsize=1)
def letter_texts() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences by language and name; `{reference}`, `{form}` and `{address}` are to be filled in."""
    return _read(_FILE)


@lru_cache(maxsize=1)
def staff_words() -> Mapping[str, Mapping[str, str]]:
    """Return headlines, labels and notices by language and name; a field's label goes by the field's name."""
    return _read(_STAFF_FILE)


def _read(file: Path) -> Mapping[str, Mapping[str, str]]:
    listed = tomllib.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({language: MappingProxyType(texts) for language, texts in listed.items()})


def letter_language(wanted: Sequence[str | None]) -> str:
    """Return the first wanted language (BCP 47, the rarer parts aside) that letters are written in, else English."""
    spoken = (tag.partition("-")[0] for tag in wanted if tag)
    return next((language for language in spoken if language in letter_texts()), _DEFAULT)


def direction(language: str) -> str:
    """Return which way a language runs: `ltr` or `rtl`."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def isolated(text: str, language: str) -> str:
    """Keep a text that runs the other way from drawing its neighbours along (Unicode's first-strong isolate)."""
    return f"\u2068{text}\u2069" if direction(language) == "rtl" else text
