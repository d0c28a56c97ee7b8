"""The catalogue of conditions and treatments: stable codes for what people call them in many languages."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from app.languages.folding import fold

Kind = Literal["conditions", "treatments"]
_FILE = Path(__file__).with_name("catalogue.toml")
_BRACKETED = re.compile(r"(?P<name>[^()（）]+)[(（](?P<other>[^()（）]+)[)）]\s*")


def condition_code(text: str) -> str | None:
    """Return the code of a condition, `multiple-sclerosis` for `Esclerosis múltiple (EM)`; None if it is not listed."""
    return _code("conditions", text)


def treatment_code(text: str) -> str | None:
    """Return the code of a treatment, `mesenchymal-stem-cells` for `MSC`; None if it is not listed."""
    return _code("treatments", text)


@lru_cache(maxsize=1)
def catalogue() -> Mapping[Kind, Mapping[str, Mapping[str, tuple[str, ...]]]]:
    """Return the names of every code, by kind, code and language; the first of each is the one to show."""
    listed = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    kinds: tuple[Kind, ...] = ("conditions", "treatments")
    return MappingProxyType({kind: MappingProxyType(_frozen(listed[kind])) for kind in kinds})


def _frozen(entries: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Mapping[str, tuple[str, ...]]]:
    return {
        code: MappingProxyType({language: tuple(names) for language, names in by_language.items()})
        for code, by_language in entries.items()
    }


@lru_cache(maxsize=2)
def _by_name(kind: Kind) -> Mapping[str, str]:
    found = {fold(code): code for code in catalogue()[kind]}
    for code, by_language in catalogue()[kind].items():
        found.update({fold(name): code for names in by_language.values() for name in names})
    return found


def _code(kind: Kind, text: str) -> str | None:
    known = _by_name(kind)
    if whole := known.get(fold(text)):
        return whole
    match = _BRACKETED.fullmatch(text)
    if match is None:
        return None
    name, other = known.get(fold(match["name"])), known.get(fold(match["other"]))
    # What stands in brackets may add to the name, but must not speak against it.
    return name if other in {None, name} else None
