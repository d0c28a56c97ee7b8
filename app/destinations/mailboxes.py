"""How a mailbox's letters are written: in which language, and under which subject."""

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.destinations.connection import Connection
from app.forms.schemas import LINE_PATTERN
from app.languages.letters import staff_words
from app.problems import from_validation

GAPS = frozenset({"headline", "reference", "form"})
"""What a subject may name; none of it is a visitor's word, since subjects are read by every server on the way."""


def _language(tag: str) -> str:
    if tag not in staff_words():
        raise PydanticCustomError("unknown_language", "Letters are not written in this language.")
    return tag


def _subject(text: str) -> str:
    try:
        found = [(name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None]
    except ValueError:
        found = [("", "", None)]
    # Python 3.11 decodes an encoded word in a header, and with it a line break.
    if "=?" in text or any(name not in GAPS or spec or how for name, spec, how in found):
        raise PydanticCustomError("unknown_gap", "A subject may name {{headline}}, {{reference}} and {{form}} alone.")
    return text


class LetterSettings(BaseModel):
    """What staff set for the letters to one mailbox."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Annotated[str, Field(max_length=8), AfterValidator(_language)] = "en"
    """Of the letter's own words; what a visitor wrote stays as it is."""
    subject: Annotated[
        str | None, Field(min_length=1, max_length=150, pattern=LINE_PATTERN), AfterValidator(_subject)
    ] = None


def letter_settings(settings: Mapping[str, Any]) -> LetterSettings:
    """Read a mailbox's settings, or raise `InvalidRequest` for what is wrong with them."""
    try:
        return LetterSettings.model_validate(settings)
    except ValidationError as error:
        raise from_validation({**one, "loc": ("settings", *one["loc"])} for one in error.errors()) from None


def checked(settings: Mapping[str, Any]) -> Connection:
    """Return a mailbox's settings as they are saved, or raise `InvalidRequest`."""
    return Connection(settings=letter_settings(settings).model_dump(exclude_defaults=True))
