"""Fields and aliases of a form: what can be chosen, and what cannot be done without."""

from typing import Any

import httpx
import pytest

from app.forms.fields import FIELDS, NAMES, PARTS
from app.forms.wordings import DEFAULT_TEXTS
from app.intake.fields.rules import BUDGET, CONSENTS, KNOWN_FIELDS

SHORT = ["message", "condition", "phone", "name", "country"]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database."""
    return postgresql_url


def test_every_field_is_one_that_the_door_knows() -> None:
    assert set(FIELDS) <= KNOWN_FIELDS
    known = {f"budget.{name}" for name in BUDGET} | {f"consent.{name}" for name in CONSENTS}
    assert known | KNOWN_FIELDS >= NAMES
    assert list(PARTS)[-1] == "contact"


async def test_a_form_asks_for_its_own_fields_in_its_own_order(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    changed = await staff.patch("/v1/forms/default", json={"fields": SHORT})
    assert changed.json()["fields"] == SHORT
    assert (await client.get("/v1/forms/default")).json()["fields"] == SHORT
    page = (await client.get("/forms/default")).text
    places = [page.index(f'name="{name}"') for name in SHORT]
    assert places == sorted(places)
    assert 'name="email"' not in page
    assert 'name="relationship"' not in page
    assert (await staff.patch("/v1/forms/default", json={"fields": []})).json()["fields"] == []
    assert (await client.get("/v1/forms/default")).json()["fields"] == list(FIELDS)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"fields": ["name", "country", "email"]}, "/fields"),
    ({"fields": ["condition", "country", "email"]}, "/fields"),
    ({"fields": [*SHORT, "shoe_size"]}, "/fields"),
    ({"fields": [*SHORT, "name"]}, "/fields"),
    ({"aliases": {"your-name": "shoe_size"}}, "/aliases"),
    ({"aliases": {"your-name": "form"}}, "/aliases"),
    ({"aliases": {"": "name"}}, "/aliases/"),
]


async def test_what_a_form_cannot_do_is_refused(staff: httpx.AsyncClient) -> None:
    for wrong, pointer in WRONG:
        answer = await staff.patch("/v1/forms/default", json=wrong)
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_form_gets_texts_in_each_language_that_it_learns(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain", "languages": ["es", "ca"]})
    assert list((await client.get("/v1/forms/clinic-es")).json()["wordings"]) == ["es"]
    mine = {"language": "es", "privacy": "Acepto.", "health_data": "También.", "notice": "No es un consejo."}
    await staff.post("/v1/forms/clinic-es/wordings", json=mine)
    await staff.patch("/v1/forms/clinic-es", json={"languages": ["es", "ar"]})
    wordings = (await client.get("/v1/forms/clinic-es")).json()["wordings"]
    assert wordings["es"]["texts"]["privacy"] == "Acepto."
    assert wordings["ar"]["texts"].keys() == DEFAULT_TEXTS.keys()
    assert "أوافق" in wordings["ar"]["texts"]["privacy"]


async def test_a_form_that_speaks_none_of_our_languages_begins_with_english_texts(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-ca", "name": "Catalonia", "languages": ["ca"]})
    assert list((await client.get("/v1/forms/clinic-ca")).json()["wordings"]) == ["en"]
    page = (await client.get("/forms/clinic-ca")).text
    assert '<html lang="en" dir="ltr">' in page
