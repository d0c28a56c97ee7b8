"""The programs of docs/webhooks.md, each run against real deliveries."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.destinations.signing import new_secret, sign
from tests.support.clock import FakeClock
from tests.support.house import Desk
from tests.support.sink import HttpSink

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
COMMANDS = {"python": [sys.executable], "js": ["node"], "php": ["php"], "sh": ["sh"]}
NEEDED = {"python": [sys.executable], "js": ["node"], "php": ["php"], "sh": ["sh", "openssl", "od"]}


@pytest.fixture
def clock() -> FakeClock:
    """Give the time of day: the programs look at the machine's own clock."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: nothing here depends on it."""
    return sqlite_url


@pytest.fixture(params=list(COMMANDS))
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Give the command that runs one language's program."""
    language: str = request.param
    missing = [name for name in NEEDED[language] if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed here, so the program in {language} was not run")
    (source,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    file = tmp_path / f"verify.{language}"
    file.write_text(source, encoding="utf-8")
    return [*COMMANDS[language], str(file)]


def is_genuine(program: list[str], secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    environ = {
        "PATH": os.environ["PATH"],
        "WEBHOOK_SECRET": secret,
        "WEBHOOK_ID": headers["webhook-id"],
        "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"],
        "WEBHOOK_SIGNATURE": headers["webhook-signature"],
    }
    done = subprocess.run(program, env=environ, input=body, capture_output=True, timeout=20, check=False)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr == b""
    return done.returncode == 0


async def test_each_program_knows_a_real_delivery_from_a_forged_one(
    program: list[str], desk: Desk, http_sink: HttpSink
) -> None:
    made = await desk.webhook(http_sink.url("/crm"))
    await desk.lead(person={"name": "Łucja 李小龙", "email": "l@mail.example", "phone": "+34612345678"})
    await desk.engine.run_until_idle()
    (request,) = http_sink.requests
    headers, body = request.headers, request.body
    assert made.secret is not None
    assert is_genuine(program, made.secret, headers, body)
    assert not is_genuine(program, made.secret, headers, body + b" ")
    assert not is_genuine(program, made.secret, {**headers, "webhook-id": "another"}, body)
    assert not is_genuine(program, new_secret(), headers, body)
    assert not is_genuine(program, made.secret, {**headers, "webhook-signature": "v1,"}, body)


@pytest.mark.parametrize(("age", "genuine"), [(0, True), (240, True), (-240, True), (400, False), (-400, False)])
def test_each_program_takes_either_signature_of_a_rotation_and_no_old_post(
    program: list[str], age: int, *, genuine: bool
) -> None:
    old, new = new_secret(), new_secret()
    timestamp = int(datetime.now(UTC).timestamp()) - age
    body = b'{"type": "lead.created"}\n\n'
    headers = {
        "webhook-id": "0199a0b0",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign([new, old], "0199a0b0", timestamp, body),
    }
    assert is_genuine(program, old, headers, body) is genuine
    assert is_genuine(program, new, headers, body) is genuine


@pytest.mark.parametrize("timestamp", ["", "soon", "a[$(touch broken-in)]", "$(touch broken-in)", "1 + 1"])
def test_no_program_runs_what_a_forger_put_into_the_timestamp(
    program: list[str], timestamp: str, tmp_path: Path
) -> None:
    environ = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": new_secret(), "WEBHOOK_ID": "*"}
    environ |= {"WEBHOOK_TIMESTAMP": timestamp, "WEBHOOK_SIGNATURE": "v1,* $(touch broken-in)"}
    done = subprocess.run(program, env=environ, input=b"{}", capture_output=True, timeout=20, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "broken-in").exists()
