"""The receiver for trying things out."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.webhooks import Receiver
from app.destinations.models import Destination
from app.destinations.signing import new_secret, sign
from tests.cli.conftest import CommandLine
from tests.support.clock import FakeClock
from tests.support.house import Desk

BODY = b'{"type": "lead.created", "data": {"reference": "FQ-7K3M9-QXD4H", "person": {"name": "Canary"}}}'
SECRET = new_secret()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: nothing here depends on it."""
    return sqlite_url


@pytest.fixture
def said() -> list[str]:
    return []


def headers(at: datetime, body: bytes = BODY, message_id: str = "0199a0b0") -> dict[str, str]:
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign([SECRET], message_id, timestamp, body),
    }


def test_a_genuine_post_gets_a_line_and_a_copy_is_called_one(clock: FakeClock, said: list[str]) -> None:
    receiver = Receiver(SECRET, clock, said.append)
    assert [receiver.judge(headers(clock.now()), BODY) for _ in range(2)] == [204, 204]
    line = "lead.created FQ-7K3M9-QXD4H 0199a0b0"
    assert said == [line, f"{line} (second copy)"]


def test_the_whole_event_is_printed_only_when_asked_for(clock: FakeClock, said: list[str]) -> None:
    Receiver(SECRET, clock, said.append, full=True).judge(headers(clock.now()), BODY)
    assert "Canary" in said[1]


def test_what_is_not_genuine_is_refused_with_the_reason(clock: FakeClock, said: list[str]) -> None:
    receiver = Receiver(SECRET, clock, said.append)
    good = headers(clock.now())
    wrong = [
        (good, BODY + b" "),
        ({}, BODY),
        ({**good, "webhook-timestamp": "yesterday"}, BODY),
        ({**good, "webhook-timestamp": "9" * 400}, BODY),
        ({**good, "webhook-signature": "v1,é"}, BODY),
        (headers(clock.now() - timedelta(minutes=6)), BODY),
        (headers(clock.now() + timedelta(minutes=6)), BODY),
    ]
    assert [receiver.judge(*one) for one in wrong] == [401] * len(wrong)
    assert all(line.startswith("refused: ") for line in said)
    assert "Canary" not in "".join(said)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"type": "x"}', b"payload=%7B%7D"])
def test_a_body_in_another_shape_is_received_all_the_same(clock: FakeClock, said: list[str], body: bytes) -> None:
    assert Receiver(SECRET, clock, said.append).judge(headers(clock.now(), body), body) == 204
    assert said == ["an event in another shape 0199a0b0"]


@contextmanager
def listening(folder: Path, secret: str) -> Iterator[tuple[str, Path]]:
    """Run the command; gives its address and what it prints."""
    output = folder / "listen.log"
    command = [str(Path(sys.executable).with_name("freequote")), "webhook", "listen", "--port", "0"]
    environ = {**os.environ, "WEBHOOK_SECRET": secret, "PYTHONUNBUFFERED": "1"}
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=environ, stdout=file, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 30
        while not (found := re.search(r"http://\S+", output.read_text(encoding="utf-8"))):
            assert process.poll() is None, output.read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield found[0], output
    finally:
        process.terminate()
        process.wait(20)


async def test_a_real_delivery_is_received_and_verified(desk: Desk, tmp_path: Path) -> None:
    desk.clock.move(datetime.now(UTC) - desk.clock.now())
    made = await desk.webhook("http://127.0.0.1:9/")
    assert made.secret is not None
    with listening(tmp_path, made.secret) as (url, output):
        # The address is known only now; the row's is sealed.
        async with desk.house.database.begin() as session:
            row = await session.get_one(Destination, made.id)
            row.address = desk.house.keyring.secrets.seal(url.encode(), f"destinations.address:{made.id}")
        lead = await desk.lead()
        await desk.engine.run_until_idle()
    assert f"lead.created {lead.reference} " in output.read_text(encoding="utf-8")


async def test_what_is_no_secret_is_refused_before_anything_listens(cli: CommandLine) -> None:
    for text in ("whsec_", "whsec_?", "secret"):
        ended = await cli("webhook", "listen", "--secret", text)
        assert ended.code == 1
        assert "signing secret" in ended.err
