"""What a page shows of a form, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from app.database import DOOR_PATIENCE_SECONDS
from app.forms import service as forms
from app.forms.models import Form
from app.forms.wordings import DEFAULT_LANGUAGE, NOTICE
from app.pages.policy import origins_of
from app.parts import Parts


@dataclass(frozen=True, slots=True)
class FormView:
    """One form, ready to be drawn in one language."""

    key: str
    name: str
    language: str
    """Of the consent texts, as BCP 47."""
    wording_id: str
    """The wording set shown; the page sends it back, so that what was shown is what is recorded."""
    wordings: Mapping[str, str]
    """Purpose (privacy, health_data, sharing, marketing) to the exact text."""
    recipients: tuple[str, ...]
    notice: str
    """What every visitor is told about such treatments."""
    action: str
    """Where the form is sent."""
    redirect_origins: tuple[str, ...] = ()
    """Origins that an answer may send the browser on to; browsers hold redirects to `form-action` too."""
    frame_origins: tuple[str, ...] = ()
    """Sites that may show the form in a frame."""


async def form_view(house: Parts, form: Form, language: str | None = None) -> FormView:
    """Return a form as it is drawn now, with its texts in the wanted language where there are such."""
    async with house.database.read(DOOR_PATIENCE_SECONDS) as session:
        current = await forms.current_wordings(session, form.key)
    wanted = (language, *form.languages, DEFAULT_LANGUAGE)
    wording = next((current[name] for name in wanted if name in current), None) or next(iter(current.values()))
    return FormView(
        key=form.key,
        name=form.name,
        language=wording.language,
        wording_id=str(wording.id),
        wordings={purpose: text for purpose, text in wording.texts.items() if purpose != NOTICE},
        recipients=tuple(wording.recipients),
        notice=wording.texts[NOTICE],
        action=f"/v1/quote-requests?form={quote(form.key)}",
        redirect_origins=origins_of([house.settings.base_url, *form.redirects]),
        frame_origins=origins_of(form.origins),
    )
