"""Proofs of work: of a challenge of ours, for one form, truly solved."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.forms.proofs import GREATEST_NUMBER, VALID, Challenge, challenge, proven
from tests.support.proofs import payload_of, solved

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SECRET, OTHER = b"s" * 32, b"o" * 32


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not touch it."""
    return sqlite_url


def test_a_solution_proves_the_work_and_says_until_when() -> None:
    given = challenge(SECRET, "clinic-es", NOW)
    found = proven(SECRET, "clinic-es", solved(given))
    assert found is not None
    assert (found.signature, found.expires_at) == (given.signature, NOW + VALID)


def test_no_two_challenges_are_equal() -> None:
    assert len({challenge(SECRET, "clinic-es", NOW).salt for _ in range(20)}) == 20


def _changed(**other: Any) -> str:
    given = challenge(SECRET, "clinic-es", NOW)
    sent = json.loads(base64.b64decode(solved(given)))
    return payload_of({**sent, **other})


def test_of_another_form_or_house_it_proves_nothing() -> None:
    payload = _changed()
    assert proven(SECRET, "clinic-es", payload) is not None
    assert proven(SECRET, "clinic-de", payload) is None
    assert proven(OTHER, "clinic-es", payload) is None


@pytest.mark.parametrize("number", [-1, GREATEST_NUMBER + 1, True, "5", 1.0, None, 2**70])
def test_a_wrong_number_proves_nothing(number: object) -> None:
    assert proven(SECRET, "clinic-es", _changed(number=number)) is None


@pytest.mark.parametrize("name", ["salt", "challenge", "signature"])
@pytest.mark.parametrize("value", ["", "é", None, 5, "a" * 64])
def test_a_part_that_is_not_ours_proves_nothing(name: str, value: object) -> None:
    assert proven(SECRET, "clinic-es", _changed(**{name: value})) is None


def test_its_own_challenge_with_somebody_elses_signature_proves_nothing() -> None:
    salt = f"{secrets.token_hex(12)}?expires=9999999999&form=clinic-es&"
    made_up = sha256(f"{salt}5".encode()).hexdigest()
    assert proven(SECRET, "clinic-es", _changed(salt=salt, number=5, challenge=made_up)) is None


def test_no_digit_moves_from_the_number_into_the_salt() -> None:
    given = challenge(SECRET, "clinic-es", NOW)
    sent = json.loads(base64.b64decode(solved(given)))
    digits = str(sent["number"])
    for place in range(1, len(digits)):
        spliced = {**sent, "salt": sent["salt"] + digits[:place], "number": int(digits[place:])}
        assert proven(SECRET, "clinic-es", payload_of(spliced)) is None


@pytest.mark.parametrize("text", ["", "é", "====", "bnVsbA==", "W10=", "e30=", "{}", "a" * 70_000])
def test_what_is_no_payload_proves_nothing(text: str) -> None:
    assert proven(SECRET, "clinic-es", text) is None


async def test_a_page_fetches_a_challenge_that_no_cache_keeps(app: FastAPI, client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/forms/default/challenge", headers={"Origin": "https://clinic.example"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    secret, now = app.state.parts.keyring.form_tokens, app.state.parts.clock.now()
    found = proven(secret, "default", solved(Challenge(**answer.json())))
    assert found is not None
    assert timedelta(hours=23) < found.expires_at - now <= VALID
    assert (await client.get("/v1/forms/nowhere/challenge")).json()["code"] == "form-not-found"
