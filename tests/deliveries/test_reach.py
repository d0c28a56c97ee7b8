"""Whether a webhook's server can be reached, and what stands in the way."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

from app.deliveries.reach import Obstacle, reach
from app.destinations.guard import Guard
from tests.support.certificates import Authority
from tests.support.raw import raw_server
from tests.support.sink import HttpSink

HOME = Guard((ip_network("127.0.0.0/8"),))


async def test_a_server_that_listens_is_reached_and_told_nothing(http_sink: HttpSink) -> None:
    assert await reach(http_sink.url("/hook"), HOME, 5) is None
    assert http_sink.requests == []


async def test_each_obstacle_is_told_apart(http_sink: HttpSink, free_port: int) -> None:
    assert await reach(http_sink.url(), Guard(), 5) is Obstacle.NOT_PUBLIC
    assert await reach(f"http://localhost:{http_sink.port}/", Guard(), 5) is Obstacle.NOT_PUBLIC
    assert await reach(f"http://127.0.0.1:{free_port}/", HOME, 5) is Obstacle.NO_CONNECTION
    assert await reach("https://crm.invalid/", HOME, 5) is Obstacle.NO_SUCH_NAME


async def test_a_server_that_speaks_no_tls_is_told_apart() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw_server(answer) as port:
        assert await reach(f"https://127.0.0.1:{port}/", HOME, 5) is Obstacle.NO_TLS


async def test_a_certificate_that_nobody_vouches_for_is_told_apart(tmp_path: Path) -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    async with raw_server(listen, tls=Authority(tmp_path).serve("127.0.0.1")) as port:
        assert await reach(f"https://127.0.0.1:{port}/", HOME, 5) is Obstacle.CERTIFICATE


async def test_a_server_that_never_shakes_hands_is_silent() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        while await reader.read(1024):
            pass

    async with raw_server(wait) as port:
        assert await reach(f"https://127.0.0.1:{port}/", HOME, 0.3) is Obstacle.SILENT


def test_every_obstacle_comes_with_a_remedy() -> None:
    assert all(obstacle.remedy.endswith(".") for obstacle in Obstacle)
