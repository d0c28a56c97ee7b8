"""The database server goes away under load, and comes back."""

import asyncio
import time

import pytest

from tests.faults.crowd import Crowd
from tests.faults.ledger import assert_settled
from tests.faults.servers import OwnPostgres
from tests.support.process import Service
from tests.support.sink import HttpSink

_RECOVERS_WITHIN = 10


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_the_door_outlives_a_restart_of_its_database(
    mode: str, service: Service, crowd: Crowd, own_postgres: OwnPostgres, http_sink: HttpSink
) -> None:
    own_postgres.create()
    service.environ = {**service.environ, "FREEQUOTE_DATABASE_URL": own_postgres.url}
    server = await service.serve()
    await crowd.await_promises(http_sink)
    async with crowd.posting():
        await crowd.acknowledge(20)
        await asyncio.to_thread(own_postgres.stop, mode)
        crowd.injected(f"PostgreSQL: {mode} shutdown")
        away = len(crowd.wishes)
        await asyncio.sleep(2)
        assert crowd.told(away) == {503}, "without its database the door says 503, at once, and nothing else"
        back = time.monotonic()
        await asyncio.to_thread(own_postgres.start)
        await crowd.acknowledge(20, within=_RECOVERS_WITHIN)
        assert time.monotonic() - back < _RECOVERS_WITHIN
    assert crowd.told() <= {201, 503}, "somebody was cut off or got another error"
    assert server.poll() is None
    await assert_settled(service, crowd, own_postgres.log)
