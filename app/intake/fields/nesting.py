"""Forms are flat, JSON is nested: here a form's fields take the shape that they have in JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import FieldProblem
from app.intake.fields.encoded import Pair
from app.intake.fields.pointer import pointer_to
from app.intake.fields.rules import ATTRIBUTION, BUDGET, CONSENTS, KNOWN_FIELDS

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "consent": CONSENTS,
    "budget": BUDGET,
    "attribution": ATTRIBUTION,
}
_PLACES: Mapping[str, tuple[str, ...]] = {
    f"{group}{mark}{member}": (group, member)
    for group, members in _GROUPS.items()
    for member in members
    for mark in "._"
}
_LISTS = {("consent", "sharing"), ("destination_countries",)}
# A hidden `off` before a checkbox is how many sites send an empty tick: the later one counts.
_TICKS = {("consent", name) for name in ("privacy", "health_data", "marketing")}
# Where a visitor came from is set by scripts, sometimes twice. Nobody who is ill should be turned away for that.
_FIRST_COUNTS = {"attribution", *ATTRIBUTION}


@dataclass(frozen=True, slots=True)
class Nested:
    """A form's fields in the shape of JSON, and what is wrong with single ones."""

    fields: dict[str, Any]
    problems: list[FieldProblem]


def nest(pairs: Iterable[Pair]) -> Nested:
    """Put a form's fields where JSON has them. Empty ones count as absent; of unknown ones repeats make a list."""
    gathered: dict[tuple[str, ...], list[str]] = {}
    problems = []
    for pair in pairs:
        place = _PLACES.get(pair.name, (pair.name,))
        if pair.code:
            problems.append(FieldProblem(pointer_to(*place), pair.code, pair.message))
        elif pair.value:
            gathered.setdefault(place, []).append(pair.value)
    fields: dict[str, Any] = {}
    for place, values in gathered.items():
        # A plain field may bear a group's name; the group then says that this is not what it should be.
        group = fields.setdefault(place[0], {}) if len(place) > 1 else fields
        if isinstance(group, dict):
            group[place[-1]] = _value(place, values, problems)
    return Nested(fields, problems)


def _value(place: tuple[str, ...], values: list[str], problems: list[FieldProblem]) -> str | list[str]:
    if place in _LISTS:
        return values
    if place in _TICKS:
        return values[-1]
    if place[0] in _FIRST_COUNTS or place[0].startswith("fq_"):
        return values[0]
    if place[0] in KNOWN_FIELDS:
        if len(set(values)) > 1:
            message = "This field came more than once, with different content."
            problems.append(FieldProblem(pointer_to(*place), "duplicate-field", message))
        return values[0]
    return values[0] if len(values) == 1 else values
