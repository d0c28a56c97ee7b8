"""Visitors who hang up, and visitors who never finish."""

import asyncio
import signal
import subprocess
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import orjson

from tests.faults.crowd import CUT, DOOR, PATIENCE_SECONDS, Crowd
from tests.faults.ledger import assert_settled, rows
from tests.support.process import Service
from tests.support.sink import HttpSink
from tests.support.wishes import Wish

_LEAVERS = 40
_SLOW = 100
_BODY_SECONDS = 5
_MODEST_KILOBYTES = 64 * 1024


async def test_visitors_who_hang_up_leave_one_lead_or_none_and_nothing_behind(
    at_database: Service, crowd: Crowd, http_sink: HttpSink
) -> None:
    server = await at_database.serve()
    await crowd.await_promises(http_sink)
    wholes = 0
    async with crowd.posting():
        for number in range(_LEAVERS):
            wish = crowd.wish()
            raw = _request(wish)
            whole = number % 2 == 0
            wholes += whole
            sent = raw if whole else raw[: crowd.random.randrange(1, len(raw))]
            await _hang_up_after(at_database.port, sent, crowd.random.uniform(0, 0.02))
            wish.told.append(CUT)
    assert crowd.told() == {201, CUT}
    assert len(rows(at_database, "SELECT id FROM leads")) <= len(crowd.acknowledged) + wholes, (
        "half a request is a lead"
    )
    await assert_settled(at_database, crowd)
    await _assert_leaves(server)
    assert '"fault"' not in at_database.log.read_text(encoding="utf-8")


async def test_visitors_who_never_finish_hinder_nobody_and_are_sent_away(
    service: Service, sqlite_url: str, crowd: Crowd, http_sink: HttpSink
) -> None:
    service.environ = {
        **service.environ,
        "FREEQUOTE_DATABASE_URL": sqlite_url,
        "FREEQUOTE_MAX_BODY_SECONDS": str(_BODY_SECONDS),
    }
    server = await service.serve()
    await crowd.await_promises(http_sink)
    before = _memory(server)
    async with AsyncExitStack() as connections:
        slow = [asyncio.create_task(_drip(service.port, connections)) for _ in range(_SLOW)]
        async with crowd.posting():
            await crowd.acknowledge(60)
        assert crowd.told() == {201}
        assert _memory(server) - before < _MODEST_KILOBYTES
        async with asyncio.timeout(PATIENCE_SECONDS):
            answers = [answer for answer in await asyncio.gather(*slow) if answer is not None]
    assert answers, "nobody saw what the server said"
    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
    assert all(b"/problems/request-too-slow" in answer for answer in answers)
    await assert_settled(service, crowd)
    await _assert_leaves(server)


def _request(wish: Wish) -> bytes:
    body = orjson.dumps(wish.body)
    head = (
        f"POST {DOOR} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {wish.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _hang_up_after(port: int, sent: bytes, seconds: float) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await asyncio.sleep(seconds)
    writer.transport.abort()


async def _drip(port: int, connections: AsyncExitStack) -> bytes | None:
    """Send a byte every 0.9 seconds of a body that has no end; return what the server says when it has enough of it.

    None: a byte that came after the end took the answer with it, as TCP has it.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connections.callback(writer.close)
    head = f"POST {DOOR} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    writer.write(head.encode())
    answer = asyncio.create_task(reader.read())
    while not answer.done():
        with suppress(OSError):
            writer.write(b" ")
        # The service loses patience after five seconds, midway between two bytes: none of them meets its answer.
        await asyncio.wait([answer], timeout=0.9)
    return None if isinstance(answer.exception(), ConnectionResetError) else answer.result()


async def _assert_leaves(server: subprocess.Popen[bytes]) -> None:
    """Tell the server to leave: with a task left behind it would wait for that one until it loses patience."""
    server.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(server.wait, 60) == 0


def _memory(server: subprocess.Popen[bytes]) -> int:
    """Return how much memory the process holds, in kilobytes."""
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
