"""Salesforce Web-to-Lead: one form post. Its 200 says only that the post arrived, never that a lead was made."""

from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field

from app.destinations.formats.fields import Fields, paths, texts
from app.destinations.formats.format import CREATED, FORM_ENCODED, Call, Document, Format, FormatSettings, Kept, Request
from app.destinations.shapes import Include

_FIELDS = paths(
    first_name="person.first_name",
    last_name="person.last_name",
    email="person.email",
    phone="person.phone",
    country="person.country",
    description="inquiry.message",
)
# Salesforce drops a lead whose field is too long, and tells only its own administrator.
_LIMITS = {"first_name": 40, "last_name": 80, "email": 80, "phone": 40, "country": 80, "description": 32_000}


class SalesforceSettings(FormatSettings):
    """Whose lead it becomes."""

    oid: Annotated[str, Field(pattern="^00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?$")]
    """The organisation's id."""
    company: Annotated[str, Field(min_length=1, max_length=255)] = "Private enquiry"
    """Salesforce demands one of every lead."""
    lead_source: Annotated[str | None, Field(max_length=40)] = None
    fields: Fields = Field(default_factory=dict)
    """Further fields (`00N…` for custom ones), or others in place of the usual ones."""


def _form(url: str, document: Document, settings: SalesforceSettings, _kept: Kept) -> Request:
    values = {"oid": settings.oid, "company": settings.company}
    if settings.lead_source:
        values["lead_source"] = settings.lead_source
    values |= texts(_FIELDS | settings.fields, document, _LIMITS)
    return Request(url, urlencode(values).encode(), FORM_ENCODED)


SALESFORCE = Format(
    calls=(Call(_form),),
    settings=SalesforceSettings,
    url="https://webto.salesforce.com/servlet/servlet.WebToLead?encoding=UTF-8",
    needs=Include.CONTACT,
    carries=frozenset({CREATED}),
    usual=frozenset({CREATED}),
)
