"""How the service starts and ends, what it leaves in its folder, and what commands cost."""

import asyncio
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app import schema
from app.cli import serving
from app.cli.exits import NotAvailable
from app.settings import Settings
from tests.cli.conftest import CommandLine
from tests.support.process import Service
from tests.support.sink import HttpSink


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the data folder, not yet made, of an embedded house, in which the commands run."""
    data = tmp_path / "data"
    monkeypatch.setenv("FREEQUOTE_DATA_DIR", str(data))
    return data


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_in_the_data_folder_is_its_owners_alone(cli: CommandLine, folder: Path, http_sink: HttpSink) -> None:
    # The port is taken, so that it prepares everything and then gives up.
    ended = cli.run("serve", "--port", str(http_sink.port))
    assert ended.code == 3
    assert f"Cannot listen on 127.0.0.1, port {http_sink.port}" in ended.err
    assert mode(folder) == 0o700
    assert {path.name: oct(mode(path)) for path in folder.iterdir()} == dict.fromkeys(
        ("freequote.db", "sealing.key", "first-key"), "0o600"
    )


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_port_for_figures_that_is_taken_is_a_refusal(
    command: str, cli: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch, http_sink: HttpSink, free_port: int
) -> None:
    monkeypatch.setenv("FREEQUOTE_PORT", str(free_port))
    monkeypatch.setenv("FREEQUOTE_METRICS", f"127.0.0.1:{http_sink.port}")
    ended = cli.run(command)
    assert ended.code == 3
    why = f"Cannot listen on 127.0.0.1, port {http_sink.port}: Address already in use."
    assert ended.err == f"{why} Choose another with FREEQUOTE_METRICS.\n"


def test_there_is_no_port_behind_the_last() -> None:
    with pytest.raises(NotAvailable, match="port 65536: there is no such port"):
        serving._open("127.0.0.1", 65536, "Choose another.")


def test_nobody_listens_for_figures_unless_told_to(settings: Settings) -> None:
    assert list(serving._listen_for_figures(settings, 2)) == []


def test_a_folder_that_cannot_be_made_is_said_so(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FREEQUOTE_DATA_DIR", str(tmp_path / "file" / "data"))
    ended = cli.run("migrate")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("FREEQUOTE_DATA_DIR: ")


def test_migrating_says_from_where_to_where(cli: CommandLine, folder: Path) -> None:
    head = schema.head()
    assert cli.run("migrate").out == f"The schema was at nothing and is now at {head}.\n"
    assert cli.run("migrate").out == f"The schema was at {head} and is now at {head}.\n"


def test_a_command_that_is_misspelt_is_wrong_usage(cli: CommandLine) -> None:
    ended = cli.run("leda", "list")
    assert ended.code == 2
    assert "Did you mean 'lead'?" in ended.err


async def test_ctrl_c_is_a_good_end(tmp_path: Path, free_port: int) -> None:
    service = Service(tmp_path, {}, free_port)
    process = await service.serve("--no-worker")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert "Abort" not in service.log.read_text(encoding="utf-8")


@pytest.mark.parametrize(("busy_seconds", "code"), [(0, 0), (60, 3)])
def test_who_is_told_to_leave_is_gone_when_the_grace_is_over_and_sooner_if_done(busy_seconds: int, code: int) -> None:
    script = "import sys, time; from app.cli import leaving; leaving._GRACE_SECONDS = 2.0; leaving.leave_in_time()"
    busy = f"{script}; time.sleep({busy_seconds})"
    done = subprocess.run([sys.executable, "-c", busy], capture_output=True, check=False, timeout=50)
    assert done.returncode == code
    assert (b"left with work unfinished" in done.stdout + done.stderr) is (code == 3)


async def test_every_part_of_an_answer_leaves_at_once(settings: Settings) -> None:
    accepted = asyncio.get_running_loop().create_future()

    def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken: socket.socket = writer.get_extra_info("socket")
        accepted.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    # As uvicorn does it: asyncio sets the option only on sockets that it opened itself.
    with serving._listen(settings.model_copy(update={"host": "127.0.0.1", "port": 0})) as listening:
        server = await asyncio.start_server(connected, sock=listening)
        _, visitor = await asyncio.open_connection(*listening.getsockname())
        assert await accepted == 1
        visitor.close()
        server.close()


def test_a_command_loads_only_what_it_needs(folder: Path) -> None:
    script = "import sys; from app.cli import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules)"

    def loaded_by(*words: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, check=True, text=True)
        return set(done.stdout.split())

    assert "sqlalchemy" not in loaded_by("--version")
    loaded_by("migrate")
    assert "phonenumbers.data.region_ES" not in loaded_by("lead", "list")
