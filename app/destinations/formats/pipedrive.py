"""Pipedrive: a person, unless an earlier attempt made one, then a lead that names the person."""

from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from pydantic import Field

from app.destinations.formats.answers import read_object
from app.destinations.formats.fields import Fields, lookup
from app.destinations.formats.format import (
    CREATED,
    Call,
    Document,
    Format,
    FormatSettings,
    Kept,
    NotTaken,
    Request,
)
from app.destinations.shapes import Include

_PERSON_ID = "person_id"


class PipedriveSettings(FormatSettings):
    """What the lead holds besides its title and its person."""

    fields: Fields = Field(default_factory=dict)
    """Fields of the lead, a custom one by the key of 40 letters that Pipedrive gave it."""
    reference_field: Annotated[str | None, Field(pattern="^[0-9a-f]{40}$")] = None
    """A custom text field of persons for our reference; by it one is found whose making was not answered."""


def _search(url: str, document: Document, settings: PipedriveSettings, _kept: Kept) -> Request | None:
    # By our reference, never by address or number: families share them, and what is in a URL ends up in logs.
    if settings.reference_field is None:
        return None
    asked = {"term": document["data"]["reference"], "fields": "custom_fields", "exact_match": "true", "limit": 1}
    return Request(f"{url.rstrip('/')}/api/v2/persons/search?{urlencode(asked)}", b"", None, "GET")


def _found_person(answer: bytes) -> Kept:
    data = read_object(answer).get("data")
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise NotTaken("Pipedrive did not say whom it found")
    ids = [one["item"].get("id") for one in items if isinstance(one, dict) and isinstance(one.get("item"), dict)]
    return {_PERSON_ID: ids[0]} if ids and isinstance(ids[0], int) else {}


def _person(url: str, document: Document, settings: PipedriveSettings, kept: Kept) -> Request | None:
    if _PERSON_ID in kept:
        return None
    body: dict[str, Any] = {"name": lookup(document, "person.name")}
    if settings.reference_field is not None:
        body["custom_fields"] = {settings.reference_field: document["data"]["reference"]}
    for target, path in (("emails", "person.email"), ("phones", "person.phone")):
        value = lookup(document, path)
        if value:
            body[target] = [{"value": value, "primary": True, "label": "home"}]
    return Request(f"{url.rstrip('/')}/api/v2/persons", orjson.dumps(body))


def _made_person(answer: bytes) -> Kept:
    data = read_object(answer).get("data")
    person_id = data.get("id") if isinstance(data, dict) else None
    if not isinstance(person_id, int):
        raise NotTaken("Pipedrive named no person that it made")
    return {_PERSON_ID: person_id}


def _lead(url: str, document: Document, settings: PipedriveSettings, kept: Kept) -> Request:
    found = {target: source.value_in(document) for target, source in settings.fields.items()}
    extra = {target: value for target, value in found.items() if value is not None}
    title = f"Quote request {document['data']['reference']}"
    body = {"title": title, **extra, _PERSON_ID: kept.get(_PERSON_ID)}
    return Request(f"{url.rstrip('/')}/api/v1/leads", orjson.dumps(body))


PIPEDRIVE = Format(
    calls=(
        Call(_search, _found_person, example=b'{"data": {"items": []}}'),
        Call(_person, _made_person, example=b'{"data": {"id": 42}}'),
        Call(_lead),
    ),
    settings=PipedriveSettings,
    needs=Include.CONTACT,
    needs_auth=True,
    carries=frozenset({CREATED}),
    usual=frozenset({CREATED}),
)
