"""What becomes of a promised letter when the mail server misbehaves: the whole way, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from app.deliveries import service
from app.deliveries.policy import SCHEDULE
from app.deliveries.schemas import DeliveryDetail, DeliveryFilters, DeliveryState
from app.destinations import service as destinations
from app.settings import Settings, read_settings
from tests.deliveries.mail_servers import UP_TO_DATA
from tests.support.house import Desk
from tests.support.raw import raw_server
from tests.support.smtp import SmtpServer

STAFF = "quotes@clinic.example"


@pytest.fixture
def settings(settings: Settings, free_port: int) -> Settings:
    """Give settings that name a mail server which each test puts there, or does not."""
    return read_settings(
        {
            "FREEQUOTE_DATABASE_URL": settings.database_url.get_secret_value(),
            "FREEQUOTE_DATA_DIR": str(settings.data_dir),
            "FREEQUOTE_SMTP_URL": f"smtp://127.0.0.1:{free_port}?tls=off",
            "FREEQUOTE_MAIL_FROM": "Clinic <quotes@clinic.example>",
        }
    )


@asynccontextmanager
async def serving(face: SmtpServer, port: int) -> AsyncIterator[None]:
    server = await face.listen(port)
    try:
        yield
    finally:
        server.close()


async def promised(desk: Desk) -> DeliveryDetail:
    page = await service.list_deliveries(desk.house.database, DeliveryFilters(), cursor=None, limit=2)
    (listed,) = page.items
    return await service.show(desk.house.database, listed.id)


async def state_of_place(desk: Desk) -> str:
    (place,) = await destinations.list_destinations(desk.house.database, desk.house.keyring)
    return place.state


async def test_a_server_that_is_down_costs_no_attempt_and_the_letter_goes_when_it_is_back(
    desk: Desk, free_port: int
) -> None:
    await desk.mailbox(STAFF)
    await desk.lead()
    for _ in range(len(SCHEDULE) + 2):
        await desk.engine.run_until_idle()
        desk.clock.move(timedelta(minutes=10))
    waiting = await promised(desk)
    assert (waiting.state, waiting.reason) == (DeliveryState.PENDING, "the mail server is out of reach")
    assert {attempt.outcome for attempt in waiting.attempts} == {"channel-down"}
    face = SmtpServer()
    async with serving(face, free_port):
        await desk.engine.run_until_idle()
    assert len(face.mails) == 1
    assert (await promised(desk)).state is DeliveryState.DELIVERED
    assert await state_of_place(desk) == "active"


async def test_a_passing_refusal_is_tried_again_on_schedule(desk: Desk, free_port: int) -> None:
    face = SmtpServer()
    face.replies.extend(["451 4.3.0 Come back later"] * 2)
    await desk.mailbox(STAFF)
    await desk.lead()
    async with serving(face, free_port):
        for pause in SCHEDULE[:3]:
            desk.clock.move(pause)
            await desk.engine.run_until_idle()
    delivered = await promised(desk)
    assert [(one.outcome, one.status_code) for one in delivered.attempts] == [
        ("retry", 451),
        ("retry", 451),
        ("delivered", None),
    ]
    assert len(face.mails) == 1


async def test_a_permanent_refusal_is_final_at_once_visible_and_revived_by_hand(desk: Desk, free_port: int) -> None:
    face = SmtpServer()
    face.refused[STAFF] = "550 5.1.1 Nobody of that name"
    await desk.mailbox(STAFF)
    await desk.lead()
    async with serving(face, free_port):
        await desk.engine.run_until_idle()
        desk.clock.move(timedelta(days=1))
        await desk.engine.run_until_idle()
        failed = await promised(desk)
        assert (failed.state, failed.attempt_count) == (DeliveryState.FAILED, 1)
        assert failed.reason == "the mail server answered 550"
        face.refused.clear()
        await service.retry(desk.house.database, failed.id, desk.clock.now())
        await desk.engine.run_until_idle()
    assert (await promised(desk)).state is DeliveryState.DELIVERED


async def test_a_receipt_that_got_lost_brings_the_same_message_again_and_no_other(desk: Desk, free_port: int) -> None:
    letters: list[bytes] = []

    async def take_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in UP_TO_DATA:
            writer.write(reply)
            taken = await reader.readuntil(b"\r\n.\r\n" if reply.startswith(b"354") else b"\r\n")
        letters.append(taken)

    await desk.mailbox(STAFF)
    await desk.lead()
    async with raw_server(take_and_hang_up, port=free_port):
        await desk.engine.run_until_idle()
    assert (await promised(desk)).reason == "the mail server broke off"
    desk.clock.move(SCHEDULE[1])
    face = SmtpServer()
    async with serving(face, free_port):
        await desk.engine.run_until_idle()
    assert len(letters) == len(face.mails) == 1
    first, second = message_from_bytes(letters[0], policy=policy.default), face.mails[0].message
    for name in ("Message-ID", "Date", "Subject", "To"):
        assert first[name] == second[name] is not None


async def test_a_slow_server_is_cut_off_at_the_deadline_and_costs_no_attempt(desk: Desk, free_port: int) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for letter in b"220 mail.test is slow" * 5:
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.2)

    await desk.mailbox(STAFF)
    await desk.lead()
    async with raw_server(drip, port=free_port):
        await desk.engine.run_until_idle()
    waiting = await promised(desk)
    assert (waiting.state, waiting.reason) == (DeliveryState.PENDING, "the mail server does not answer in time")
    assert [attempt.outcome for attempt in waiting.attempts] == ["channel-down"]


async def test_a_server_that_answers_with_rubbish_costs_no_letter(desk: Desk, free_port: int) -> None:
    async def rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read(1)

    await desk.mailbox(STAFF)
    await desk.lead()
    async with raw_server(rubbish, port=free_port):
        await desk.engine.run_until_idle()
    assert (await promised(desk)).state is DeliveryState.PENDING
