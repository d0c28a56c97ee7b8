"""What a form's letters say in words of its own: checked when it is saved, filled in when it is sent."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.database import Database
from app.errors import FieldProblem, InvalidRequest
from app.forms import service as forms
from app.forms.errors import FormNotFound, LetterTextNotFound
from app.forms.models import Form, LetterText
from app.languages.letters import letter_texts

_GAP = re.compile(r"\{([a-z]+)\}")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_NEVER = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of what no line holds: control characters, halves of letters, and what Unicode has for line breaks."""


class Letter(StrEnum):
    """Which letter a text is for."""

    ACKNOWLEDGEMENT = "acknowledgement"
    STAFF = "staff"


GAPS = {
    Letter.ACKNOWLEDGEMENT: ("reference", "form", "address"),
    Letter.STAFF: ("headline", "reference", "form"),
}
"""What a text may name; none of it is a visitor's word."""


def _line(text: str) -> str:
    # Python 3.11 decodes an encoded word in a header, and with it a line break.
    if "=?" in text or not _is_plain(text):
        raise PydanticCustomError("not_a_line", "A subject is one line, without control characters and without =?.")
    return text


def _prose(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if not _is_plain(text.replace("\n", "").replace("\t", "")):
        raise PydanticCustomError("control_character", "A text holds no control characters.")
    if not text.strip():
        raise PydanticCustomError("empty_text", "Write something, or leave the text out.")
    return text.strip()


def _is_plain(text: str) -> bool:
    return all(unicodedata.category(letter) not in _NEVER for letter in text)


_SUBJECT = "One line; the letter's gaps are filled in. null: the usual subject."
_TEXT = (
    "Plain text, with a blank line between paragraphs; the letter's gaps are filled in. In an acknowledgement it "
    "stands in the place of the opening sentences, in a letter to staff above the facts. null: as usual."
)


Subject = Annotated[str, Field(min_length=1, max_length=150), AfterValidator(_line)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_prose)]


class OwnText(BaseModel):
    """What a form says in one letter and one language; what is null is as usual."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    subject: Annotated[Subject | None, Field(description=_SUBJECT)] = None
    text: Annotated[Prose | None, Field(description=_TEXT)] = None


USUAL = OwnText()
"""The text of a form that has none of its own."""


class LetterTextOut(BaseModel):
    """A form's own text for one letter in one language."""

    letter: Letter
    language: str
    subject: str | None
    text: str | None
    updated_at: datetime

    @classmethod
    def of(cls, row: LetterText) -> Self:
        """Show a text."""
        return cls.model_validate(row, from_attributes=True)


def check(letter: Letter, language: str, own: OwnText) -> None:
    """Raise `InvalidRequest` for a language that letters are not written in, or a gap that the letter has not."""
    found = []
    if language not in letter_texts():
        spoken = ", ".join(letter_texts())
        message = f"Letters are not written in this language; they are in {spoken}."
        found.append(FieldProblem("/language", "unknown-language", message))
    named = ", ".join(f"{{{gap}}}" for gap in GAPS[letter])
    for name, text in (("subject", own.subject), ("text", own.text)):
        if text and not has_known_gaps(text, GAPS[letter]):
            message = f"Braces stand only around what this letter fills in: {named}."
            found.append(FieldProblem(f"/{name}", "unknown-gap", message))
    if found:
        raise InvalidRequest(found)


def has_known_gaps(text: str, gaps: Sequence[str]) -> bool:
    """Say whether braces stand only around what a letter fills in."""
    rest = _GAP.sub(lambda match: "" if match[1] in gaps else match[0], text)
    return "{" not in rest and "}" not in rest


def filled(text: str, gaps: Mapping[str, str]) -> str:
    """Put in what the gaps stand for, once: what is put in is not read again, and nothing else is done with braces."""
    return _GAP.sub(lambda match: gaps.get(match[1], match[0]), text)


def filled_subject(text: str, gaps: Mapping[str, str]) -> str:
    """Put in what the gaps stand for, as one line that no mail program, and not Python, takes for more than it is."""
    line = "".join(letter if _is_plain(letter) else " " for letter in filled(text, gaps))
    return line.replace("=?", "= ?")


def paragraphs(text: str) -> list[str]:
    """Return the parts of a text between its blank lines."""
    return _BLANK_LINE.split(text)


async def list_texts(database: Database, key: str) -> list[LetterTextOut]:
    """Return a form's own texts, by letter and language, or raise `FormNotFound`."""
    query = select(LetterText).where(LetterText.form_key == key).order_by(LetterText.letter, LetterText.language)
    async with database.read() as session:
        await forms.get(session, key)
        return [LetterTextOut.of(row) for row in await session.scalars(query)]


async def set_text(
    database: Database,
    key: str,
    place: tuple[Letter, str],
    own: OwnText,
    now: datetime,
    *,
    by: Principal | None = None,
) -> LetterTextOut:
    """Set what a form says in a letter and a language (`place`); the next letter says it.

    Errors: `FormNotFound`; `InvalidRequest` as in `check`, and for nothing at all.
    """
    letter, language = place
    check(letter, language, own)
    if own == USUAL:
        raise InvalidRequest([FieldProblem("/text", "empty-text", "Write a subject, a text or both.")])
    row = LetterText(form_key=key, letter=letter.value, language=language, updated_at=now, **own.model_dump())
    async with database.begin() as session:
        await _locked(session, key)
        await session.merge(row)
        _note(session, by, key, place)
    return LetterTextOut.of(row)


async def remove_text(database: Database, key: str, place: tuple[Letter, str], *, by: Principal | None = None) -> None:
    """Let a letter say what is usual again. Errors: `FormNotFound`, `LetterTextNotFound`."""
    letter, language = place
    if language not in letter_texts():
        # What cannot be a language is not looked up: PostgreSQL does not take every text.
        raise LetterTextNotFound
    async with database.begin() as session:
        await _locked(session, key)
        row = await session.get(LetterText, (key, letter.value, language))
        if row is None:
            raise LetterTextNotFound
        await session.delete(row)
        _note(session, by, key, place)


async def to_staff(session: AsyncSession, keys: Collection[str]) -> dict[str, dict[str, OwnText]]:
    """Return what the letters of some forms to staff say in words of their own, by form and language."""
    query = select(LetterText).where(LetterText.form_key.in_(keys), LetterText.letter == Letter.STAFF.value)
    found: dict[str, dict[str, OwnText]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.form_key, {})[row.language] = OwnText.model_validate(row)
    return found


async def with_acknowledgements(session: AsyncSession, key: str) -> tuple[Form, dict[str, OwnText]]:
    """Return, by one query, a form and its own texts of acknowledgements by language, or raise `FormNotFound`."""
    beside = and_(LetterText.form_key == Form.key, LetterText.letter == Letter.ACKNOWLEDGEMENT.value)
    query = select(Form, LetterText).outerjoin(LetterText, beside).where(Form.key == key)
    rows = (await session.execute(query)).all()
    if not rows:
        raise FormNotFound
    texts: list[LetterText | None] = [row[1] for row in rows]
    return rows[0][0], {text.language: OwnText.model_validate(text) for text in texts if text is not None}


async def _locked(session: AsyncSession, key: str) -> None:
    form = await forms.get(session, key)
    await session.refresh(form, with_for_update=True)


def _note(session: AsyncSession, by: Principal | None, key: str, place: tuple[Letter, str]) -> None:
    letter, language = place
    note(session, by, Action.FORM_CHANGED, f"form:{key}", changed=["letters"], letter=letter.value, language=language)
