"""Sent twice, taken once: the Idempotency-Key over HTTP."""

import asyncio
from datetime import timedelta

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select

from app.leads.models import Consent, Lead
from app.parts import Parts
from tests.intake.enquiry import DOOR, FLAT, JSON, PARTS, assert_problem
from tests.support.clock import FakeClock

NO_KEYS = ["k" * 256, "two words", "clé", "\t"]

KEY = {"Idempotency-Key": "visit-7f3a"}


async def _leads(app: FastAPI) -> tuple[int, int]:
    """Return how many leads and how many consents there are."""
    parts: Parts = app.state.parts
    async with parts.database.read() as session:
        counts = [await session.scalar(select(func.count()).select_from(model)) or 0 for model in (Lead, Consent)]
    return counts[0], counts[1]


async def test_the_same_request_again_gets_the_same_answer_and_says_so(app: FastAPI, client: httpx.AsyncClient) -> None:
    first, again = [await client.post(DOOR, json=JSON, headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await _leads(app) == (1, 3)


async def test_the_same_key_with_another_request_is_refused(app: FastAPI, client: httpx.AsyncClient) -> None:
    await client.post(DOOR, json=JSON, headers=KEY)
    answer = await client.post(DOOR, json={**JSON, "message": "Something else."}, headers=KEY)
    assert_problem(answer, 422, "idempotency-key-reused")
    assert (await client.post(DOOR, json=JSON, headers=KEY)).status_code == 201
    assert await _leads(app) == (1, 3)


async def test_twenty_at_once_make_one_lead_and_all_are_answered(app: FastAPI, client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post(DOOR, json=JSON, headers=KEY) for _ in range(20)))
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    assert await _leads(app) == (1, 3)


async def test_twins_without_a_key_are_both_kept(app: FastAPI, client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post(DOOR, json=JSON) for _ in range(2)))
    assert len({answer.json()["reference"] for answer in answers}) == 2
    assert await _leads(app) == (2, 6)


async def test_a_key_is_forgotten_after_24_hours(app: FastAPI, client: httpx.AsyncClient, clock: FakeClock) -> None:
    first = await client.post(DOOR, json=JSON, headers=KEY)
    clock.move(timedelta(hours=24) - timedelta(seconds=1))
    assert (await client.post(DOOR, json=JSON, headers=KEY)).json() == first.json()
    clock.move(timedelta(seconds=1))
    anew = await client.post(DOOR, json={**JSON, "message": "Something else."}, headers=KEY)
    assert anew.status_code == 201
    assert anew.json()["reference"] != first.json()["reference"]
    assert "idempotent-replayed" not in anew.headers
    assert await _leads(app) == (2, 6)


async def test_a_replay_may_come_in_another_encoding(app: FastAPI, client: httpx.AsyncClient) -> None:
    answers = [
        await client.post(DOOR, json=JSON, headers=KEY),
        await client.post(DOOR, data={**FLAT, "fq_key": KEY["Idempotency-Key"]}),
        await client.post(DOOR, files={**PARTS, "fq_key": (None, KEY["Idempotency-Key"])}),
        await client.post(DOOR, files=PARTS, headers=KEY),  # under another boundary
    ]
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", "true", "true"]
    assert await _leads(app) == (1, 3)


async def test_fields_of_our_own_are_no_part_of_the_request(client: httpx.AsyncClient) -> None:
    first = await client.post(DOOR, json={**JSON, "fq_token": "a", "fq_lang": "en"}, headers=KEY)
    again = await client.post(DOOR, json={**JSON, "fq_token": "b"}, headers=KEY)
    assert again.json() == first.json()


async def test_only_accepted_requests_are_remembered(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert (await client.post(DOOR, json={**JSON, "email": "nonsense"}, headers=KEY)).status_code == 422
    assert (await client.post(DOOR, json=JSON, headers=KEY)).status_code == 201
    assert await _leads(app) == (1, 3)


async def test_forms_do_not_share_keys(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain"})
    answers = [await client.post(f"{DOOR}?form={form}", json=JSON, headers=KEY) for form in ("default", "clinic-es")]
    assert len({answer.json()["reference"] for answer in answers}) == 2


async def test_the_header_counts_before_the_field(client: httpx.AsyncClient) -> None:
    first = await client.post(DOOR, json={**JSON, "fq_key": "one"}, headers=KEY)
    other = await client.post(DOOR, json={**JSON, "fq_key": "one"})
    assert first.json()["reference"] != other.json()["reference"]


async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    for key in NO_KEYS:
        by_field = assert_problem(await client.post(DOOR, json={**JSON, "fq_key": key}), 422, "invalid-request")
        assert [error["pointer"] for error in by_field["errors"]] == ["/fq_key"]
        by_header = await client.post(DOOR, json=JSON, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
        assert_problem(by_header, 422, "invalid-request")
