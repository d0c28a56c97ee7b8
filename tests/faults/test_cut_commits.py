"""The connection to PostgreSQL is lost just as leads are committed: nobody knows whether they are there."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.conftest import OPEN_TO_ALL
from tests.faults.crowd import Crowd
from tests.faults.cutting import CuttingProxy, Moment, proxy_before
from tests.faults.ledger import assert_settled, rows
from tests.support.network import unused_port
from tests.support.postgres import Postgres
from tests.support.process import Service
from tests.support.sink import HttpSink

BEFORE, AFTER = Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT
_MOST_MESSAGES = 200
"""More than the door needs for one lead on a fresh connection."""


@pytest.fixture(scope="module")
def proxy(postgres: Postgres, postgres_template: str) -> Iterator[CuttingProxy]:
    """Give a proxy before a database."""
    name = postgres.create(template=postgres_template)
    with proxy_before(postgres.address(name)) as standing:
        yield standing
    postgres.drop(name)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, proxy: CuttingProxy) -> Iterator[Crowd]:
    """Give a crowd before one deployment for all of these tests; it remembers what it was told in each."""
    ways = {"FREEQUOTE_DATABASE_URL": proxy.url, "PAST_THE_PROXY": proxy.past}
    service = Service(tmp_path_factory.mktemp("cut"), {**OPEN_TO_ALL, **ways}, unused_port())
    made = Crowd(service)
    try:
        asyncio.run(service.serve("--no-worker"))
        # Nobody sends anything there.
        asyncio.run(made.await_promises(HttpSink(port=9)))
        yield made
    finally:
        service.stop()


async def test_a_connection_lost_in_commit_under_load_is_settled_by_id(crowd: Crowd, proxy: CuttingProxy) -> None:
    since, cuts = len(crowd.wishes), proxy.cuts
    async with crowd.posting():
        for _ in range(6):
            await crowd.acknowledge(5)
            moments = crowd.random.choices([BEFORE, AFTER], k=crowd.random.randint(1, 3))
            proxy.arm(*moments)
            crowd.injected(f"cut at COMMIT: {[moment.name for moment in moments]}")
        await crowd.acknowledge(20)
    assert proxy.cuts - cuts >= 6
    assert crowd.told(since) <= {201, 503}
    await assert_settled(crowd.service, crowd)


async def test_a_request_whose_commit_is_in_doubt_is_one_lead_once_answered(crowd: Crowd, proxy: CuttingProxy) -> None:
    seen = []
    async with crowd.client() as client:
        for moments in ((BEFORE,), (AFTER,), (BEFORE, BEFORE), (AFTER, BEFORE)):
            before = len(rows(crowd.service, "SELECT id FROM leads"))
            proxy.arm(*moments)
            wish = await crowd.post_one(client)
            seen.append((*wish.told, len(rows(crowd.service, "SELECT id FROM leads")) - before))
    assert seen == [(201, 1), (201, 1), (503, 0), (503, 1)]
    await assert_settled(crowd.service, crowd)


async def test_a_connection_lost_before_any_message_of_a_request_leaves_one_lead_or_none(
    crowd: Crowd, proxy: CuttingProxy
) -> None:
    since, cuts = len(crowd.wishes), proxy.cuts
    async with crowd.client() as client:
        for passed in range(_MOST_MESSAGES):
            proxy.messages_left = passed
            await crowd.post_one(client)
            if proxy.messages_left is not None:
                break
    beyond, proxy.messages_left = proxy.messages_left, None
    assert beyond is not None, "the request has more messages than were cut"
    assert proxy.cuts - cuts >= 4, "hardly anything was cut"
    assert crowd.told(since) <= {201, 503}
    await assert_settled(crowd.service, crowd)


async def test_a_request_without_a_key_whose_answer_was_lost_makes_no_second_lead(
    crowd: Crowd, proxy: CuttingProxy
) -> None:
    wish = crowd.wish(keyed=False)
    proxy.arm(AFTER)
    async with crowd.client() as client:
        await crowd.send(client, wish)
    assert wish.told == [201]
    await assert_settled(crowd.service, crowd)
