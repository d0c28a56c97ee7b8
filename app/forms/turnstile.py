"""Cloudflare's Turnstile: a form may switch it on where the installation has a site key and a secret for it."""

from app.errors import FieldProblem, InvalidRequest
from app.forms.models import Form
from app.forms.schemas import FormChange, FormOut, NewForm
from app.settings import Settings

FIELD = "cf-turnstile-response"
"""What its token is called in a form; the name is Cloudflare's."""


def site_key(settings: Settings, form: Form | FormOut) -> str:
    """Return the site key that a form's pages carry; empty: they have nothing to do with Cloudflare."""
    return settings.turnstile_site_key if form.turnstile else ""


def check_switch(settings: Settings, wanted: NewForm | FormChange) -> None:
    """Raise `InvalidRequest` where it is to be switched on and would do nothing.

    Otherwise whoever sets the keys later, for one form, would let Cloudflare into others without a word.
    """
    if wanted.turnstile and not settings.turnstile_site_key:
        message = "Set FREEQUOTE_TURNSTILE_SITE_KEY and FREEQUOTE_TURNSTILE_SECRET first: until then it does nothing."
        raise InvalidRequest([FieldProblem("/turnstile", "turnstile-not-set", message)])
