"""What the other tests stand on: databases of their own, and an outside world that answers."""

import time
from datetime import timedelta
from pathlib import Path

import aiosmtplib
import httpx
import pytest
from sqlalchemy import func, select

from app import schema
from app.database import Database
from app.sealing.models import KeyringEntry
from tests.support.clock import FakeClock
from tests.support.sink import Answer, HttpSink
from tests.support.smtp import SmtpServer
from tests.support.waiting import eventually


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_each_test_has_a_database_of_its_own(database: Database, clock: FakeClock, turn: str) -> None:
    async with database.begin() as session:
        assert await session.scalar(select(func.count()).select_from(KeyringEntry)) == 0
        session.add(KeyringEntry(purpose=turn, version=1, wrapped=b"key", created_at=clock.now()))


async def test_a_database_starts_at_the_newest_schema(database: Database) -> None:
    assert await schema.current(database) == schema.head()


async def test_an_empty_database_has_no_schema(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert await schema.current(database) is None
    await database.dispose()


def test_the_clock_moves_only_when_it_is_moved(clock: FakeClock) -> None:
    start = clock.now()
    assert clock.now() == start
    assert clock.move(timedelta(days=1)) == clock.now() == start + timedelta(days=1)


async def send(server: SmtpServer, recipient: str = "staff@clinic.example") -> None:
    await aiosmtplib.send(
        "Subject: Hello\n\nA line.",
        sender="quotes@clinic.example",
        recipients=[recipient],
        hostname=server.host,
        port=server.port,
        start_tls=False,
    )


async def test_the_smtp_server_keeps_what_it_is_sent(smtp_server: SmtpServer) -> None:
    await send(smtp_server)
    (mail,) = await smtp_server.received()
    assert (mail.sender, mail.recipients) == ("quotes@clinic.example", ("staff@clinic.example",))
    assert mail.message["Subject"] == "Hello"


async def test_the_smtp_server_refuses_when_it_is_told_to(smtp_server: SmtpServer) -> None:
    smtp_server.replies.append("451 4.3.0 Come back later")
    with pytest.raises(aiosmtplib.SMTPDataError):
        await send(smtp_server)
    smtp_server.refused["gone@clinic.example"] = "550 5.1.1 No such mailbox"
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await send(smtp_server, "gone@clinic.example")
    assert smtp_server.mails == []


async def test_the_http_sink_records_and_answers_as_it_is_told(http_sink: HttpSink) -> None:
    http_sink.answers.append(Answer(503, headers={"Retry-After": "7"}))
    async with httpx.AsyncClient() as client:
        first = await client.post(http_sink.url("/hook?a=1"), content=b"one", headers={"Webhook-Id": "x"})
        second = await client.post(http_sink.url(), content=b"two")
    assert (first.status_code, first.headers["retry-after"], second.status_code) == (503, "7", 200)
    requests = await http_sink.received(2)
    assert [(request.path, request.body) for request in requests] == [("/hook?a=1", b"one"), ("/", b"two")]
    assert requests[0].headers["webhook-id"] == "x"


async def test_waiting_for_what_never_happens_fails() -> None:
    start = time.monotonic()
    with pytest.raises(AssertionError):
        await eventually(lambda: False, within=0.1)
    assert time.monotonic() - start < 5


@pytest.mark.browser
def test_a_browser_is_at_hand(chromium: str) -> None:
    assert Path(chromium).is_file()
