"""HubSpot: one submission of a HubSpot form, by the authenticated forms API (v3)."""

from typing import Annotated, Any

import orjson
from pydantic import Field

from app.destinations.formats.fields import Fields, lookup, paths, texts
from app.destinations.formats.format import CREATED, Call, Document, Format, FormatSettings, Kept, Request
from app.destinations.shapes import Include

_CONTACT = "0-1"
"""HubSpot's number for the type of object that a contact is."""
_FIELDS = paths(
    email="person.email",
    firstname="person.first_name",
    lastname="person.last_name",
    phone="person.phone",
    country="person.country",
    message="inquiry.message",
)


class HubSpotSettings(FormatSettings):
    """Which HubSpot form is submitted."""

    portal: Annotated[str, Field(pattern="^[0-9]{1,12}$")]
    form: Annotated[str, Field(pattern="^[0-9A-Fa-f-]{36}$")]
    consent_text: Annotated[str | None, Field(max_length=5000)] = None
    """The exact words of the privacy consent; with them HubSpot is told that it was given."""
    fields: Fields = Field(default_factory=dict)
    """Further properties of the contact, or others in place of the usual ones."""


def _submission(url: str, document: Document, settings: HubSpotSettings, _kept: Kept) -> Request:
    values = texts(_FIELDS | settings.fields, document)
    body: dict[str, Any] = {
        "fields": [{"objectTypeId": _CONTACT, "name": name, "value": value} for name, value in values.items()]
    }
    page = lookup(document, "attribution.page_url")
    if page:
        body["context"] = {"pageUri": page}
    if settings.consent_text and lookup(document, "consents.privacy"):
        body["legalConsentOptions"] = {"consent": {"consentToProcess": True, "text": settings.consent_text}}
    place = f"submissions/v3/integration/secure/submit/{settings.portal}/{settings.form}"
    return Request(f"{url.rstrip('/')}/{place}", orjson.dumps(body))


HUBSPOT = Format(
    calls=(Call(_submission),),
    settings=HubSpotSettings,
    url="https://api.hsforms.com/",
    needs=Include.CONTACT,
    needs_auth=True,
    carries=frozenset({CREATED}),
    usual=frozenset({CREATED}),
)
