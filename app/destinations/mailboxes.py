"""How a mailbox's letters are written: in which language, and under which subject."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.destinations.connection import Connection
from app.forms.letters import GAPS, Letter, Subject, has_known_gaps
from app.languages.letters import staff_words
from app.problems import from_validation


def _language(tag: str) -> str:
    if tag not in staff_words():
        raise PydanticCustomError("unknown_language", "Letters are not written in this language.")
    return tag


def _subject(text: str) -> str:
    if not has_known_gaps(text, GAPS[Letter.STAFF]):
        raise PydanticCustomError("unknown_gap", "Braces stand only around headline, reference and form.")
    return text


class LetterSettings(BaseModel):
    """What staff set for the letters to one mailbox."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Annotated[str, Field(max_length=8), AfterValidator(_language)] = "en"
    """Of the letter's own words; what a visitor wrote stays as it is."""
    subject: Annotated[Subject, AfterValidator(_subject)] | None = None


def letter_settings(settings: Mapping[str, Any]) -> LetterSettings:
    """Read a mailbox's settings, or raise `InvalidRequest` for what is wrong with them."""
    try:
        return LetterSettings.model_validate(settings)
    except ValidationError as error:
        raise from_validation({**one, "loc": ("settings", *one["loc"])} for one in error.errors()) from None


def checked(settings: Mapping[str, Any]) -> Connection:
    """Return a mailbox's settings as they are saved, or raise `InvalidRequest`."""
    return Connection(settings=letter_settings(settings).model_dump(exclude_defaults=True))
