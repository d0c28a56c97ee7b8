"""The server is told to leave, or killed, while a crowd is at the door."""

import asyncio
import os
import signal

from tests.faults.crowd import CUT, Crowd
from tests.faults.ledger import assert_nothing_lost, assert_settled, rows
from tests.support.process import Service
from tests.support.sink import HttpSink

KILLS = int(os.environ.get("FREEQUOTE_TEST_FAULT_KILLS", "1"))
"""How often the server is killed; a soak test asks for more."""
_LEAVES_WITHIN = 60


async def test_a_server_told_to_leave_answers_whom_it_let_in_and_a_killed_one_loses_nothing_it_acknowledged(
    at_database: Service, crowd: Crowd, http_sink: HttpSink
) -> None:
    server = await at_database.serve()
    await crowd.await_promises(http_sink)
    async with crowd.posting():
        await crowd.acknowledge(30)
        server.send_signal(signal.SIGTERM)
        crowd.injected("SIGTERM")
        assert await asyncio.to_thread(server.wait, _LEAVES_WITHIN) == 0
    assert crowd.told() == {201, CUT}
    assert len(rows(at_database, "SELECT id FROM leads")) == len(crowd.acknowledged), "a lead was not answered"
    assert_nothing_lost(at_database, crowd)
    server = await at_database.serve()
    async with crowd.posting():
        for _ in range(KILLS):
            await crowd.acknowledge(15)
            await asyncio.sleep(crowd.random.uniform(0, 0.3))
            server.kill()
            crowd.injected("SIGKILL")
            server.wait()
            server = await at_database.serve()
        await crowd.acknowledge(15)
    await assert_settled(at_database, crowd)
