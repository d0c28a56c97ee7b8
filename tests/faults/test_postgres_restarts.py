"""The database server goes away under load, and comes back."""

import asyncio

from tests.faults.crowd import Crowd
from tests.faults.ledger import assert_nothing_lost, assert_settled
from tests.faults.servers import OwnPostgres
from tests.support.process import Service
from tests.support.sink import HttpSink


async def test_the_door_outlives_restarts_of_its_database(
    service: Service, crowd: Crowd, own_postgres: OwnPostgres, http_sink: HttpSink
) -> None:
    own_postgres.create()
    service.environ = {**service.environ, "FREEQUOTE_DATABASE_URL": own_postgres.url}
    server = await service.serve()
    await crowd.await_promises(http_sink)
    async with crowd.posting():
        for mode in ("fast", "immediate"):
            await crowd.acknowledge(20)
            await asyncio.to_thread(own_postgres.stop, mode)
            crowd.injected(f"PostgreSQL: {mode} shutdown")
            away = len(crowd.wishes)
            await crowd.hear(away)
            assert crowd.told(away) == {503}, "without its database the door says 503 and nothing else"
            await asyncio.to_thread(own_postgres.start)
            crowd.injected("PostgreSQL: started")
            await crowd.acknowledge(20)
            assert_nothing_lost(service, crowd)
    assert crowd.told() <= {201, 503}, "somebody was cut off or got another error"
    assert server.poll() is None
    await assert_settled(service, crowd, own_postgres.log)
