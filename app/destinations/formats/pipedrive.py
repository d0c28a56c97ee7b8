"""Pipedrive: a person, then a lead that names the person."""

from typing import Any

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


def _person(url: str, document: Document, _settings: PipedriveSettings, _kept: Kept) -> Request:
    body: dict[str, Any] = {"name": lookup(document, "person.name")}
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
    calls=(Call(_person, _made_person, example=b'{"data": {"id": 42}}'), Call(_lead)),
    settings=PipedriveSettings,
    needs=Include.CONTACT,
    needs_auth=True,
    carries=frozenset({CREATED}),
    usual=frozenset({CREATED}),
)
