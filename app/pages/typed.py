"""What a visitor typed, by the names of the hosted form: nothing typed is ever lost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.errors import FieldProblem
from app.forms.fields import Part
from app.forms.turnstile import FIELD as TURNSTILE

HONEYPOT = "fq_extra_details"
"""A field that people never see and whose name no autofill knows."""
DRAWN = frozenset(
    {
        *("condition", "treatment", "message", "timeline", "budget.amount", "budget.currency"),
        *("destination_countries", "relationship", "patient_name", "patient_age", "guardian_name"),
        *("name", "country", "email", "phone", "preferred_contact", "language"),
        *("consent.privacy", "consent.health_data", "consent.sharing", "consent.marketing"),
    }
)
"""Fields that a hosted form can show."""
CONSENTS = ("privacy", "health_data", "sharing", "marketing")
_BRINGS = {
    "budget": ("budget.amount", "budget.currency"),
    "relationship": ("relationship", "patient_name"),
}
"""Names that one field of a form's settings stands for, where it is not its own alone."""
_SET_BY_THE_PAGE = frozenset(
    {"form", "fq_key", "fq_lang", "fq_into", "fq_token", "fq_altcha", HONEYPOT, TURNSTILE, "consent.wording"}
)
_NOT_WRITTEN = frozenset({"form", "redirect", TURNSTILE})
_COUNTRIES = "destination_countries"
_NAME_PARTS = ("first_name", "last_name")
_ATTRIBUTION = frozenset(
    {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid", "referrer", "page_url"}
)
_LONGEST_ATTRIBUTION = 2000
# Far above what a request may hold: what is too much is refused with a reason, not cut here in silence.
_MOST_CARRIED = 400
_PROBLEM_PLACES = {
    "first_name": "name",
    "last_name": "name",
    "budget": "budget.amount",
    "consent": "consent.privacy",
}


class Typed:
    """What was sent, under the names that the hosted form uses."""

    def __init__(self, sent: Mapping[str, Sequence[str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, values in sent.items():
            self._fields.setdefault(_drawn_name(name), []).extend(values)
        whole = " ".join(filter(None, (self.first(part).strip() for part in _NAME_PARTS)))
        if whole and not self.first("name"):
            self._fields["name"] = [whole]
        if countries := self.all(_COUNTRIES):
            self._fields[_COUNTRIES] = [", ".join(filter(None, countries))]

    def first(self, name: str) -> str:
        """Return the first value that is not empty, or an empty text."""
        return next(filter(None, self._fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """Return every value, in order."""
        return list(self._fields.get(name, ()))

    def any(self, *names: str) -> bool:
        """Return whether one of the fields was filled in."""
        return any(self.first(name) for name in names)

    def carried(self, drawn: Iterable[str]) -> list[tuple[str, str]]:
        """Return fields that the form does not show, to be sent along again."""
        left_out = {*drawn} | _SET_BY_THE_PAGE | set(_NAME_PARTS)
        pairs = [(name, value) for name, values in self._fields.items() if name not in left_out for value in values]
        return pairs[:_MOST_CARRIED]

    def written(self) -> Iterator[tuple[str, str]]:
        """Yield what a person wrote or chose, field by field, without ticks and what pages send along."""
        for name, values in self._fields.items():
            ours = name in _NOT_WRITTEN or name.startswith(("fq_", "consent.")) or _is_attribution(name)
            text = "\n".join(filter(None, values))
            if text and not ours and name not in _NAME_PARTS:
                yield name, text

    @property
    def is_personal(self) -> bool:
        """Whether there is more in it than where a visitor came from, which is in the page's address anyway."""
        return any(not _is_attribution(name) and any(values) for name, values in self._fields.items())


def drawn_names(parts: Mapping[Part, Iterable[str]]) -> list[str]:
    """Return the names of what a form shows that asks for these fields, in the order of the page."""
    chosen: list[str] = []
    for part, fields in parts.items():
        chosen += [name for field in fields for name in _BRINGS.get(field, (field,))]
        if part == "patient" and fields:
            chosen.append("guardian_name")
    return [*chosen, *(f"consent.{purpose}" for purpose in CONSENTS)]


def arrival(query: Iterable[tuple[str, str]], referrer: str | None) -> dict[str, list[str]]:
    """Return where a visitor came from, by the names of the form, out of the page's address and the referrer.

    What is odd is left out: a visitor could not mend it.
    """
    told = {name: value for name, value in query if name in _ATTRIBUTION}
    if referrer:
        told.setdefault("referrer", referrer)
    plain = {name: value for name, value in told.items() if value.isprintable() and len(value) <= _LONGEST_ATTRIBUTION}
    return {f"attribution.{name}": [value] for name, value in plain.items()}


def field_of(problem: FieldProblem) -> str:
    """Return the name of the field that a problem's pointer (RFC 6901) means; empty for the whole request."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in problem.pointer.split("/")[1:]]
    # Below a field, a number is a place in its list.
    name = ".".join(part for depth, part in enumerate(parts) if not depth or not part.isdecimal())
    return _PROBLEM_PLACES.get(name, _drawn_name(name))


def by_field(problems: Sequence[FieldProblem]) -> dict[str, list[FieldProblem]]:
    """Group problems by the field they are about."""
    grouped: dict[str, list[FieldProblem]] = {}
    for problem in problems:
        grouped.setdefault(field_of(problem), []).append(problem)
    return grouped


def _drawn_name(name: str) -> str:
    if name in _ATTRIBUTION:
        return f"attribution.{name}"
    dotted = name.replace("_", ".", 1)
    return dotted if dotted in DRAWN | _SET_BY_THE_PAGE or _is_attribution(dotted) else name


def _is_attribution(name: str) -> bool:
    return name.removeprefix("attribution.") in _ATTRIBUTION
