"""Several serving processes on PostgreSQL: one socket, one answer, and one that dies is started again."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import CommandLine
from tests.intake.enquiry import DOOR, JSON
from tests.support.postgres import Postgres
from tests.support.process import Service


@pytest.fixture
async def service(postgres: Postgres, tmp_path: Path, free_port: int) -> AsyncIterator[Service]:
    """Give a deployment on an empty PostgreSQL database."""
    name = postgres.create()
    made = Service(tmp_path, {"FREEQUOTE_DATABASE_URL": postgres.address(name)}, free_port)
    yield made
    made.stop()
    postgres.drop(name)


def _children(process: subprocess.Popen[bytes]) -> set[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return {int(child) for child in listed.split()}


async def test_a_process_that_dies_is_started_again_and_all_drain_at_the_end(service: Service) -> None:
    process = await service.serve("--processes", "2")
    first = _children(process)
    assert len(first) == 2
    os.kill(min(first), signal.SIGKILL)
    async with httpx.AsyncClient(base_url=service.url) as client:
        for _ in range(100):
            if len(_children(process) - first) == 1:
                break
            await asyncio.sleep(0.1)
        assert len(_children(process)) == 2
        for number in range(10):
            body = {**JSON, "message": f"Number {number}"}
            assert (await client.post(DOOR, json=body, headers={"Connection": "close"})).status_code == 201
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    leads = service.run("lead", "list")["items"]
    assert len(leads) == 10
    assert "a serving process ended" in service.log.read_text(encoding="utf-8")


def test_on_sqlite_one_process_is_all_there_is(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_DATA_DIR", str(tmp_path / "data"))
    ended = cli.run("serve", "--processes", "2")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("--processes needs PostgreSQL")
    assert not (tmp_path / "data").exists()
