"""Webhooks, over real sockets."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from time import monotonic
from typing import Any

import pytest
from standardwebhooks import Webhook

from app import VERSION
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.webhook import WebhookSender
from app.destinations.guard import Guard
from app.destinations.signing import new_secret
from tests.support.raw import Handler, raw_server
from tests.support.sink import Answer, HttpSink

LOOPBACK = Guard((ip_network("127.0.0.0/8"),))
SECRET = new_secret()
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
EVENT = "0199a0b0-0000-7000-8000-000000000001"
BODY = b'{"type": "lead.created"}'


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    async with sending() as made:
        yield made


@asynccontextmanager
async def sending(guard: Guard = LOOPBACK, **parts: Any) -> AsyncIterator[WebhookSender]:
    made = WebhookSender(guard, **parts)
    try:
        yield made
    finally:
        await made.aclose()


@asynccontextmanager
async def listening(answer: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def after_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer(reader, writer)

    async with raw_server(after_the_head, tls=tls) as port:
        yield port


def saying(*chunks: bytes, pause: float = 0) -> Handler:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


SILENCE = saying(b"", pause=60)


async def post(sender: WebhookSender, url: str, at: datetime = NOW) -> Outcome:
    return await sender.send(url, [SECRET], EVENT, BODY, at)


async def test_a_post_is_signed_so_that_a_consumers_own_library_accepts_it(
    sender: WebhookSender, http_sink: HttpSink
) -> None:
    outcome = await post(sender, http_sink.url("/hook?key=1"), datetime.now(UTC))
    assert (outcome.verdict, outcome.status_code) == (Verdict.DELIVERED, 200)
    (request,) = http_sink.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?key=1", BODY)
    Webhook(SECRET).verify(request.body, dict(request.headers))
    assert request.headers["webhook-id"] == EVENT
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == f"Freequote/{VERSION}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["host"] == f"127.0.0.1:{http_sink.port}"


async def test_another_content_type_can_be_sent(sender: WebhookSender, http_sink: HttpSink) -> None:
    await sender.send(http_sink.url(), [], EVENT, b"a=1", NOW, "application/x-www-form-urlencoded")
    assert http_sink.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, Verdict.DELIVERED) for status in (200, 201, 202, 204, 299)),
        *((status, Verdict.RETRY) for status in (300, 304, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504, 599)),
        (410, Verdict.GONE),
    ],
)
async def test_the_status_decides(sender: WebhookSender, http_sink: HttpSink, status: int, verdict: Verdict) -> None:
    http_sink.otherwise = Answer(status)
    outcome = await post(sender, http_sink.url())
    assert (outcome.verdict, outcome.status_code) == (verdict, status)
    assert f"the endpoint answered {status}" in outcome.reason
    assert len(http_sink.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_never_followed(
    sender: WebhookSender, http_sink: HttpSink, status: int
) -> None:
    http_sink.otherwise = Answer(status, headers={"location": http_sink.url("/elsewhere")})
    outcome = await post(sender, http_sink.url("/hook"))
    assert outcome.verdict is Verdict.RETRY
    assert "redirects are not followed" in outcome.reason
    assert [request.path for request in http_sink.requests] == ["/hook"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta()),
        ("Mon, 23 Nov 2026 10:30:00 GMT", timedelta(minutes=30)),
        ("Mon, 23 Nov 2026 09:00:00 GMT", timedelta()),
        ("Mon, 23 Nov 2026 10:30:00 -0000", timedelta(minutes=30)),
        ("soon", None),
        ("-5", None),
        ("1" * 400, None),
        ("٣", None),
        ("Mon, 99 Nov 99999 10:30:00 GMT", None),
    ],
)
async def test_retry_after_is_read_in_seconds_and_as_a_date(
    sender: WebhookSender, http_sink: HttpSink, status: int, header: str, wait: timedelta | None
) -> None:
    http_sink.otherwise = Answer(status, headers={"retry-after": header})
    outcome = await post(sender, http_sink.url())
    assert (outcome.verdict, outcome.retry_after) == (Verdict.RETRY, wait)


async def test_a_silent_endpoint_is_left_at_the_deadline() -> None:
    async with listening(SILENCE) as port, sending(deadline=0.3) as sender:
        started = monotonic()
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
    assert monotonic() - started < 2
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "no answer within 0.3 s")
    assert 250 <= outcome.duration_ms <= 2000


async def test_a_head_that_drips_is_left_at_the_deadline() -> None:
    drip = saying(b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n"] * 100, pause=0.1)
    async with listening(drip) as port, sending(deadline=0.5) as sender:
        started = monotonic()
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
    assert monotonic() - started < 2
    assert outcome.verdict is Verdict.RETRY


async def test_a_body_that_drips_is_cut_at_the_deadline_and_the_status_stands() -> None:
    drip = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", *[b"."] * 100, pause=0.1)
    async with listening(drip) as port, sending(deadline=0.5) as sender:
        started = monotonic()
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
    assert monotonic() - started < 2
    assert (outcome.verdict, outcome.status_code) == (Verdict.DELIVERED, 200)
    assert set(outcome.excerpt) == {ord(".")}


@pytest.mark.parametrize("status", [200, 500])
async def test_an_endless_answer_is_cut_and_its_connection_closed(status: int) -> None:
    sent, closed = 0, asyncio.Event()

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 %d X\r\n\r\n" % status)
        try:
            while True:
                writer.write(b"a" * 65536)
                await writer.drain()
                sent += 65536
        finally:
            closed.set()

    async with listening(pour) as port, sending() as sender:
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
        await asyncio.wait_for(closed.wait(), 5)
    assert outcome.status_code == status
    assert outcome.excerpt == b"a" * 1024
    # What lies in the sockets' buffers was sent but not read.
    assert sent < 32 * 1024 * 1024


async def test_a_gzip_bomb_stays_packed(sender: WebhookSender, http_sink: HttpSink) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    http_sink.otherwise = Answer(200, bomb, {"content-encoding": "gzip"})
    outcome = await post(sender, http_sink.url())
    assert outcome.verdict is Verdict.DELIVERED
    assert outcome.excerpt == bomb[:1024]


async def test_a_broken_body_does_not_undo_the_receipt(sender: WebhookSender) -> None:
    async with listening(saying(b"HTTP/1.1 202 OK\r\ncontent-length: 500\r\n\r\nthanks")) as port:
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
    assert (outcome.verdict, outcome.excerpt) == (Verdict.DELIVERED, b"thanks")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "the endpoint closed the connection without an answer"),
        (b"220 mail.example ESMTP\r\n\r\n", "the endpoint's answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20_000 + b"\r\n\r\n", "the endpoint's answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", "the endpoint's answer is not HTTP"),
    ],
)
async def test_an_answer_that_is_none_is_tried_again(sender: WebhookSender, said: bytes, reason: str) -> None:
    async with listening(saying(said)) as port:
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
    assert (outcome.verdict, outcome.reason, outcome.status_code) == (Verdict.RETRY, reason, None)


async def test_nobody_listening_is_a_refused_connection(sender: WebhookSender, free_port: int) -> None:
    outcome = await post(sender, f"http://127.0.0.1:{free_port}/")
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "connection refused")


async def test_no_cookie_comes_back(sender: WebhookSender, http_sink: HttpSink) -> None:
    http_sink.otherwise = Answer(200, headers={"set-cookie": "session=1; Path=/"})
    await post(sender, http_sink.url())
    await post(sender, http_sink.url())
    assert ["cookie" in request.headers for request in http_sink.requests] == [False, False]


async def test_no_proxy_of_the_environment_is_used(
    http_sink: HttpSink, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, http_sink.url())
    async with sending() as sender:
        outcomes = [await post(sender, f"{scheme}://127.0.0.1:{free_port}/") for scheme in ("http", "https")]
    assert [outcome.reason for outcome in outcomes] == ["connection refused"] * 2
    assert http_sink.requests == []


async def test_a_connection_is_used_again() -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await reader.readexactly(len(BODY))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await reader.readuntil(b"\r\n\r\n")

    async with listening(answer) as port, sending() as sender:
        for _ in range(3):
            assert (await post(sender, f"http://127.0.0.1:{port}/")).verdict is Verdict.DELIVERED
    assert connections == 1


async def test_one_slow_endpoint_does_not_hold_up_another(http_sink: HttpSink) -> None:
    async with listening(SILENCE) as port, sending() as sender:
        slow = [asyncio.create_task(post(sender, f"http://127.0.0.1:{port}/")) for _ in range(40)]
        started = monotonic()
        outcome = await post(sender, http_sink.url())
        assert outcome.verdict is Verdict.DELIVERED
        assert monotonic() - started < 1
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_an_endpoint_that_does_not_read_the_post_is_left_at_the_deadline() -> None:
    async with listening(SILENCE) as port, sending(deadline=0.5) as sender:
        outcome = await sender.send(f"http://127.0.0.1:{port}/", [], EVENT, b"x" * 20_000_000, NOW)
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "no answer within 0.5 s")
    assert outcome.duration_ms < 2000


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_an_endpoint_that_answers_without_reading_the_post_has_answered() -> None:
    hasty = saying(b"HTTP/1.1 413 Too much\r\ncontent-length: 0\r\n\r\n", pause=5)
    async with listening(hasty) as port, sending(deadline=1) as sender:
        outcome = await sender.send(f"http://127.0.0.1:{port}/", [], EVENT, b"x" * 20_000_000, NOW)
    assert (outcome.verdict, outcome.status_code) == (Verdict.RETRY, 413)
    assert outcome.duration_ms < 2000


async def test_a_reason_phrase_that_is_not_utf8_does_no_harm(sender: WebhookSender) -> None:
    async with listening(saying("HTTP/1.1 200 Succès\r\ncontent-length: 0\r\n\r\n".encode("latin-1"))) as port:
        outcome = await post(sender, f"http://127.0.0.1:{port}/")
    assert (outcome.verdict, outcome.status_code) == (Verdict.DELIVERED, 200)
