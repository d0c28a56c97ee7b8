"""A letter with texts that are not saved yet, about an invented lead."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.database import DOOR_PATIENCE_SECONDS
from app.deliveries.acknowledgements import Occasion, acknowledgement
from app.deliveries.letters import lead_letter
from app.deliveries.senders import sender_of
from app.deliveries.writing import Posting
from app.destinations.mailboxes import LetterSettings
from app.destinations.preview import SAMPLE
from app.destinations.shapes import Include, shape
from app.forms import service as forms
from app.forms.letters import Letter, OwnText, check
from app.forms.models import Form, WordingSet
from app.forms.wordings import TOLD, default_texts
from app.parts import Parts

_WITHDRAWAL = "…"
"""What stands in the place of the signed part of a link: this request can take nothing back."""


class LetterDraft(OwnText):
    """Texts that are not saved yet; without any the letter is as usual."""

    letter: Letter
    language: Annotated[str, Field(examples=["es"])]


class LetterPreview(BaseModel):
    """A letter as it would come."""

    subject: str
    text: str
    html: str


async def preview_letter(house: Parts, key: str, draft: LetterDraft) -> LetterPreview:
    """Return the letter that a draft makes. Nothing is sent or saved.

    Errors: `FormNotFound`; `InvalidRequest` as when the text is saved.
    """
    check(draft.letter, draft.language, draft)
    async with house.database.read(DOOR_PATIENCE_SECONDS) as session:
        form = await forms.get(session, key)
        wordings = await forms.current_wordings(session, key)
    own = {draft.language: OwnText(subject=draft.subject, text=draft.text)}
    about = {**SAMPLE, "data": {**SAMPLE["data"], "form": form.key}}
    sender = sender_of(house.settings)
    posting = Posting(sender, SAMPLE["data"]["person"]["email"], "<preview@freequote.invalid>", house.clock.now())
    if draft.letter is Letter.STAFF:
        settings = LetterSettings(language=draft.language)
        share = shape(about, Include.CONTACT)
        message = lead_letter(share, posting, include=Include.CONTACT, settings=settings, own=own)
    else:
        told = _told(form, wordings.get(draft.language), draft.language)
        link = f"{house.settings.base_url}/withdraw/{_WITHDRAWAL}"
        occasion = Occasion(form.name, form.reply_to, form.languages, 0, told, link, own)
        data = {**about["data"], "person": {**about["data"]["person"], "language": draft.language}}
        message = acknowledgement(posting, data, occasion)
    text, page = (part.get_content() for part in message.iter_parts())
    return LetterPreview(subject=str(message["Subject"]), text=text, html=page)


def _told(form: Form, wording: WordingSet | None, language: str) -> list[str]:
    texts = {**default_texts(language, form.answer_within), **(wording.texts if wording else {})}
    return [texts[name] for name in TOLD]
