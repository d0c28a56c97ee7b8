"""Fixtures: the outside world, on loopback and real."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.support.loops import LoopThread
from tests.support.sink import HttpSink
from tests.support.smtp import SmtpServer


def unused_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def free_port() -> int:
    """Give a port that nobody listens on."""
    return unused_port()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """Give a running SMTP server."""
    face = SmtpServer()
    with LoopThread() as thread:
        server = thread.run(face.listen())
        yield face
        thread.run(_close(server))


@pytest.fixture
def http_sink() -> Iterator[HttpSink]:
    """Give a running HTTP server."""
    face = HttpSink()
    with LoopThread() as thread:
        runner = thread.run(face.listen())
        yield face
        thread.run(runner.cleanup())


async def _close(server: asyncio.Server) -> None:
    """Close on the server's own loop: from another thread, a connection that is just coming in trips over it."""
    server.close()
