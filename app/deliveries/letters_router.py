"""Routes for what a form's letters say in words of its own."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from app.access.permissions import CanReadSetup, CanWriteSetup, StaffRoute
from app.deliveries.letter_preview import LetterDraft, LetterPreview, preview_letter
from app.forms import letters
from app.forms.errors import FormNotFound, LetterTextNotFound
from app.forms.letters import Letter, LetterTextOut, OwnText
from app.forms.router import visible
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/forms", tags=["forms"], route_class=StaffRoute)


class LetterTextList(BaseModel):
    """Every text that a form's letters have of their own."""

    items: list[LetterTextOut]


@router.get("/{key}/letters", operation_id="listLetterTexts", responses=problems(FormNotFound))
async def list_letter_texts(key: str, house: House, staff: CanReadSetup) -> LetterTextList:
    """List what a form's letters say in words of its own, by letter and language."""
    return LetterTextList(items=await letters.list_texts(house.database, visible(key, staff)))


@router.put("/{key}/letters/{letter}/{language}", operation_id="setLetterText", responses=problems(FormNotFound))
async def set_letter_text(
    key: str, letter: Letter, language: str, own: OwnText, house: House, staff: CanWriteSetup
) -> LetterTextOut:
    """Set the subject and the text of a form's letter in one language; the next letter has them.

    An acknowledgement names `{reference}`, `{form}` and `{address}`; a letter to staff `{headline}`, `{reference}` and
    `{form}`. No other braces are taken.
    """
    place = (letter, language)
    return await letters.set_text(house.database, visible(key, staff), place, own, house.clock.now(), by=staff)


@router.delete(
    "/{key}/letters/{letter}/{language}",
    operation_id="removeLetterText",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(FormNotFound, LetterTextNotFound),
)
async def remove_letter_text(key: str, letter: Letter, language: str, house: House, staff: CanWriteSetup) -> None:
    """Take a form's own text away; the letter says what is usual again."""
    await letters.remove_text(house.database, visible(key, staff), (letter, language), by=staff)


@router.post("/{key}/letters/preview", operation_id="previewLetter", responses=problems(FormNotFound))
async def preview_letter_(key: str, draft: LetterDraft, house: House, staff: CanWriteSetup) -> LetterPreview:
    """Get a letter as a text that is not saved would make it, about an invented lead. Nothing is sent or saved."""
    return await preview_letter(house, visible(key, staff), draft)
