"""Another program holds SQLite's only write lock."""

import sqlite3
from contextlib import closing

import httpx

from tests.faults.crowd import Crowd
from tests.faults.ledger import assert_settled
from tests.support.process import Service
from tests.support.sink import HttpSink


async def test_the_door_says_when_to_come_back_while_another_program_locks_the_file(
    service: Service, sqlite_url: str, crowd: Crowd, http_sink: HttpSink
) -> None:
    service.environ = {**service.environ, "FREEQUOTE_DATABASE_URL": sqlite_url}
    server = await service.serve()
    await crowd.await_promises(http_sink)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        crowd.injected("write lock taken")
        async with crowd.client() as client:
            wish = await crowd.post_one(client)
            assert (await client.get("/healthz")).status_code == httpx.codes.OK
        other.execute("ROLLBACK")
    assert wish.told == [503]
    async with crowd.posting():
        await crowd.acknowledge(20)
    assert server.poll() is None
    await assert_settled(service, crowd)
