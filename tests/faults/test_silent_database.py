"""What stands before PostgreSQL keeps every connection and says nothing any more."""

import asyncio
import math
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.crowd import CUT, DOOR, LONGEST_WAIT, Crowd
from tests.faults.cutting import CuttingProxy, proxy_before
from tests.faults.ledger import assert_nothing_lost, assert_settled
from tests.support.process import Service
from tests.support.sink import HttpSink

_LEAVES_WITHIN = 60
"""Without a limit it would wait for as long as the silence lasts."""
_READERS = 30
"""More than the pool has connections."""


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[CuttingProxy]:
    """Give a proxy before a database."""
    with proxy_before(postgresql_url) as standing:
        yield standing


async def test_the_door_leaves_silent_connections_for_new_ones_and_can_itself_be_left_when_there_are_none(
    service: Service, crowd: Crowd, proxy: CuttingProxy, http_sink: HttpSink
) -> None:
    service.environ = {**service.environ, "FREEQUOTE_DATABASE_URL": proxy.url, "PAST_THE_PROXY": proxy.past}
    server = await service.serve()
    await crowd.await_promises(http_sink)
    async with crowd.posting():
        await crowd.acknowledge(20)
        proxy.silent_below = proxy.talks
        crowd.injected("silence on every connection that is open")
        await crowd.acknowledge(20)
        assert_nothing_lost(service, crowd)
        proxy.silent_below = math.inf
        crowd.injected("silence")
        silent = len(crowd.wishes)
        await crowd.hear(silent)
        assert {answer.status_code for answer in await _browsers(service)} == {503}
        assert crowd.told(silent) == {503}
        server.send_signal(signal.SIGTERM)
        crowd.injected("SIGTERM")
        await asyncio.to_thread(server.wait, _LEAVES_WITHIN)
    assert crowd.told() == {201, 503, CUT}
    proxy.silent_below = 0
    await service.serve()
    await assert_settled(service, crowd)


async def _browsers(service: Service) -> list[httpx.Response]:
    """Ask for the form, and post one, with more browsers than there are connections to the database."""
    async with httpx.AsyncClient(
        base_url=service.url, timeout=LONGEST_WAIT, headers={"Accept": "text/html"}
    ) as browser:
        shown = [browser.get("/forms/default") for _ in range(_READERS)]
        posted = [browser.post(DOOR, data={"name": "Quillfeather"}) for _ in range(3)]
        return list(await asyncio.gather(*shown, *posted))
