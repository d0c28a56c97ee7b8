"""How much each destination gets."""

import copy
import json
from typing import Any

import pytest

from app.destinations.shapes import Include, body_of, shape

IDS = {"id", "version", "reference", "form", "status", "test", "received_at"}
DOCUMENT: dict[str, Any] = {
    "type": "lead.created",
    "timestamp": "2026-11-23T10:00:00Z",
    "data": {
        "id": "0199a0b0-0000-7000-8000-000000000001",
        "version": 1,
        "reference": "FQ-7K3M9-QXD4H",
        "form": "clinic-es",
        "status": "new",
        "test": False,
        "received_at": "2026-11-23T10:00:00Z",
        "person": {"name": "Ona Vidal", "email": "ona@mail.example"},
        "inquiry": {"condition": "Multiple sclerosis", "message": "health words"},
        "consents": [{"purpose": "privacy", "granted": True}],
        "attribution": {"utm_source": "paper"},
        "answers": {"blood": "type 0"},
        "score": "a part that nobody decided about",
    },
}


@pytest.mark.parametrize(
    ("include", "parts"),
    [
        (Include.REFERENCE, set()),
        (Include.CONTACT, {"person", "consents"}),
        (Include.FULL, {"person", "inquiry", "consents", "attribution", "answers"}),
    ],
)
def test_a_destination_gets_its_share_and_no_more(include: Include, parts: set[str]) -> None:
    before = copy.deepcopy(DOCUMENT)
    shaped = shape(DOCUMENT, include)
    assert shaped["data"].keys() == IDS | parts
    assert {name: DOCUMENT["data"][name] for name in IDS | parts} == shaped["data"]
    assert (shaped["type"], shaped["timestamp"]) == ("lead.created", "2026-11-23T10:00:00Z")
    assert before == DOCUMENT


def test_contact_carries_no_health_data() -> None:
    body = body_of(shape(DOCUMENT, Include.CONTACT))
    assert b"Ona Vidal" in body
    for word in (b"sclerosis", b"health words", b"type 0", b"paper"):
        assert word not in body


@pytest.mark.parametrize("include", list(Include))
def test_an_update_says_what_changed_to_everyone(include: Include) -> None:
    updated = {**DOCUMENT, "type": "lead.updated", "data": {**DOCUMENT["data"], "changed": ["status"]}}
    assert shape(updated, include)["data"]["changed"] == ["status"]


@pytest.mark.parametrize("include", list(Include))
def test_an_erasure_tells_id_and_reference_alone(include: Include) -> None:
    erased = {**DOCUMENT, "type": "lead.erased"}
    assert shape(erased, include)["data"].keys() == {"id", "reference"}


def test_the_body_is_the_document_as_json_in_utf8() -> None:
    shaped = {"type": "lead.created", "data": {"person": {"name": "李小龙 <script>"}}}
    assert json.loads(body_of(shaped).decode("utf-8")) == shaped
    assert "李小龙".encode() in body_of(shaped)
