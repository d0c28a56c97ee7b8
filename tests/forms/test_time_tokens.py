"""Time tokens: ours, for one form, and of a known age."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.forms.time_tokens import is_current, issue, issued_at
from tests.support.clock import FakeClock

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SECRET, OTHER = b"s" * 32, b"o" * 32


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not touch it."""
    return sqlite_url


def test_a_token_says_when_it_was_made_and_is_never_the_same() -> None:
    tokens = {issue(SECRET, "clinic-es", NOW) for _ in range(20)}
    assert len(tokens) == 20
    assert {issued_at(SECRET, "clinic-es", token) for token in tokens} == {NOW}
    assert {len(token) for token in tokens} == {40}


def test_a_token_of_another_form_or_house_or_with_one_letter_changed_is_none_of_ours() -> None:
    token = issue(SECRET, "clinic-es", NOW)
    assert issued_at(SECRET, "clinic-de", token) is None
    assert issued_at(OTHER, "clinic-es", token) is None
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert issued_at(SECRET, "clinic-es", changed) is None


@pytest.mark.parametrize("text", ["", "é", "a" * 39, "a" * 41, "====", "\x00" * 40, "a" * 70_000])
def test_what_is_no_token_is_none(text: str) -> None:
    assert issued_at(SECRET, "clinic-es", text) is None


def test_a_token_is_current_for_a_day() -> None:
    token = issue(SECRET, "clinic-es", NOW)
    assert is_current(SECRET, "clinic-es", token, NOW + timedelta(hours=24))
    assert not is_current(SECRET, "clinic-es", token, NOW + timedelta(hours=24, seconds=1))


async def test_a_page_fetches_a_token_that_no_cache_keeps(
    app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    answer = await client.get("/v1/forms/default/token", headers={"Origin": "https://clinic.example"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    secret = app.state.parts.keyring.form_tokens
    assert issued_at(secret, "default", answer.json()["token"]) == clock.now()
    assert (await client.get("/v1/forms/nowhere/token")).json()["code"] == "form-not-found"
