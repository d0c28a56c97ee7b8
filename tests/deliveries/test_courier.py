"""Leads on their way to CRMs: each preset against its endpoint's rules, on both databases, over real sockets."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.deliveries.models import Attempt
from app.destinations import credentials
from app.destinations import service as destinations
from app.destinations.connection import OAuth2
from app.destinations.formats import FormatName
from app.destinations.shapes import Include
from tests.deliveries.at_crms import crm, delivery_of, preset
from tests.destinations.crm import TOKEN, Crm
from tests.destinations.presets import BEARER, PRESETS
from tests.support.clock import FakeClock
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink

__all__ = ["crm"]

OAUTH: dict[str, Any] = {"kind": "oauth2", "client_id": "us", "client_secret": "s3cret & more", "scope": "leads"}


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that says today: who verifies a signature refuses an old one."""
    return FakeClock(datetime.now(UTC))


@pytest.mark.parametrize("name", [name for name in FormatName if name not in {"standard", "custom", "pipedrive"}])
@pytest.mark.parametrize("include", [Include.CONTACT, Include.FULL])
async def test_every_preset_keeps_the_rules_of_its_endpoint(name: str, include: Include, desk: Desk, crm: Crm) -> None:
    settings = dict(PRESETS[name].get("settings", {}))
    if include is Include.CONTACT:
        settings.pop("fields", None)
    await preset(desk, crm, name, include=include, settings=settings)
    long_name = "Wilhelmina " * 10 + "von der Heydenreich-Oppersdorff"
    leads = [await desk.lead(), await desk.lead(person={"name": long_name, "email": "w@mail.example", "phone": None})]
    await desk.engine.run_until_idle()
    assert crm.refusals == []
    assert [kind for kind, _ in crm.taken] == [name.removesuffix("-web-to-lead")] * 2
    text = json.dumps([body for _, body in crm.taken], ensure_ascii=False)
    assert ("multiple sclerosis" in text, "How long is the stay?" in text) == (include is Include.FULL,) * 2
    assert [(await delivery_of(desk, lead.id)).state for lead in leads] == ["delivered"] * 2


async def test_what_zoho_refuses_with_a_2xx_is_not_taken_for_delivered(desk: Desk, http_sink: HttpSink) -> None:
    refusal = {"data": [{"code": "MANDATORY_NOT_FOUND", "status": "error"}]}
    http_sink.otherwise = Answer(202, json.dumps(refusal).encode())
    await desk.webhook(http_sink.url(), format="zoho", auth=BEARER, settings={"reference_field": "Reference"})
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    waiting = await delivery_of(desk, lead.id)
    assert (waiting.state, waiting.reason) == ("pending", "Zoho took nothing: MANDATORY_NOT_FOUND")


async def test_for_a_day_after_a_rotation_both_secrets_sign(desk: Desk, http_sink: HttpSink) -> None:
    made = await desk.webhook(http_sink.url())
    parts = (desk.house.database, desk.house.keyring, made.id)
    rotated = await destinations.rotate_secret(*parts, desk.clock.now())
    assert rotated.previous_until == desk.clock.now() + timedelta(hours=24)
    await desk.lead()
    await desk.engine.run_until_idle()
    (both,) = http_sink.requests
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    for secret in (made.secret, rotated.secret):
        Webhook(secret or "").verify(both.body, dict(both.headers))
    desk.clock.move(timedelta(hours=24))
    await desk.lead()
    await desk.engine.run_until_idle()
    one = http_sink.requests[1]
    assert len(one.headers["webhook-signature"].split(" ")) == 1
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(made.secret or "").verify(one.body, dict(one.headers) | _now(one.headers))


def _now(headers: Any) -> dict[str, str]:
    return {"webhook-timestamp": str(int(datetime.now(UTC).timestamp())), "webhook-id": headers["webhook-id"]}


async def test_basic_and_bearer_and_headers_of_the_operators_own_are_sent(desk: Desk, http_sink: HttpSink) -> None:
    basic = {"kind": "basic", "username": "freequote", "password": "pä: word"}
    await desk.webhook(http_sink.url("/basic"), auth=basic, headers={"X-Tenant": "aurora 7"})
    await desk.webhook(http_sink.url("/bearer"), auth=BEARER)
    await desk.webhook(http_sink.url("/own"), headers={"Authorization": "Token abc", "User-Agent": "Clinic"})
    await desk.lead()
    await desk.engine.run_until_idle()
    got = {request.path: request.headers for request in http_sink.requests}
    expected = "Basic " + base64.b64encode("freequote:pä: word".encode()).decode()
    assert (got["/basic"]["authorization"], got["/basic"]["x-tenant"]) == (expected, "aurora 7")
    assert got["/bearer"]["authorization"] == f"Bearer {TOKEN}"
    assert (got["/own"]["authorization"], got["/own"]["user-agent"]) == ("Token abc", "Clinic")


async def test_an_unsigned_format_sends_no_webhook_headers(desk: Desk, crm: Crm, http_sink: HttpSink) -> None:
    made = await desk.webhook(http_sink.url(), format="slack")
    await desk.lead()
    await desk.engine.run_until_idle()
    (request,) = http_sink.requests
    assert [name for name in request.headers if name.startswith("webhook-")] == []
    assert made.secret is None


def token_answer(token: str, **more: Any) -> Answer:
    return Answer(200, json.dumps({"access_token": token, "token_type": "Bearer", **more}).encode())


async def oauth_webhook(desk: Desk, sink: HttpSink, tokens: HttpSink, **changes: Any) -> None:
    await desk.webhook(sink.url(), auth={**OAUTH, "token_url": tokens.url("/token"), **changes})


@pytest.fixture
async def tokens() -> AsyncIterator[HttpSink]:
    made = HttpSink()
    runner = await made.listen()
    yield made
    await runner.cleanup()


async def test_a_token_is_fetched_once_for_many_and_again_when_it_has_ended(
    desk: Desk, http_sink: HttpSink, tokens: HttpSink
) -> None:
    tokens.answers.append(token_answer("first", expires_in=3600))
    tokens.otherwise = token_answer("second", expires_in=0)
    await oauth_webhook(desk, http_sink, tokens)
    for _ in range(5):
        await desk.lead()
    await desk.engine.run_until_idle()
    assert {request.headers["authorization"] for request in http_sink.requests} == {"Bearer first"}
    (asked,) = tokens.requests
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["us"],
        "client_secret": ["s3cret & more"],
        "scope": ["leads"],
    }
    http_sink.answers.append(Answer(401))
    await desk.lead()
    await desk.engine.run_until_idle()
    assert [one.headers["authorization"] for one in http_sink.requests[5:]] == ["Bearer first", "Bearer second"]
    assert len(tokens.requests) == 2
    await desk.lead()
    await desk.engine.run_until_idle()
    assert len(tokens.requests) == 3


async def test_a_refresh_token_and_a_head_with_the_clients_name_are_used_where_asked_for(
    desk: Desk, http_sink: HttpSink, tokens: HttpSink
) -> None:
    tokens.otherwise = token_answer("fresh")
    await oauth_webhook(desk, http_sink, tokens, refresh_token="r3fresh", credentials_in="header", scope=None)
    await desk.lead()
    await desk.engine.run_until_idle()
    (asked,) = tokens.requests
    assert parse_qs(asked.body.decode()) == {"grant_type": ["refresh_token"], "refresh_token": ["r3fresh"]}
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"us:s3cret+%26+more").decode()


async def test_a_second_401_is_a_failure_and_no_third_token_is_fetched(
    desk: Desk, http_sink: HttpSink, tokens: HttpSink
) -> None:
    http_sink.otherwise = Answer(401)
    tokens.otherwise = token_answer("unloved")
    await oauth_webhook(desk, http_sink, tokens)
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    assert (len(http_sink.requests), len(tokens.requests)) == (2, 2)
    assert (await delivery_of(desk, lead.id)).reason == "the endpoint answered 401"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(400, b'{"error": "invalid_client", "echo": "s3cret"}'), "the endpoint answered 400"),
        (Answer(410), "the endpoint answered 410: it wants no more"),
        (Answer(200, b'{"error": "invalid_client"}'), "the token endpoint's answer holds none"),
        (Answer(200, b'{"access_token": "two\\r\\nlines"}'), "the token endpoint's answer holds none"),
        (Answer(200, b"<html>"), "the token endpoint's answer holds none"),
    ],
)
async def test_a_token_that_is_not_to_be_had_is_the_destinations_fault_and_no_secret_is_kept_of_it(
    answer: Answer, reason: str, desk: Desk, http_sink: HttpSink, tokens: HttpSink
) -> None:
    tokens.otherwise = answer
    await oauth_webhook(desk, http_sink, tokens)
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    waiting = await delivery_of(desk, lead.id)
    assert (waiting.state, waiting.reason) == ("pending", f"no access token: {reason}")
    assert http_sink.requests == []
    async with desk.house.database.read() as session:
        attempt = await session.get_one(Attempt, (waiting.id, 1))
        destination = await destinations.get(session, waiting.destination_id)
    assert attempt.excerpt is None
    assert destination.failures_in_row == 1


async def test_a_token_endpoint_is_judged_like_every_other_address(desk: Desk, http_sink: HttpSink) -> None:
    # Allowed when it was saved, and not any more: the same transport, the same guard.
    auth = OAuth2(kind="oauth2", client_id="us", client_secret="x", token_url="http://127.0.0.1:9/")
    made = await desk.webhook(http_sink.url(), auth=auth.model_dump())
    async with desk.house.database.begin() as session:
        row = await destinations.get(session, made.id)
        moved = auth.model_copy(update={"token_url": "http://169.254.169.254/latest/meta-data/"})
        connection = credentials.read_connection(desk.house.keyring, made.id, row.connection)
        row.connection = credentials.seal_connection(
            desk.house.keyring, made.id, connection.model_copy(update={"auth": moved})
        )
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    assert (await delivery_of(desk, lead.id)).reason == "no access token: address is not public"


async def test_a_silent_token_endpoint_takes_no_longer_than_one_attempt_may(
    desk: Desk, http_sink: HttpSink, tokens: HttpSink
) -> None:
    tokens.otherwise = Answer(200, delay=6)
    await oauth_webhook(desk, http_sink, tokens)
    leads = [await desk.lead() for _ in range(3)]
    async with asyncio.timeout(12):
        await desk.engine.run_until_idle()
    reasons = {(await delivery_of(desk, lead.id)).reason for lead in leads}
    assert all("no access token" in (reason or "") for reason in reasons)
