"""By when somebody answers: said where staff said it, in every language, and by a wording of its own."""

from typing import Any, get_args

import httpx
import pytest

from app.forms.wordings import NEXT, WITHIN, AnswerWithin, default_texts
from app.languages.countries import SPOKEN

OWN = {"language": "es", "privacy": "Acepto.", "health_data": "También.", "notice": "No es un consejo."}


async def _texts(client: httpx.AsyncClient) -> dict[str, Any]:
    return {tag: one["texts"] for tag, one in (await client.get("/v1/forms/clinic-es")).json()["wordings"].items()}


@pytest.fixture
async def form(staff: httpx.AsyncClient) -> None:
    new = {"key": "clinic-es", "name": "Spain", "languages": ["es", "en"], "answer_within": "24_hours"}
    assert (await staff.post("/v1/forms", json=new)).json()["answer_within"] == "24_hours"


@pytest.mark.parametrize("language", SPOKEN)
def test_every_promise_is_a_sentence_of_its_own_in_every_language(language: str) -> None:
    said = {default_texts(language, within)[NEXT] for within in (None, *WITHIN)}
    assert len(said) == 1 + len(get_args(AnswerWithin))
    assert not [sentence for sentence in said if "{" in sentence]


@pytest.mark.usefixtures("form")
async def test_a_promise_is_made_kept_up_and_taken_away_by_new_wordings(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    first = (await client.get("/v1/forms/clinic-es")).json()["wordings"]["en"]
    assert "answers you within 24 hours." in first["texts"]["next"]
    await staff.patch("/v1/forms/clinic-es", json={"answer_within": "3_working_days", "languages": ["es", "en", "de"]})
    then = await _texts(client)
    assert "en el plazo de tres días laborables" in then["es"]["next"]
    assert "innerhalb von drei Werktagen" in then["de"]["next"]
    assert {**then["en"], "next": ""} == {**first["texts"], "next": ""}
    await staff.patch("/v1/forms/clinic-es", json={"name": "Iberia"})
    assert await _texts(client) == then, "what is left out stays"
    await staff.patch("/v1/forms/clinic-es", json={"answer_within": None})
    assert (await _texts(client))["en"]["next"] == default_texts("en")["next"]


@pytest.mark.usefixtures("form")
async def test_words_of_the_form_s_own_are_left_alone(staff: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms/clinic-es/wordings", json={**OWN, "next": "Inés lee y llama el lunes."})
    before = (await client.get("/v1/forms/clinic-es")).json()["wordings"]["es"]["id"]
    await staff.patch("/v1/forms/clinic-es", json={"answer_within": "1_week"})
    after = (await client.get("/v1/forms/clinic-es")).json()["wordings"]["es"]
    assert (after["id"], after["texts"]["next"]) == (before, "Inés lee y llama el lunes.")


@pytest.mark.usefixtures("form")
async def test_a_wording_that_leaves_it_out_says_the_default_and_that_is_on_record(staff: httpx.AsyncClient) -> None:
    made = (await staff.post("/v1/forms/clinic-es/wordings", json=OWN)).json()
    assert "en un plazo de 24 horas" in made["texts"]["next"]


async def test_only_times_that_can_be_said_in_every_language_are_taken(staff: httpx.AsyncClient) -> None:
    for within in ("3_hours", 24, "", "24 hours"):
        refused = await staff.patch("/v1/forms/default", json={"answer_within": within})
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/answer_within"]
