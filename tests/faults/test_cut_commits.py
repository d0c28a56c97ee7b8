"""The connection to PostgreSQL is lost just as leads are committed: nobody knows whether they are there."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.faults.crowd import DOOR, Crowd
from tests.faults.cutting import CuttingProxy, Moment, cutting_proxy
from tests.faults.ledger import assert_settled, assert_whole, rows
from tests.support.process import Service
from tests.support.sink import HttpSink

BEFORE, AFTER = Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT
_MOST_MESSAGES = 200
"""More than the door needs for one lead on a fresh connection."""
_STRIDE = 6
"""How far apart the cuts are at most: each seed cuts elsewhere."""


@pytest.fixture
async def proxy(
    service: Service, postgresql_url: str, crowd: Crowd, http_sink: HttpSink
) -> AsyncIterator[CuttingProxy]:
    """Give a proxy between a running deployment and its database."""
    async with cutting_proxy(postgresql_url) as standing:
        # The ledger reads past the proxy.
        service.environ = {
            **service.environ,
            "FREEQUOTE_DATABASE_URL": standing.url,
            "PAST_THE_PROXY": postgresql_url,
        }
        await service.serve("--no-worker")
        await crowd.await_promises(http_sink)
        yield standing
        # Beside the loop, in which the proxy must still let the server say goodbye.
        await asyncio.to_thread(service.stop)


async def test_a_connection_lost_in_commit_under_load_is_settled_by_id(
    service: Service, crowd: Crowd, proxy: CuttingProxy
) -> None:
    async with crowd.posting():
        for _ in range(8):
            await crowd.acknowledge(5)
            moments = crowd.random.choices([BEFORE, AFTER], k=crowd.random.randint(1, 3))
            proxy.arm(*moments)
            crowd.injected(f"cut at COMMIT: {[moment.name for moment in moments]}")
        await crowd.acknowledge(20)
    assert proxy.cuts >= 8
    assert crowd.told() <= {201, 503}
    await assert_settled(service, crowd)


async def test_a_request_whose_commit_is_in_doubt_is_one_lead_once_answered(
    service: Service, crowd: Crowd, proxy: CuttingProxy
) -> None:
    seen = []
    async with crowd.client() as client:
        for moments in ((BEFORE,), (AFTER,), (BEFORE, BEFORE), (AFTER, BEFORE)):
            before = len(rows(service, "SELECT id FROM leads"))
            proxy.arm(*moments)
            wish = await crowd.post_one(client)
            # Of a commit that is done already nothing is left to commit; what was armed for it must not wait.
            proxy.commits.clear()
            seen.append((*wish.told, len(rows(service, "SELECT id FROM leads")) - before))
    assert seen == [(201, 1), (201, 1), (503, 0), (503, 1)]
    await assert_settled(service, crowd)


async def test_a_connection_lost_before_any_message_of_a_request_leaves_one_lead_or_none(
    service: Service, crowd: Crowd, proxy: CuttingProxy
) -> None:
    async with crowd.client() as client:
        passed = 0
        while passed < _MOST_MESSAGES:
            passed += crowd.random.randint(0, _STRIDE)
            proxy.messages_left = passed
            await crowd.post_one(client)
            if proxy.messages_left is not None:
                break
    assert proxy.messages_left is not None, "the request has more messages than were cut"
    assert proxy.cuts >= 5, "hardly anything was cut"
    proxy.messages_left = None
    assert crowd.told() <= {201, 503}
    await assert_settled(service, crowd)


async def test_a_request_without_a_key_whose_answer_was_lost_makes_no_second_lead(
    service: Service, crowd: Crowd, proxy: CuttingProxy
) -> None:
    proxy.arm(AFTER)
    async with crowd.client() as client:
        answer = await client.post(DOOR, json=crowd.wish().body)
    assert answer.status_code == httpx.codes.CREATED
    assert rows(service, "SELECT reference FROM leads") == [answer.json()["reference"]]
    assert_whole(service)
