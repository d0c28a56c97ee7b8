"""The published schema says what the reader does."""

from typing import Any

import orjson
import pytest
from openapi_schema_validator import OAS31Validator

from app.errors import InvalidRequest
from app.intake.body import read_body
from app.intake.fields import rules
from app.intake.schemas import quote_request_schema, read_quote_request

SCHEMA = quote_request_schema()
CONSENT = {"privacy": True, "health_data": True}
LEAST = {"name": "Ana", "email": "ana@mail.example", "country": "ES", "condition": "MS", "consent": CONSENT}


def is_read(fields: dict[str, Any]) -> bool:
    try:
        read_quote_request(read_body("application/json", orjson.dumps(fields)), accept_language=None)
    except InvalidRequest:
        return False
    return True


def test_the_schema_is_one_and_its_example_keeps_it_and_is_read() -> None:
    OAS31Validator.check_schema(SCHEMA)
    OAS31Validator(SCHEMA).validate(SCHEMA["examples"][0])
    assert is_read(SCHEMA["examples"][0])


def test_the_schema_names_every_field_of_the_contract_and_no_other() -> None:
    assert SCHEMA["properties"].keys() == rules.KNOWN_FIELDS | {"fq_key"}
    assert SCHEMA["properties"]["consent"]["properties"].keys() == set(rules.CONSENTS)
    assert SCHEMA["properties"]["budget"]["properties"].keys() == set(rules.BUDGET)


@pytest.mark.parametrize(
    "change",
    [
        *({"name": "x" * 201}, {"email": "x" * 255}, {"phone": "1" * 61}, {"message": "x" * 5001}, {"country": ""}),
        *({"country": None}, {"name": 1}, {"preferred_contact": "fax"}, {"timeline": "soon"}, {"relationship": "x"}),
        *({"patient_age": 121}, {"patient_age": -1}, {"patient_age": True}, {"budget": "x"}, {"consent": "x"}),
        *({"destination_countries": ["ES"] * 21}, {"destination_countries": 5}, {"consent": {"privacy": True}}),
        *({"consent": {**CONSENT, "sharing": [1]}}, {"consent": {**CONSENT, "marketing": 1}}, {"attribution": "x"}),
        *({"gclid": "x" * 2001}, {"attribution": {"gclid": 5}}, {"consent": {**CONSENT, "wording": 7}}),
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(change: dict[str, Any]) -> None:
    assert not OAS31Validator(SCHEMA).is_valid({**LEAST, **change})
    assert not is_read({**LEAST, **change})


@pytest.mark.parametrize("missing", LEAST)
def test_what_is_required_is_required_by_both(missing: str) -> None:
    fields = {name: value for name, value in LEAST.items() if name != missing}
    assert not OAS31Validator(SCHEMA).is_valid(fields)
    assert not is_read(fields)


@pytest.mark.parametrize(
    "change",
    [
        *({}, {"phone": None}, {"message": ""}, {"patient_age": "7", "guardian_name": "Rui"}, {"timeline": None}),
        *({"budget": {"amount": 1500, "currency": "EUR"}}, {"budget": None}, {"destination_countries": "ES,TR"}),
        *({"consent": {"privacy": "on", "health_data": "yes", "sharing": "Clinic A"}}, {"x": {"y": [1]}}),
        *({"attribution": {"gclid": "x", "ttclid": "y"}}, {"gclid": "x"}, {"redirect": 5}, {"country": "Spain"}),
    ],
)
def test_what_the_reader_takes_the_schema_takes(change: dict[str, Any]) -> None:
    OAS31Validator(SCHEMA).validate({**LEAST, **change})
    assert is_read({**LEAST, **change})
