"""A site's own names of fields become ours, in plain forms and nowhere else."""

from html import unescape
from typing import Any

import httpx
import pytest

from tests.intake.enquiry import BROWSER, DOOR, JSON

ALIASES = {
    "your-name": "name",
    "correo": "email",
    "pais": "country",
    "enfermedad": "condition",
    "acepto": "consent.privacy",
    "salud": "consent.health_data",
    "cuanto": "budget.amount",
}
THEIRS = {
    "your-name": "Aurelia Brandt",
    "correo": "a.brandt@mail.example",
    "pais": "ES",
    "enfermedad": "multiple sclerosis",
    "acepto": "on",
    "salud": "on",
    "cuanto": "1500",
    "budget_currency": "EUR",
    "favourite_colour": "indigo",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not touch it."""
    return sqlite_url


@pytest.fixture(autouse=True)
async def aliased(staff: httpx.AsyncClient) -> None:
    """Teach the form the names of its site."""
    assert (await staff.patch("/v1/forms/default", json={"aliases": ALIASES})).status_code == 200


async def _lead(staff: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = (await staff.get(f"/v1/leads/{answer.json()['id']}")).json()
    return lead


async def test_a_plain_form_keeps_its_own_names(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    parts = {name: (None, text) for name, text in THEIRS.items()}
    for encoded in ({"data": THEIRS}, {"files": parts}):
        lead = await _lead(staff, await client.post(DOOR, **encoded))
        assert (lead["person"]["name"], lead["person"]["country"]) == ("Aurelia Brandt", "ES")
        assert lead["inquiry"]["budget"] == {"amount": "1500.00", "currency": "EUR"}
        assert lead["answers"] == {"favourite_colour": "indigo"}


async def test_our_own_name_wins_over_an_alias(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    lead = await _lead(staff, await client.post(DOOR, data={**THEIRS, "name": "Ilse Marwitz"}))
    assert lead["person"]["name"] == "Ilse Marwitz"
    assert lead["answers"]["your-name"] == "Aurelia Brandt"


async def test_json_has_no_aliases(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    lead = await _lead(staff, await client.post(DOOR, json={**JSON, "your-name": "Somebody"}))
    assert lead["person"]["name"] == "Aurelia Brandt"
    assert lead["answers"]["your-name"] == "Somebody"


async def test_what_is_wrong_comes_back_under_our_names_and_filled_in(client: httpx.AsyncClient) -> None:
    wrong = {**THEIRS, "correo": "a.brandt@", "pais": "Nowhere"}
    problem = (await client.post(DOOR, data=wrong)).json()
    assert {error["pointer"] for error in problem["errors"]} == {"/email", "/country"}
    page = unescape((await client.post(DOOR, data=wrong, headers=BROWSER)).text)
    assert 'name="email" type="email" dir="auto" value="a.brandt@"' in page
    assert 'name="name" type="text" dir="auto" value="Aurelia Brandt"' in page
    assert 'name="correo"' not in page


async def test_a_text_that_cannot_be_read_is_refused_under_our_name(client: httpx.AsyncClient) -> None:
    parts: dict[str, tuple[None, bytes]] = {name: (None, text.encode()) for name, text in THEIRS.items()}
    parts["your-name"] = (None, b"\xff\xfe")
    errors = (await client.post(DOOR, files=parts)).json()["errors"]
    assert ("/name", "invalid-encoding") in {(error["pointer"], error["code"]) for error in errors}
