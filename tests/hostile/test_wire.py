"""The corpus, byte by byte, over sockets to the real process."""

import asyncio
import re
from contextlib import suppress

import httpx

from tests.hostile.corpus import forms, heads, json_bodies, wire
from tests.hostile.corpus.case import CANARIES
from tests.support.process import Service

_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
_PATIENCE = 1.0


async def _say(port: int, said: bytes) -> bytes:
    """Say something, hear all that is answered until nothing comes any more, and hang up."""
    heard = b""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(OSError, TimeoutError):
        writer.write(said)
        while part := await asyncio.wait_for(reader.read(65_536), _PATIENCE):
            heard += part
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return heard


async def _say_all(port: int, sayings: dict[str, bytes]) -> dict[str, bytes]:
    """Say everything, a few at a time, since the silent ones are waited for."""
    gate = asyncio.Semaphore(8)

    async def one(said: bytes) -> bytes:
        async with gate:
            return await _say(port, said)

    return dict(zip(sayings, await asyncio.gather(*map(one, sayings.values())), strict=True))


def _assert_silent(service: Service) -> None:
    log = service.log.read_text(encoding="utf-8").lower()
    assert '"event": "request"' in log
    found = [word for word in (*CANARIES, wire.SMUGGLED.lower(), "traceback", '"fault"', '"status": 5') if word in log]
    assert found == []


async def test_no_bytes_on_a_socket_make_a_fault_or_hide_a_request(service: Service) -> None:
    process = await service.serve("--no-worker")
    rest = [*json_bodies.cases(), *forms.cases(), *heads.cases()]
    sayings = {**wire.HIDING, **wire.ODD, **dict(wire.requests(rest))}
    heard = await _say_all(service.port, sayings)
    statuses = {name: [int(status) for status in _STATUS.findall(said)] for name, said in heard.items()}
    assert {name: found for name, found in statuses.items() if any(status >= 500 for status in found)} == {}
    injected = [name for name, said in heard.items() if b"\nx-injected" in said.lower()]
    assert injected == []
    assert {name: statuses[name] for name in wire.HIDING if statuses[name] != [400]} == {}
    assert process.poll() is None
    staff = {"Authorization": f"Bearer {service.first_key()}"}
    async with httpx.AsyncClient(base_url=service.url, headers=staff) as client:
        assert (await client.get("/healthz")).status_code == httpx.codes.OK
        newest = (await client.get("/v1/leads", params={"limit": 200})).json()["items"]
    assert newest
    assert wire.SMUGGLED not in {lead["name"] for lead in newest}
    service.stop()
    _assert_silent(service)
