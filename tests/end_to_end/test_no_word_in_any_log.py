"""What a visitor wrote appears in no line that any process prints, whatever happens to it."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tests.support.postgres import Postgres
from tests.support.process import Service
from tests.support.sink import Answer, HttpSink
from tests.support.smtp import SmtpServer
from tests.support.waiting import eventually

DOOR = "/v1/quote-requests"
NAME, EMAIL, PHONE = "Quillfeather Canarybird", "quill.canary@feather.example", "+34699111222"
MESSAGE = "hush-hush-hush"
CANARIES = ("quillfeather", "canarybird", "quill.canary", "feather.example", "699111222", "699 111 222", MESSAGE)
EVERYTHING = f"{NAME} {EMAIL} {PHONE} {MESSAGE}"
KEY = {"Idempotency-Key": EVERYTHING.replace(" ", ":")}
ENQUIRY: dict[str, Any] = {
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
    "country": "ES",
    "condition": MESSAGE,
    "message": f"{MESSAGE} {EVERYTHING}",
    "consent": {"privacy": True, "health_data": True},
}
FLAT = {**ENQUIRY, "consent.privacy": "on", "consent.health_data": "on"}
del FLAT["consent"]
FIELDS = (
    *("form", "name", "email", "phone", "country", "language", "timezone", "preferred_contact", "condition"),
    *("treatment", "message", "timeline", "budget", "destination_countries", "relationship", "patient_name"),
    *("patient_age", "guardian_name", "consent", "attribution", "answers", "redirect", "fq_key", MESSAGE),
)
HEADERS = ("User-Agent", "Referer", "Cookie", "Authorization", "Accept-Language", "X-Forwarded-For")
REQUEST_IDS = ("quill.canary", "Quillfeather", "34699111222", EVERYTHING)
PAGES = ("/{}", "/forms/{}", "/forms/default?name={}", "/forms/default/thanks?reference={}", "/problems/{}", "/docs?{}")
SOCKET = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aGVsbG8gd29ybGQgMTIzNA=="
NOT_HTTP = (
    f"GET /{MESSAGE} HTTP/9.9\r\nHost: {EMAIL}\r\n\r\n",
    f"{EVERYTHING}\r\n\r\n",
    f"POST {DOOR} HTTP/1.1\r\nHost: x\r\n{EMAIL}: {NAME}\r\n\r\n",
    f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{MESSAGE}\r\n",
    f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{EVERYTHING}",
    f"GET /?q={quote(EMAIL)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{SOCKET}\r\n\r\n",
)


async def test_what_a_visitor_wrote_is_in_no_log(
    service: Service, http_sink: HttpSink, smtp_server: SmtpServer
) -> None:
    # On each kind of database door and worker write one format each, the other way round on the other.
    form, other = ("json", "text") if _is_sqlite(service) else ("text", "json")
    service.environ = {
        **service.environ,
        "FREEQUOTE_BURST": "100000/1s",
        "FREEQUOTE_LOG_LEVEL": "debug",
        "FREEQUOTE_LOG_FORMAT": form,
    }
    door = await service.serve("--no-worker")
    service.environ = {**service.environ, "FREEQUOTE_LOG_FORMAT": other}
    worker = service.start("worker")
    staff = {"Authorization": f"Bearer {service.first_key()}"}
    _make_the_world_talk_back(http_sink, smtp_server)
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        await _set_up(client, staff, http_sink.url("/crm"))
        await _post_what_is_accepted(client)
        await http_sink.received(4)
        await _post_what_is_refused(client)
        await _ask_for_what_is_not_there(client, staff)
        for said in NOT_HTTP:
            await _say(service.port, said)
        async with _a_table_gone(service):
            await _assert_out_of_reach(client)
            service.run("lead", "list", code=3 if _is_sqlite(service) else 1)
        async with _the_database_away(service):
            await _assert_out_of_reach(client)
        assert (await client.post(DOOR, json=ENQUIRY)).status_code == httpx.codes.CREATED, "it has recovered"
        await eventually(lambda: {b"webhook", b"email"} <= _kinds_tried(service))
    assert door.poll() is None
    assert worker.poll() is None
    service.stop()
    _assert_silent(service, form)


def _make_the_world_talk_back(http_sink: HttpSink, smtp_server: SmtpServer) -> None:
    """Let the servers behind the destinations repeat what they are told, where they should not."""
    words = EVERYTHING.encode()
    http_sink.answers.extend(
        [
            Answer(500, words, {"Set-Cookie": f'{MESSAGE}@[]="{EMAIL}"; Domain={MESSAGE}'}),
            Answer(302, words, {"Location": f"http://{EMAIL}/{MESSAGE}"}),
            Answer(503, words, {"Retry-After": EMAIL}),
        ]
    )
    smtp_server.refused["gone@clinic.example"] = f"550 5.1.1 {EMAIL} is unknown here"
    smtp_server.replies.append(f"451 4.3.0 {MESSAGE} later")


async def _set_up(client: httpx.AsyncClient, staff: dict[str, str], webhook: str) -> None:
    """Make destinations, and a form for one site only."""
    for kind, field, address in (
        ("webhook", "url", webhook),
        ("email", "address", "gone@clinic.example"),
        ("email", "address", "desk@clinic.example"),
    ):
        new = {"kind": kind, field: address, "include": "full"}
        assert (await client.post("/v1/destinations", json=new, headers=staff)).status_code == httpx.codes.CREATED
    strict = {"key": "strict", "name": "Strict", "origins": ["https://clinic.example"]}
    assert (await client.post("/v1/forms", json=strict, headers=staff)).status_code == httpx.codes.CREATED


async def _post_what_is_accepted(client: httpx.AsyncClient) -> None:
    odd = dict.fromkeys(HEADERS, EVERYTHING)
    answers = [
        await client.post(DOOR, json=ENQUIRY, headers={**odd, **KEY}),
        await client.post(DOOR, data=FLAT),
        await client.post(DOOR, files={name: (None, text) for name, text in FLAT.items()}),
        await client.post(DOOR, data=FLAT, headers={"Accept": "text/html"}, params={"email": EMAIL}),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 303]
    for request_id in REQUEST_IDS:
        answer = await client.get("/healthz", headers={"X-Request-ID": request_id})
        assert answer.headers["X-Request-ID"] != request_id


async def _post_what_is_refused(client: httpx.AsyncClient) -> None:
    browser = {"Accept": "text/html"}
    json_type = {"Content-Type": "application/json"}
    for field in FIELDS:
        for wrong in ({EMAIL: EVERYTHING}, [{MESSAGE: NAME}], f"\x00{EVERYTHING}"):
            answer = await client.post(DOOR, json={**ENQUIRY, field: wrong})
            assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR
        answer = await client.post(DOOR, data={**FLAT, field: EVERYTHING * 200}, headers=browser)
        assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR
    elsewhere = {"Origin": f"https://{MESSAGE}.example"}
    multipart = {"Content-Type": f"multipart/form-data; boundary={MESSAGE}"}
    answers = [
        await client.post(DOOR, json={**ENQUIRY, "message": NAME}, headers=KEY),
        await client.post(DOOR, content=json.dumps(ENQUIRY)[:-1], headers=json_type),
        await client.post(DOOR, content=json.dumps(ENQUIRY).encode() + b"\xff\xfe", headers=json_type),
        await client.post(DOOR, content=f"--{MESSAGE}\r\n{EVERYTHING}".encode(), headers=multipart),
        await client.post(DOOR, content=EVERYTHING * 2000, headers=json_type),
        await client.post(DOOR, content=EVERYTHING, headers={"Content-Type": f"text/{MESSAGE}"}),
        await client.post(DOOR, json=ENQUIRY, params={"form": MESSAGE}),
        await client.post(DOOR, json={**ENQUIRY, "form": EMAIL}),
        await client.post(DOOR, json={**ENQUIRY, "form": "strict"}, headers=elsewhere),
    ]
    statuses = [answer.status_code for answer in answers]
    assert all(status in {400, 403, 404, 409, 413, 415, 422} for status in statuses), statuses
    assert {403, 404, 413, 415, 422} <= set(statuses)


async def _ask_for_what_is_not_there(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    words = quote(EVERYTHING)
    for page in PAGES:
        path = page.format(words)
        assert (await client.get(path)).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    for path in (f"/v1/leads/{words}", f"/v1/leads?form={words}&country={words}&cursor={words}"):
        assert (await client.get(path, headers=staff)).status_code < httpx.codes.INTERNAL_SERVER_ERROR
        answer = await client.get(path, headers={"Authorization": f"Bearer {MESSAGE}"})
        assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert (await client.request("QUILLFEATHER", DOOR)).status_code == httpx.codes.METHOD_NOT_ALLOWED


async def _say(port: int, said: str) -> None:
    """Say something to the door, hear what it answers for a moment, and hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said.encode())
    with suppress(TimeoutError, OSError):
        await asyncio.wait_for(reader.read(), 0.3)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def _a_table_gone(service: Service) -> AsyncIterator[None]:
    await asyncio.to_thread(_execute, service, "ALTER TABLE leads RENAME TO leads_gone")
    yield
    await asyncio.to_thread(_execute, service, "ALTER TABLE leads_gone RENAME TO leads")


def _execute(service: Service, statement: str) -> None:
    url = service.environ["FREEQUOTE_DATABASE_URL"]
    if not _is_sqlite(service):
        Postgres(url).run(statement)
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as connection:
        connection.execute(statement)
        connection.commit()


@asynccontextmanager
async def _the_database_away(service: Service) -> AsyncIterator[None]:
    """Lock the file for longer than anybody waits, or let the server hang up and take no calls."""
    url = service.environ["FREEQUOTE_DATABASE_URL"]
    if _is_sqlite(service):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")
        return
    server, name = Postgres(urlsplit(url)._replace(path="/postgres").geturl()), urlsplit(url).path[1:]
    server.run(
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    yield
    server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def _assert_out_of_reach(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        client.post(DOOR, json=ENQUIRY, headers={"Idempotency-Key": MESSAGE}),
        client.post(DOOR, data=FLAT, headers={"Accept": "text/html"}),
    )
    for answer in answers:
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(answer.headers["Retry-After"]) > 0
    assert (await client.get("/healthz")).status_code == httpx.codes.OK


def _is_sqlite(service: Service) -> bool:
    return service.environ["FREEQUOTE_DATABASE_URL"].startswith("sqlite")


def _kinds_tried(service: Service) -> set[bytes]:
    log = service.log.read_bytes()
    return {kind for kind in (b"webhook", b"email") if re.search(rb"kind.{1,20}" + kind, log)}


def _assert_silent(service: Service, form: str) -> None:
    log = service.log.read_text(encoding="utf-8").casefold()
    lines = [line for line in log.splitlines() if "request_id" in line and DOOR in line]
    assert len(lines) > len(FIELDS), "the requests are not in the log"
    assert all(line.startswith("{") is (form == "json") for line in lines)
    assert [canary for canary in CANARIES if canary in log] == []
