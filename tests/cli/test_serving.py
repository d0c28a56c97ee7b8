"""How the service starts, what it leaves in its folder, and what commands cost."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app import schema
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


def test_a_command_loads_only_what_it_needs(folder: Path) -> None:
    script = "import sys; from app.cli import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules)"

    def loaded_by(*words: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, check=True, text=True)
        return set(done.stdout.split())

    assert "sqlalchemy" not in loaded_by("--version")
    loaded_by("migrate")
    assert "phonenumbers.data.region_ES" not in loaded_by("lead", "list")
