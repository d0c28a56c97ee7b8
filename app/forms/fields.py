"""The fields that a form may ask for, and which of them it must: chosen and ordered form by form."""

from collections.abc import Sequence
from typing import Literal

Part = Literal["inquiry", "patient", "contact"]
PARTS: dict[Part, tuple[str, ...]] = {
    "inquiry": ("condition", "treatment", "message", "timeline", "budget", "destination_countries"),
    "patient": ("relationship", "patient_age"),
    "contact": ("name", "country", "email", "phone", "preferred_contact", "language"),
}
"""Fields by the part of the page that they stand in. Contact comes last: it is what people hesitate to give."""
FIELDS: tuple[str, ...] = tuple(field for fields in PARTS.values() for field in fields)
"""Every field in the usual order. `relationship` brings the patient's name, either of its part the guardian's."""
NAMES = frozenset(
    {
        *(set(FIELDS) - {"budget"}),
        *("first_name", "last_name", "patient_name", "guardian_name", "timezone", "budget.amount", "budget.currency"),
        *("consent.privacy", "consent.health_data", "consent.sharing", "consent.marketing"),
    }
)
"""What a site's own field may stand for."""
ALWAYS = ("name", "country")
ONE_OF = (("condition", "treatment"), ("email", "phone"))


def check_fields(chosen: list[str]) -> list[str]:
    """Return a choice of fields, in its order; none at all means the usual ones. Errors: `ValueError`."""
    if unknown := sorted(set(chosen) - set(FIELDS)):
        raise ValueError(f"there is no such field: {', '.join(unknown)}")
    if len(set(chosen)) != len(chosen):
        raise ValueError("name each field once")
    missing = [name for name in ALWAYS if name not in chosen]
    missing += [" or ".join(names) for names in ONE_OF if not set(names) & set(chosen)]
    if chosen and missing:
        raise ValueError(f"a request cannot do without {', '.join(missing)}")
    return chosen


def check_aliases(aliases: dict[str, str]) -> dict[str, str]:
    """Return the site's own names of fields with ours. Errors: `ValueError`."""
    if unknown := sorted(set(aliases.values()) - NAMES):
        raise ValueError(f"there is no such field: {', '.join(unknown)}")
    return aliases


def in_parts(chosen: Sequence[str]) -> dict[Part, tuple[str, ...]]:
    """Return the chosen fields, or the usual ones, in their order by the part that they stand in."""
    wanted = chosen or FIELDS
    return {part: tuple(field for field in wanted if field in fields) for part, fields in PARTS.items()}
