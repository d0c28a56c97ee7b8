"""Connections to the mail server, used again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from app.deliveries.mail import SmtpChannel, connections
from app.deliveries.policy import Verdict
from tests.deliveries.lettered import STAFF, letter
from tests.deliveries.mail_servers import GREETING, UP_TO_DATA, Connections, answering, listening
from tests.support.raw import raw_server
from tests.support.smtp import SmtpServer
from tests.support.waiting import eventually


@pytest.fixture
def count() -> Connections:
    return Connections()


@pytest.fixture
def face() -> SmtpServer:
    return SmtpServer()


@pytest.fixture
async def channel(face: SmtpServer, count: Connections) -> AsyncIterator[SmtpChannel]:
    async with (
        listening(face, connections=count) as port,
        aclosing(SmtpChannel(f"smtp://127.0.0.1:{port}?tls=off", deadline=3)) as made,
    ):
        yield made


async def test_letters_one_after_another_share_a_connection(
    channel: SmtpChannel, face: SmtpServer, count: Connections
) -> None:
    for _ in range(5):
        assert (await channel.send(letter(), STAFF)).verdict is Verdict.DELIVERED
    assert len(face.mails) == 5
    assert count.made == 1


async def test_a_crowd_of_letters_opens_few_connections_and_every_one_arrives(
    channel: SmtpChannel, face: SmtpServer, count: Connections
) -> None:
    outcomes = await asyncio.gather(*(channel.send(letter(), STAFF) for _ in range(20)))
    assert {one.verdict for one in outcomes} == {Verdict.DELIVERED}
    assert len(face.mails) == 20
    assert count.made == count.most == 3


async def test_a_refused_letter_spoils_neither_the_connection_nor_the_next_letter(
    channel: SmtpChannel, face: SmtpServer, count: Connections
) -> None:
    face.refused["nobody@clinic.example"] = "550 5.1.1 Nobody of that name"
    assert (await channel.send(letter("nobody@clinic.example"), "nobody@clinic.example")).verdict is Verdict.FAILED
    assert (await channel.send(letter(), STAFF)).verdict is Verdict.DELIVERED
    assert face.mails[0].recipients == (STAFF,)
    assert count.made == 1


async def test_a_connection_is_given_up_after_so_many_letters(
    channel: SmtpChannel, count: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LETTERS_EACH", 2)
    for _ in range(5):
        await channel.send(letter(), STAFF)
    assert count.made == 3


async def test_an_idle_connection_is_closed_after_a_while(
    channel: SmtpChannel, count: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.1)
    await channel.send(letter(), STAFF)
    await eventually(lambda: count.now == 0, within=2)
    assert (await channel.send(letter(), STAFF)).verdict is Verdict.DELIVERED
    assert count.made == 2


async def test_closing_takes_leave_of_the_server(channel: SmtpChannel, count: Connections) -> None:
    await channel.send(letter(), STAFF)
    await channel.aclose()
    await eventually(lambda: count.now == 0, within=2)


@pytest.mark.parametrize("parting", [b"", b"421 4.4.2 Too long idle\r\n"])
async def test_a_connection_that_the_server_gave_up_costs_no_attempt(parting: bytes) -> None:
    talks = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal talks
        talks += 1
        for reply in (*UP_TO_DATA, b"250 Taken\r\n"):
            writer.write(reply)
            await reader.readuntil(b"\r\n.\r\n" if reply.startswith(b"354") else b"\r\n")
        writer.write(parting)

    async with raw_server(answer) as port:
        channel = SmtpChannel(f"smtp://127.0.0.1:{port}?tls=off", deadline=3)
        async with aclosing(channel):
            for _ in range(3):
                assert (await channel.send(letter(), STAFF)).verdict is Verdict.DELIVERED
    assert talks == 3


async def test_a_connection_that_fell_silent_is_replaced_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_NUDGE_SECONDS", 0.1)
    monkeypatch.setattr(connections, "_FAREWELL_SECONDS", 0.1)
    async with (
        answering(*UP_TO_DATA, b"250 Taken\r\n", last_words=30) as port,
        aclosing(SmtpChannel(f"smtp://127.0.0.1:{port}?tls=off", deadline=3)) as channel,
    ):
        for _ in range(2):
            assert (await channel.send(letter(), STAFF)).verdict is Verdict.DELIVERED


async def test_a_letter_whose_receipt_got_lost_is_not_sent_again_on_another_connection() -> None:
    bodies = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal bodies
        for reply in UP_TO_DATA:
            writer.write(reply)
            await reader.readuntil(b"\r\n.\r\n" if reply.startswith(b"354") else b"\r\n")
        bodies += 1

    async with raw_server(answer) as port, aclosing(SmtpChannel(f"smtp://127.0.0.1:{port}?tls=off")) as channel:
        assert (await channel.send(letter(), STAFF)).verdict is Verdict.RETRY
    assert bodies == 1


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ((b"421 4.7.0 Too many connections\r\n",), "the mail server refuses the connection (421)"),
        ((GREETING[0], b"554 Go away\r\n", b"554 Go away\r\n"), "the mail server refuses the connection (554)"),
    ],
)
async def test_a_server_that_turns_us_away_at_the_door_pauses_the_channel(
    replies: tuple[bytes, ...], reason: str
) -> None:
    async with (
        answering(*replies) as port,
        aclosing(SmtpChannel(f"smtp://127.0.0.1:{port}?tls=off", deadline=3)) as channel,
    ):
        outcome = await channel.send(letter(), STAFF)
    assert (outcome.verdict, outcome.reason) == (Verdict.CHANNEL_DOWN, reason)
