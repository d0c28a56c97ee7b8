"""Zoho CRM: one upsert of a lead, found again by a field that holds our reference."""

import re
from typing import Annotated

import orjson
from pydantic import Field

from app.destinations.formats.answers import read_object
from app.destinations.formats.fields import Fields, paths, texts
from app.destinations.formats.format import (
    CREATED,
    UPDATED,
    Call,
    Document,
    Format,
    FormatSettings,
    Kept,
    NotTaken,
    Request,
)
from app.destinations.shapes import Include

_FIELDS = paths(
    First_Name="person.first_name",
    Last_Name="person.last_name",
    Email="person.email",
    Phone="person.phone",
    Country="person.country",
    Description="inquiry.message",
)
_LIMITS = {"First_Name": 40, "Last_Name": 80, "Email": 100, "Phone": 30, "Country": 100, "Description": 32_000}
_CODE = re.compile("[A-Z_]{1,40}")


class ZohoSettings(FormatSettings):
    """How a lead is found again."""

    reference_field: Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]{0,49}$", examples=["Freequote_Reference"])]
    """API name of a text field marked *unique*. Zoho's own check, by e-mail, would merge a family that shares one."""
    fields: Fields = Field(default_factory=dict)
    """Further fields by API name, or others in place of the usual ones."""


def _upsert(url: str, document: Document, settings: ZohoSettings, _kept: Kept) -> Request:
    values = texts(_FIELDS | settings.fields, document, _LIMITS)
    lead = {**values, settings.reference_field: document["data"]["reference"]}
    body = {"data": [lead], "duplicate_check_fields": [settings.reference_field]}
    return Request(f"{url.rstrip('/')}/crm/v8/Leads/upsert", orjson.dumps(body))


def _check(answer: bytes) -> Kept:
    data = read_object(answer).get("data")
    first = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
    if first.get("status") != "success":
        code = str(first.get("code"))
        raise NotTaken(f"Zoho took nothing: {code if _CODE.fullmatch(code) else 'no reason given'}")
    return {}


ZOHO = Format(
    calls=(Call(_upsert, _check, example=b'{"data": [{"status": "success"}]}'),),
    settings=ZohoSettings,
    url="https://www.zohoapis.com/",
    needs=Include.CONTACT,
    needs_auth=True,
    auth_scheme="Zoho-oauthtoken",
    carries=frozenset({CREATED, UPDATED}),
    usual=frozenset({CREATED, UPDATED}),
)
