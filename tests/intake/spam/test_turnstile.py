"""Turnstile at the door: what Cloudflare says of a token weighs, and nobody is refused for it."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from structlog.testing import capture_logs

from app.forms.configuration import changed
from app.forms.models import Form
from app.intake import service
from app.intake.spam.turnstile import MISSING, USED, WRONG
from app.parts import Parts
from app.settings import Settings, read_settings
from tests.intake.enquiry import BROWSER, DOOR, FLAT
from tests.intake.spam.corpus import body, request
from tests.support.cloudflare import SECRET, SITE_KEY, Siteverify

PITCH = "Link building. Or unsubscribe."
"""One point short of being held."""
FIELD = "cf-turnstile-response"


@pytest.fixture
def settings(database_url: str, tmp_path: Path, siteverify: Siteverify) -> Settings:
    """Give an installation that has Turnstile's keys."""
    return read_settings(
        {
            "FREEQUOTE_DATABASE_URL": database_url,
            "FREEQUOTE_DATA_DIR": str(tmp_path / "data"),
            **siteverify.settings,
        }
    )


async def _switch(house: Parts, **settings: bool) -> None:
    async with house.database.begin() as session:
        await session.execute(update(Form).values(**settings))
        await changed(session)


async def _lead(client: httpx.AsyncClient, staff: httpx.AsyncClient, token: str | None, **more: Any) -> dict[str, Any]:
    key = more.pop("key", None) or str(uuid4())
    sent = body(message=PITCH, **({FIELD: token} if token else {}), **more)
    answer = await client.post(DOOR, json=sent, headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = (await staff.get(f"/v1/leads/{answer.json()['id']}")).json()
    return found


async def test_a_token_speaks_for_a_request_and_none_or_a_bad_one_against_it(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, siteverify: Siteverify
) -> None:
    assert (await staff.patch("/v1/forms/default", json={"turnstile": True})).json()["turnstile"] is True
    token = f"good-{uuid4()}"
    with capture_logs() as lines:
        found = [await _lead(client, staff, sent) for sent in (token, None, f"bad-{uuid4()}", token, "no token")]
    reasons = [set(lead["held_reasons"]) - {"pitch-seo", "everyday"} for lead in found]
    assert reasons == [set(), {MISSING}, {WRONG}, {USED}, {WRONG}]
    assert [lead["held"] for lead in found] == [False, True, True, True, True]
    # Nothing is kept of it, and Cloudflare is told nothing but what it knows.
    assert token not in f"{found} {lines}"
    assert all(lead["answers"] == {} for lead in found)
    assert [asked.keys() for asked in siteverify.asked] == [{"secret", "response", "idempotency_key"}] * 3
    assert (await client.get("/v1/forms/default")).json()["turnstile_site_key"] == SITE_KEY
    assert SECRET not in str(lines)


async def test_alone_it_holds_nobody(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.patch("/v1/forms/default", json={"turnstile": True})
    for token in (None, f"bad-{uuid4()}"):
        given = body(message="How long is the stay?", **({FIELD: token} if token else {}))
        answer = await client.post(DOOR, json=given)
        assert not (await staff.get(f"/v1/leads/{answer.json()['id']}")).json()["held"]


async def test_the_same_request_again_is_answered_without_asking_again(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, siteverify: Siteverify
) -> None:
    await staff.patch("/v1/forms/default", json={"turnstile": True})
    token = f"good-{uuid4()}"
    again = [await _lead(client, staff, token, key="same") for _ in range(3)]
    assert len({lead["id"] for lead in again}) == 1
    assert not again[0]["held"]
    (asked,) = siteverify.asked
    assert UUID(asked["idempotency_key"]).version == 4


@pytest.mark.parametrize("key", ["same", None])
async def test_whoever_does_not_know_whether_it_arrived_is_not_held_for_asking_again(
    key: str | None, app: FastAPI
) -> None:
    house, door = app.state.parts, app.state.admission
    await door.configuration.check()
    given = request(message=PITCH, **{FIELD: f"good-{uuid4()}"})
    for _ in range(2):
        one = await service.candidate(house, door.configuration, "default", given, key=key)
        assert (await service.vouched(house, app.state.turnstile, one, given)).doubt.signs == one.doubt.signs
    other = request(message=f"{PITCH} Now.", **given.fq)
    one = await service.candidate(house, door.configuration, "default", other, key=key and "other")
    assert USED in (await service.vouched(house, app.state.turnstile, one, other)).doubt.signs


async def test_who_runs_no_scripts_is_weighed_for_that_once(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await _switch(app.state.parts, turnstile=True, proof_of_work=True)
    lead = await _lead(client, staff, None)
    assert (lead["held_score"], MISSING in lead["held_reasons"]) == (5, False)


async def test_a_form_without_it_asks_nobody_and_keeps_no_token(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, siteverify: Siteverify
) -> None:
    for token in (f"good-{uuid4()}", f"bad-{uuid4()}"):
        lead = await _lead(client, staff, token)
        assert (lead["held"], lead["answers"]) == (False, {})
    assert siteverify.asked == []


async def test_a_browser_s_own_form_brings_it_too_and_a_page_that_comes_back_begins_at_once(
    app: FastAPI, client: httpx.AsyncClient, siteverify: Siteverify
) -> None:
    await _switch(app.state.parts, turnstile=True)
    token = f"good-{uuid4()}"
    refused = await client.post(DOOR, data={**FLAT, "email": "", "phone": "", FIELD: token}, headers=BROWSER)
    assert refused.status_code == 422
    assert "data-begun" in refused.text
    assert token not in refused.text
    assert siteverify.asked == []
    sent = await client.post(DOOR, data={**FLAT, FIELD: token}, headers=BROWSER)
    assert (sent.status_code, len(siteverify.asked)) == (303, 1)
