"""Mappings: which value of an event goes into which field of an endpoint."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.destinations.formats.format import Document
from app.destinations.shapes import Include
from app.forms.schemas import LINE_PATTERN

_ENVELOPE = frozenset({"type", "timestamp"})
_IDS = frozenset({"id", "version", "reference", "form", "status", "test", "received_at", "changed"})
_PERSON = (
    *("name", "first_name", "last_name", "email", "phone", "phone_raw", "phone_valid", "country", "language"),
    *("preferred_contact", "relationship", "timezone"),
)
_INQUIRY = (
    *("condition", "condition_code", "treatment", "treatment_code", "message", "timeline", "destination_countries"),
    *("budget", "budget.amount", "budget.currency", "patient", "patient.name", "patient.age", "patient.guardian_name"),
)
_ATTRIBUTION = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid"),
    *("referrer", "page_url"),
)
_CONSENTS = ("privacy", "health_data", "marketing")
PATHS: Mapping[str, Include] = {
    **dict.fromkeys(sorted(_ENVELOPE | _IDS), Include.REFERENCE),
    **{f"person.{name}": Include.CONTACT for name in _PERSON},
    **{f"consents.{name}": Include.CONTACT for name in _CONSENTS},
    "consents": Include.CONTACT,
    **{f"inquiry.{name}": Include.FULL for name in _INQUIRY},
    **{f"attribution.{name}": Include.FULL for name in _ATTRIBUTION},
    "answers": Include.FULL,
}
"""Every path that a mapping may name, and the least `include` that has it; `answers.<name>` is free besides."""
_ANSWER = "answers."
_LEVELS = tuple(Include)


def _known(path: str) -> str:
    if path in PATHS or (path.startswith(_ANSWER) and path != _ANSWER):
        return path
    raise PydanticCustomError("unknown_path", "An event has no such path.")


class Source(BaseModel):
    """Where a field's value comes from: a path into the event, or a constant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, Field(max_length=200), AfterValidator(_known)] | None = None
    constant: Annotated[str, Field(max_length=1000)] | int | float | bool | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("path_or_constant", "Say either `path` or `constant`.")
        return self

    def value_in(self, document: Document) -> Any:
        """Return the value; None where the event, or the destination's share of it, has none."""
        return self.constant if self.path is None else lookup(document, self.path)


Target = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE_PATTERN)]
Fields = Annotated[dict[Target, Source], Field(max_length=100)]


def paths(**by_target: str) -> dict[str, Source]:
    """Make a mapping of paths."""
    return {target: Source(path=path) for target, path in by_target.items()}


def beyond(fields: Mapping[str, Source], include: Include) -> Iterator[str]:
    """Name the targets whose path a destination with this `include` never gets."""
    for target, source in fields.items():
        if source.path and _LEVELS.index(PATHS.get(source.path, Include.FULL)) > _LEVELS.index(include):
            yield target


def lookup(document: Document, path: str) -> Any:
    """Follow a path into an event; None where it leads nowhere."""
    if path in _ENVELOPE:
        return document[path]
    part, _, rest = path.partition(".")
    value = document["data"].get(part)
    if not rest or value is None:
        return value
    if part == "consents":
        return any(one["granted"] for one in value if one["purpose"] == rest)
    if part == "answers":
        return value.get(rest)
    if rest in {"first_name", "last_name"}:
        return _name_parts(value["name"])[rest == "last_name"]
    for step in rest.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _name_parts(name: str) -> tuple[str | None, str]:
    """Split a name before its last word: the best that can be done for a CRM that insists on two parts."""
    first, _, last = name.rpartition(" ")
    return first or None, last


def texts(fields: Mapping[str, Source], document: Document, limits: Mapping[str, int] | None = None) -> dict[str, str]:
    """Return the fields that have a value, each as text, cut where the endpoint takes no more letters."""
    found = {target: as_text(source.value_in(document)) for target, source in fields.items()}
    return {target: text[: (limits or {}).get(target)] for target, text in found.items() if text}


def as_text(value: Any) -> str:
    """Write a value as people and form fields read it; nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    return orjson.dumps(value).decode()
