"""How much is read of whom: bodies are capped on every route, and strangers' bodies are not read at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.bodies import BodyCap, RequestTooSlow
from app.problems import MEDIA_TYPE

JSON = {"Content-Type": "application/json"}
WITH_BODIES = [
    *(("POST", "/v1/keys"), ("POST", "/v1/forms"), ("PATCH", "/v1/forms/default"), ("POST", "/v1/destinations")),
    *(("POST", "/v1/forms/default/wordings"), ("PATCH", "/v1/leads/FQ-7K3M9-QXD4H"), ("POST", "/v1/quote-requests")),
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is too large never gets there."""
    return sqlite_url


class Flood:
    """A body that goes on for as long as anybody reads."""

    def __init__(self) -> None:
        self.chunks_read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(1000):
            self.chunks_read += 1
            yield b" " * 4096


def _assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert answer.json()["code"] == code


@pytest.mark.parametrize(("method", "path"), WITH_BODIES)
async def test_a_body_that_turns_out_too_large_is_read_no_further(
    method: str, path: str, staff: httpx.AsyncClient
) -> None:
    flood = Flood()
    _assert_problem(await staff.request(method, path, content=flood, headers=JSON), 413, "body-too-large")
    assert flood.chunks_read == 17


@pytest.mark.parametrize(("method", "path"), WITH_BODIES)
@pytest.mark.parametrize("length", ["65537", "9" * 30])
async def test_a_body_that_says_it_is_too_large_is_not_read(
    length: str, method: str, path: str, staff: httpx.AsyncClient
) -> None:
    flood = Flood()
    answer = await staff.request(method, path, content=flood, headers={**JSON, "Content-Length": length})
    _assert_problem(answer, 413, "body-too-large")
    assert flood.chunks_read == 0


async def test_a_body_of_just_the_allowed_size_is_taken(staff: httpx.AsyncClient) -> None:
    raw = b'{"key": "clinic-es", "name": "Spain"}'.ljust(65536)
    assert (await staff.post("/v1/forms", content=raw, headers=JSON)).status_code == 201


@pytest.mark.parametrize(("method", "path"), WITH_BODIES[:-1])
async def test_of_a_stranger_nothing_is_read(method: str, path: str, client: httpx.AsyncClient) -> None:
    flood = Flood()
    answer = await client.request(method, path, content=flood, headers={**JSON, "Content-Length": "65537"})
    _assert_problem(answer, 401, "not-authenticated")
    assert flood.chunks_read == 0
    for raw in (b"{", b"\xff", b"[" * 50_000):
        _assert_problem(await client.request(method, path, content=raw, headers=JSON), 401, "not-authenticated")


async def test_a_body_that_never_ends_is_waited_for_no_longer_than_is_said() -> None:
    async def read(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive()).get("more_body"):
            pass

    async def drip() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    with pytest.raises(RequestTooSlow):
        await BodyCap(read, limit=65536, within=0.1)({"type": "http", "headers": []}, drip, _say_nothing)


async def test_whoever_has_the_whole_body_may_wait_for_its_sender_to_leave() -> None:
    heard: list[Message] = []
    messages: Iterator[Message] = iter([{"type": "http.request", "body": b"{}"}, {"type": "http.disconnect"}])

    async def listen(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.append(await receive())
        heard.append(await receive())

    async def late() -> Message:
        await asyncio.sleep(0.1 if heard else 0)
        return next(messages)

    await BodyCap(listen, limit=65536, within=0.05)({"type": "http", "headers": []}, late, _say_nothing)
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


async def _say_nothing(_message: Message) -> None:
    raise AssertionError("Nothing is to be said here.")


async def test_a_request_that_ends_in_two_places_is_refused_and_hung_up_on(client: httpx.AsyncClient) -> None:
    headers = {**JSON, "Content-Length": "2", "Transfer-Encoding": "chunked"}
    answer = await client.post("/v1/quote-requests", content=b"{}", headers=headers)
    _assert_problem(answer, 400, "ambiguous-length")
    assert answer.headers["connection"] == "close"
