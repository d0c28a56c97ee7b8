"""What each format writes: no more than its destination may know, and nothing that its endpoint would refuse."""

import json
from typing import Any, get_args
from urllib.parse import parse_qs, unquote_to_bytes

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.destinations.filters import EventType, LeadStatus
from app.destinations.formats import FORMATS, FormatName
from app.destinations.formats.chat import LONGEST_TEXT
from app.destinations.formats.fields import PATHS, Source, lookup
from app.destinations.formats.format import EVERY_EVENT, Request
from app.destinations.preview import SAMPLE
from app.destinations.shapes import Include, shape
from app.leads.schemas import Status
from tests.destinations.presets import PRESETS

EVERY_PATH = {f"target{number}": {"path": path} for number, path in enumerate([*PATHS, "answers.Blood group"])}
PRESET_NAMES = [name for name in FormatName if name != FormatName.STANDARD]


def canaried(value: Any, mark: str) -> Any:
    """Replace every value by a word that says where it stood."""
    if isinstance(value, dict):
        return {name: canaried(part, mark) for name, part in value.items()}
    if isinstance(value, list):
        return [canaried(part, mark) for part in value]
    return f"{mark}canary{abs(hash(str(value)))}"


def canary_document(event: str) -> dict[str, Any]:
    data = dict(SAMPLE["data"])
    levels = {"person": "contact", "inquiry": "full", "attribution": "full", "answers": "full"}
    for part, level in levels.items():
        data[part] = canaried(data[part], level)
    data["inquiry"] = {**data["inquiry"], "treatment": "fullcanary-treatment", "treatment_code": "fullcanary-code"}
    data["answers"] = {"Blood group": "fullcanary-blood"}
    return {**SAMPLE, "type": event, "data": {**data, "changed": ["status"]}}


def requests_of(name: str, document: dict[str, Any], settings: dict[str, Any]) -> list[Request]:
    form = FORMATS[name]
    checked, kept, made = form.settings.model_validate(settings), dict[str, str | int](), []
    for call in form.calls:
        request = call.write("https://crm.example/", document, checked, kept)
        if request is not None:
            made.append(request)
            kept |= call.read(call.example)
    return made


def said(request: Request) -> bytes:
    """Return a request's whole text, decoded from whatever it was encoded in."""
    body = request.body
    if request.content_type == "application/json":
        body = json.dumps(json.loads(body), ensure_ascii=False).encode()
    return unquote_to_bytes(request.url.encode() + b" " + body)


@pytest.mark.parametrize("event", get_args(EventType))
@pytest.mark.parametrize("include", list(Include))
@pytest.mark.parametrize("name", list(FormatName))
def test_no_format_says_more_than_its_include_allows(name: str, include: Include, event: str) -> None:
    # Every field that can be mapped is mapped, whether saving it at this level would be refused or not.
    settings = dict(PRESETS[name].get("settings", {}))
    if "fields" in FORMATS[name].settings.model_fields:
        settings["fields"] = EVERY_PATH
    document = shape(canary_document(event), include)
    text = b"".join(said(request) for request in requests_of(name, document, settings))
    hidden = {Include.REFERENCE: (b"contactcanary", b"fullcanary"), Include.CONTACT: (b"fullcanary",), Include.FULL: ()}
    for canary in hidden[include]:
        assert canary not in text
    if include is Include.FULL and event != "lead.erased":
        assert b"contactcanary" in text
        assert b"fullcanary" in text


def test_every_path_of_an_event_can_be_mapped_and_every_path_leads_somewhere() -> None:
    document = shape({**SAMPLE, "data": {**SAMPLE["data"], "changed": ["status"]}}, Include.FULL)
    data = document["data"]
    whole = {**data, "inquiry": {**data["inquiry"], "treatment": "x", "treatment_code": "x"}}
    whole["inquiry"]["patient"] = {"name": "x", "age": 1, "guardian_name": "x"}
    whole["attribution"] = {path.partition(".")[2]: "x" for path in PATHS if path.startswith("attribution.")}
    assert [path for path in PATHS if lookup({**document, "data": whole}, path) is None] == []
    for part in ("person", "inquiry"):
        assert {f"{part}.{name}" for name in data[part]} <= PATHS.keys()


def test_a_name_is_split_before_its_last_word_and_never_lost() -> None:
    for name, parts in (("Inés Ortega Vidal", ("Inés Ortega", "Vidal")), ("李小龙", (None, "李小龙"))):
        document = {"type": "", "timestamp": "", "data": {"person": {"name": name}}}
        assert (lookup(document, "person.first_name"), lookup(document, "person.last_name")) == parts


def test_no_preset_needs_what_it_does_not_get_and_each_event_is_known() -> None:
    assert set(get_args(EventType)) == EVERY_EVENT
    assert set(get_args(LeadStatus)) == set(Status)
    for form in FORMATS.values():
        assert form.usual <= form.carries <= EVERY_EVENT
        assert form.usual


@pytest.mark.parametrize("name", ["slack", "teams"])
@given(words=st.text(max_size=5000))
def test_a_chat_shows_what_a_visitor_wrote_as_it_is_and_runs_nothing_of_it(name: str, words: str) -> None:
    data = {**SAMPLE["data"], "inquiry": {"condition": words, "message": words}}
    (request,) = requests_of(name, {**SAMPLE, "data": data}, {})
    body = orjson.loads(request.body)
    elements = list(_texts(body))
    shown = words if len(words) <= LONGEST_TEXT else words[: LONGEST_TEXT - 1] + "…"
    if words:
        assert shown in [text for _, text in elements]
    # Neither Slack's mrkdwn nor Teams's TextBlock, which would make links and call the whole channel.
    assert {kind for kind, _ in elements} <= {"plain_text", "TextRun"}
    assert len(request.body) < 28 * 1024


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str) and "type" in value:
            yield value["type"], value["text"]
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def test_a_lead_of_a_family_that_shares_a_mailbox_is_never_merged_at_zoho() -> None:
    (request,) = requests_of("zoho", SAMPLE, {"reference_field": "Our_Reference"})
    body = json.loads(request.body)
    assert body["duplicate_check_fields"] == ["Our_Reference"]
    assert body["data"][0]["Our_Reference"] == SAMPLE["data"]["reference"]


def test_hubspot_is_told_of_a_consent_only_if_it_was_given() -> None:
    settings = PRESETS["hubspot"]["settings"]
    (request,) = requests_of("hubspot", SAMPLE, settings)
    assert json.loads(request.body)["legalConsentOptions"]["consent"] == {"consentToProcess": True, "text": "I agree."}
    refused = [{**one, "granted": False} for one in SAMPLE["data"]["consents"]]
    (request,) = requests_of("hubspot", {**SAMPLE, "data": {**SAMPLE["data"], "consents": refused}}, settings)
    assert "legalConsentOptions" not in json.loads(request.body)


def test_a_custom_mapping_is_nested_by_dots_and_leaves_out_what_is_not_there() -> None:
    fields = {
        "a.b.name": {"path": "person.name"},
        "a.b.budget": {"path": "inquiry.budget"},
        "a.none": {"path": "inquiry.treatment"},
        "yes": {"constant": True},
        "agreed": {"path": "consents.privacy"},
        "heard": {"path": "answers.How did you hear of us?"},
    }
    (request,) = requests_of("custom", SAMPLE, {"fields": fields})
    assert json.loads(request.body) == {
        "a": {"b": {"name": "Inés Ortega Vidal", "budget": {"amount": "15000.00", "currency": "EUR"}}},
        "yes": True,
        "agreed": True,
        "heard": "A friend",
    }


def test_a_custom_mapping_can_be_form_encoded() -> None:
    fields = {
        "a.b": {"path": "person.name"},
        "budget": {"path": "inquiry.budget"},
        "where": {"path": "inquiry.destination_countries"},
        "test": {"path": "test"},
        "none": {"path": "inquiry.treatment"},
    }
    (request,) = requests_of("custom", SAMPLE, {"encoding": "form", "fields": fields})
    assert request.content_type == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "a.b": ["Inés Ortega Vidal"],
        "budget": ["15000.00 EUR"],
        "where": ["ES, PT"],
        "test": ["false"],
    }


def test_a_source_is_a_path_or_a_constant() -> None:
    for wrong in ({}, {"path": "type", "constant": 1}, {"path": "person"}, {"path": "answers."}, {"path": "data.id"}):
        with pytest.raises(ValueError, match="validation error"):
            Source.model_validate(wrong)
