"""The database's disk fills up, and is freed again."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.crowd import PATIENCE_SECONDS, Crowd
from tests.faults.disks import Disk, FileLimit, SmallDisk, small_disk
from tests.faults.ledger import assert_nothing_lost, assert_settled
from tests.faults.servers import OwnPostgres
from tests.support.process import Service
from tests.support.sink import HttpSink
from tests.support.waiting import eventually


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Give a small disk with room on it."""
    with small_disk() as mounted:
        yield mounted


async def test_sqlite_outlives_a_full_disk(
    disk: SmallDisk, sqlite_template: Path, service: Service, crowd: Crowd, http_sink: HttpSink
) -> None:
    await _assert_outlives(disk, service, crowd, http_sink, _copied(sqlite_template, disk.folder))


async def test_sqlite_outlives_a_limit_on_the_size_of_its_files(
    tmp_path: Path, sqlite_template: Path, service: Service, crowd: Crowd, http_sink: HttpSink
) -> None:
    url = _copied(sqlite_template, tmp_path)
    await _assert_outlives(FileLimit(Path(url.removeprefix("sqlite:///"))), service, crowd, http_sink, url)


async def test_postgresql_outlives_a_full_disk(
    disk: SmallDisk, own_postgres: OwnPostgres, service: Service, crowd: Crowd, http_sink: HttpSink
) -> None:
    own_postgres.create(tablespace=own_postgres.tablespace(disk.folder / "space"))
    try:
        await _assert_outlives(disk, service, crowd, http_sink, own_postgres.url)
    finally:
        service.stop()
        own_postgres.stop("immediate")


async def _assert_outlives(disk: Disk, service: Service, crowd: Crowd, sink: HttpSink, url: str) -> None:
    service.environ = {**service.environ, "FREEQUOTE_DATABASE_URL": url}
    server = await service.serve()
    await crowd.await_promises(sink)
    async with httpx.AsyncClient(base_url=service.url) as operator:
        async with crowd.posting():
            await crowd.acknowledge(20)
            await asyncio.to_thread(disk.fill, server.pid)
            crowd.injected("disk full")
            await eventually(lambda: 503 in crowd.told(), within=PATIENCE_SECONDS)
            assert_nothing_lost(service, crowd)
            assert await _is_ready(operator) is False
            assert (await operator.get("/healthz")).status_code == httpx.codes.OK
            disk.free(server.pid)
            crowd.injected("room on the disk again")
            await crowd.acknowledge(20)
        assert await _is_ready(operator)
    assert crowd.told() <= {201, 503}
    assert server.poll() is None
    await assert_settled(service, crowd)


async def _is_ready(operator: httpx.AsyncClient) -> bool:
    answer = await operator.get("/readyz")
    door = {check["name"]: check["ok"] for check in answer.json()["checks"]}["door"]
    assert (answer.status_code == httpx.codes.OK) is door, answer.text
    return bool(door)


def _copied(template: Path, folder: Path) -> str:
    return f"sqlite:///{shutil.copy(template, folder / 'freequote.db')}"
