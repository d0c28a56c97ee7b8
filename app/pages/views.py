"""What a page shows of a form, and where it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from app.database import DOOR_PATIENCE_SECONDS
from app.forms import proofs, time_tokens
from app.forms import service as forms
from app.forms.fields import Part, in_parts
from app.forms.models import Form, WordingSet
from app.forms.schemas import FormOut
from app.forms.themes import USUAL, Theme
from app.forms.turnstile import site_key
from app.forms.wordings import DEFAULT_LANGUAGE, NEXT, NOTICE, TOLD, default_texts
from app.languages.negotiation import pick_language
from app.languages.translations import own_name, spoken
from app.pages.policy import origins_of
from app.parts import Parts


@dataclass(frozen=True, slots=True)
class Wish:
    """What a browser says about the page that it wants."""

    languages: tuple[str | None, ...] = ()
    """Asked for by name, the most wanted first: by the address, by the page before."""
    accept_language: str | None = None
    token: str = ""
    """The time token of the page before, which is kept while it is good."""


@dataclass(frozen=True, slots=True)
class FormView:
    """One form, ready to be drawn in one language."""

    key: str
    name: str
    language: str
    """The one chosen of those that the form offers, as BCP 47."""
    wording_language: str
    """Of the consent texts: not the chosen one where the form has none in it."""
    wording_id: str
    """The wording set shown; the page sends it back, so that what was shown is what is recorded."""
    wordings: Mapping[str, str]
    """Purpose (privacy, health_data, sharing, marketing) to the exact text."""
    recipients: tuple[str, ...]
    notice: str
    """What every visitor is told about such treatments."""
    next: str
    """What happens with the request."""
    action: str
    """Where the form is sent."""
    address: str
    """Where the form itself is."""
    token: str = ""
    """Shows when the page was drawn; comes back as `fq_token`."""
    challenge: str = ""
    """What is to be solved to prove some work, as JSON; empty: the form asks for none."""
    turnstile: str = ""
    """The site key of Cloudflare's Turnstile; empty: the page has nothing to do with it."""
    fields: Mapping[Part, tuple[str, ...]] = field(default_factory=lambda: in_parts(()))
    theme: Theme = USUAL
    offered: Mapping[str, str] = field(default_factory=dict)
    """The form's languages, each with what it calls itself."""
    redirect_origins: tuple[str, ...] = ()
    """Origins that an answer may send the browser on to; browsers hold redirects to `form-action` too."""
    frame_origins: tuple[str, ...] = ()
    """Sites that may show the form in a frame."""
    is_preview: bool = False
    """Whether it is only to be looked at: nothing of it is ever sent."""

    @property
    def initial(self) -> str:
        """The letter that stands beside the name; empty if it begins with none."""
        return self.name[:1].upper() if self.name[:1].isalnum() else ""

    @property
    def page_language(self) -> str:
        """The language of everything but the consent texts, one of the `SPOKEN`."""
        return spoken([self.language, *self.offered])


async def form_view(house: Parts, form: Form | FormOut, wish: Wish) -> FormView:
    """Return a form as it is drawn now, in the wanted language if the form offers it."""
    async with house.database.read(DOOR_PATIENCE_SECONDS) as session:
        current = await forms.current_wordings(session, form.key)
    return view_of(house, form, current, wish)


def view_of(house: Parts, form: Form | FormOut, current: Mapping[str, WordingSet], wish: Wish) -> FormView:
    """Return a form with its current wordings as it is drawn in the wanted language."""
    language = _choose(form.languages, wish)
    wording = _wording(current, [language, language.partition("-")[0], *form.languages, DEFAULT_LANGUAGE])
    return FormView(
        key=form.key,
        name=form.name,
        language=language,
        wording_language=wording.language,
        wording_id=str(wording.id),
        wordings={purpose: text for purpose, text in wording.texts.items() if purpose not in TOLD},
        recipients=tuple(wording.recipients),
        notice=wording.texts[NOTICE],
        next=wording.texts.get(NEXT) or default_texts(wording.language, form.answer_within)[NEXT],
        action=f"/v1/quote-requests?form={quote(form.key)}",
        address=f"/forms/{quote(form.key)}",
        token=_token(house, form.key, wish.token),
        challenge=_challenge(house, form.key) if form.proof_of_work else "",
        turnstile=site_key(house.settings, form),
        fields=in_parts(form.fields),
        theme=Theme.model_validate(form.theme, from_attributes=True),
        offered={tag: own_name(tag) for tag in form.languages},
        redirect_origins=origins_of([house.settings.base_url, *form.redirects]),
        frame_origins=origins_of(form.origins),
    )


def _choose(offered: list[str], wish: Wish) -> str:
    # A tag is an Accept-Language header of one.
    asked = (pick_language(tag, offered) for tag in (*wish.languages, wish.accept_language))
    return next(filter(None, asked), offered[0])


def _wording(current: Mapping[str, WordingSet], wanted: Iterable[str]) -> WordingSet:
    return next((current[tag] for tag in wanted if tag in current), None) or next(iter(current.values()))


def _challenge(house: Parts, form_key: str) -> str:
    return proofs.challenge(house.keyring.form_tokens, form_key, house.clock.now()).model_dump_json()


def _token(house: Parts, form_key: str, earlier: str) -> str:
    secret, now = house.keyring.form_tokens, house.clock.now()
    current = time_tokens.is_current(secret, form_key, earlier, now)
    return earlier if current else time_tokens.issue(secret, form_key, now)
