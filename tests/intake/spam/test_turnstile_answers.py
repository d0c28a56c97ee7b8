"""What Cloudflare says of a token, and what it does not say, which harms nobody."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from structlog.testing import capture_logs

from app.deliveries.asking import GuardedAsking
from app.forms.configuration import changed
from app.forms.models import Form
from app.intake.spam import turnstile
from app.intake.spam.turnstile import MISSING, UNANSWERED, USED, WRONG, Turnstile
from app.settings import Settings, read_settings
from tests.intake.enquiry import DOOR
from tests.intake.spam.corpus import body
from tests.support.clock import FakeClock
from tests.support.cloudflare import Siteverify
from tests.support.network import unused_port
from tests.support.sink import Answer

FIELD = "cf-turnstile-response"


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, siteverify: Siteverify) -> Settings:
    """Give an installation that has Turnstile's keys; of the database nothing is asked here."""
    environ = {"FREEQUOTE_DATABASE_URL": sqlite_url, "FREEQUOTE_DATA_DIR": str(tmp_path / "data")}
    return read_settings({**environ, **siteverify.settings})


class _Moments:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def moments() -> _Moments:
    """Give a clock of seconds that stands still."""
    return _Moments()


@pytest.fixture
async def asks(siteverify: Siteverify, clock: FakeClock, moments: _Moments) -> AsyncIterator[Turnstile]:
    """Give a Turnstile without a house around it, which waits for a quarter of a second."""
    settings = read_settings(siteverify.settings)
    asking = GuardedAsking(settings.allow_networks, clock, 0.25)
    yield Turnstile(settings, asking, moments)
    await asking.aclose()


async def test_what_cloudflare_says_is_understood(asks: Turnstile) -> None:
    token, question = f"good-{uuid4()}", uuid4()
    assert await asks.sign_of(token, question) is None
    assert await asks.sign_of(token, question) is None
    assert await asks.sign_of(token, uuid4()) == USED
    assert await asks.sign_of(f"bad-{uuid4()}", uuid4()) == WRONG
    assert await asks.sign_of("", uuid4()) == await asks.sign_of(None, uuid4()) == MISSING


@pytest.mark.parametrize("token", ["a" * 2049, "two words", "näh", "\x00", '["a", "b"]'])
async def test_what_can_be_no_token_is_not_asked_about(token: str, asks: Turnstile, siteverify: Siteverify) -> None:
    assert await asks.sign_of(token, uuid4()) == WRONG
    assert siteverify.asked == []


HELPLESS = {
    "500": Answer(500),
    "500 that says no": Answer(500, b'{"success": false, "error-codes": ["invalid-input-response"]}'),
    "nothing in time": Answer(delay=0.6),
    "a page": Answer(403, b"<h1>Sorry</h1>"),
    "half": Answer(200, b'{"success": tr'),
    "another shape": Answer(200, b'{"success": "perhaps", "error-codes": 7}'),
    "a list": Answer(200, b"[]"),
    "too much": Answer(200, b'{"success": true, "x": "' + b"x" * 5_000_000 + b'"}'),
    "a redirect": Answer(302, headers={"Location": "/elsewhere"}),
}


@pytest.mark.parametrize("answer", HELPLESS.values(), ids=HELPLESS)
async def test_where_cloudflare_is_no_help_nothing_speaks_against_anybody_and_nobody_waits_again(
    answer: Answer, asks: Turnstile, siteverify: Siteverify, moments: _Moments
) -> None:
    siteverify.answers.append(answer)
    token = f"good-{uuid4()}"
    with capture_logs() as lines:
        assert await asks.sign_of(token, uuid4()) == UNANSWERED
        assert await asks.sign_of(token, uuid4()) == UNANSWERED
        assert len(siteverify.asked) == 1
        moments.now = turnstile.REST_SECONDS
        assert await asks.sign_of(token, uuid4()) is None
    assert [(line["log_level"], set(line)) for line in lines] == [("warning", {"event", "log_level", "reason"})]
    assert token not in str(lines)


async def test_a_question_that_is_not_taken_is_ours_to_mend_and_makes_nobody_rest(
    asks: Turnstile, siteverify: Siteverify, moments: _Moments
) -> None:
    said = Answer(200, b'{"success": false, "error-codes": ["invalid-input-secret"]}')
    siteverify.answers.extend([said] * 3)
    with capture_logs() as lines:
        for moments.now in (0.0, turnstile.WARN_EVERY_SECONDS - 1, turnstile.WARN_EVERY_SECONDS):
            assert await asks.sign_of("good", uuid4()) == UNANSWERED
    assert len(siteverify.asked) == 3
    assert len(lines) == 2
    assert "FREEQUOTE_TURNSTILE_SECRET" in str(lines)


@pytest.mark.parametrize("allowed", ["127.0.0.0/8", ""])
async def test_where_nobody_answers_or_the_guard_forbids_it_requests_are_taken(
    allowed: str, siteverify: Siteverify, clock: FakeClock
) -> None:
    url = f"http://127.0.0.1:{unused_port()}/" if allowed else siteverify.url()
    environ = {"FREEQUOTE_TURNSTILE_URL": url, "FREEQUOTE_ALLOW_NETWORKS": allowed}
    settings = read_settings({**siteverify.settings, **environ})
    asking = GuardedAsking(settings.allow_networks, clock, 0.25)
    assert await Turnstile(settings, asking).sign_of("good", uuid4()) == UNANSWERED
    assert siteverify.asked == []
    await asking.aclose()


async def test_without_keys_the_switch_does_nothing(siteverify: Siteverify, clock: FakeClock) -> None:
    settings = read_settings({"FREEQUOTE_TURNSTILE_URL": siteverify.url(), "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8"})
    asking = GuardedAsking(settings.allow_networks, clock, 0.25)
    assert await Turnstile(settings, asking).sign_of(None, uuid4()) is None
    assert await Turnstile(settings, asking).sign_of("bad", uuid4()) is None
    assert siteverify.asked == []


async def test_nobody_waits_for_cloudflare_longer_than_two_seconds(
    app: FastAPI, client: httpx.AsyncClient, siteverify: Siteverify
) -> None:
    async with app.state.parts.database.begin() as session:
        await session.execute(update(Form).values(turnstile=True))
        await changed(session)
    siteverify.answers.extend([Answer(delay=6)] * 3)

    async def send() -> int:
        return (await client.post(DOOR, json=body(**{FIELD: f"good-{uuid4()}"}))).status_code

    began = perf_counter()
    assert await asyncio.gather(*(send() for _ in range(3))) == [201] * 3
    assert turnstile.PATIENCE_SECONDS <= perf_counter() - began < 2 * turnstile.PATIENCE_SECONDS
    began = perf_counter()
    assert await send() == 201
    assert perf_counter() - began < turnstile.PATIENCE_SECONDS
    assert len(siteverify.asked) == 3
