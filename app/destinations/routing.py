"""Who is told of an event: one decision for each destination, from what is known when it is promised."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from app.destinations.enquirers import ENQUIRER
from app.destinations.formats import FORMATS
from app.destinations.formats.format import CREATED
from app.destinations.shapes import ERASED


class Way(StrEnum):
    """What becomes of an event for one destination."""

    TOLD = "told"
    WITHHELD = "withheld"
    """It ought to be told and must not or cannot be; that is on record."""
    PASSED_OVER = "passed-over"
    """It did not ask for such events."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides who is told."""

    event: str
    form: str
    country: str | None
    language: str | None
    condition: str | None
    """The condition's code, if what the visitor wrote is in the catalogue."""
    status: str | None
    test: bool
    shared_with: Collection[str]
    """The recipients that the enquirer agreed to share with."""


class Rule(Protocol):
    """What a destination says about what it takes; an `app.destinations.models.Destination`."""

    kind: Any
    format: Any
    forms: Any
    recipient: Any
    takes: Any


NOT_SHARED = "the enquirer did not agree to share with this recipient"
BY_HAND = "this format cannot tell of an erasure: delete the lead there by hand"
_TOLD = (Way.TOLD, None)
Decision = tuple[Way, str | None]


def route(rule: Rule, facts: Facts) -> Decision:
    """Decide whether a destination is told, and if not, say why in words that staff understand.

    An erasure reaches whoever was told before, whatever they take now. A test was aimed at its destination.
    """
    if rule.kind == ENQUIRER and facts.event != CREATED:
        return Way.PASSED_OVER, "enquirers hear only that their request arrived"
    takes: Mapping[str, Collection[str]] = rule.takes or {}
    events = takes.get("events") or FORMATS[rule.format].usual
    if facts.event == ERASED:
        return _TOLD if ERASED in events or ERASED in FORMATS[rule.format].usual else (Way.WITHHELD, BY_HAND)
    passed = None if facts.test else _passed_over(rule, takes, events, facts)
    if passed is not None:
        return Way.PASSED_OVER, passed
    if rule.recipient is not None and rule.recipient not in facts.shared_with:
        return Way.WITHHELD, NOT_SHARED
    return _TOLD


def _passed_over(rule: Rule, takes: Mapping[str, Collection[str]], events: Collection[str], facts: Facts) -> str | None:
    if rule.forms and facts.form not in rule.forms:
        return "it serves other forms"
    if facts.event not in events:
        return "it does not take events of this type"
    if not takes:
        return None
    for name, value, words in (
        ("countries", facts.country, "it takes other countries"),
        ("conditions", facts.condition, "it takes other conditions"),
        ("statuses", facts.status, "it takes other statuses"),
    ):
        wanted = takes.get(name)
        if wanted and value not in wanted:
            return words
    languages = takes.get("languages")
    return "it takes other languages" if languages and not _speaks(languages, facts.language) else None


def _speaks(languages: Collection[str], language: str | None) -> bool:
    """Say whether a language is among some: `es` takes `es-MX`, too."""
    return language is not None and any(language == one or language.startswith(f"{one}-") for one in languages)
