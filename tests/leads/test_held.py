"""Held leads: nobody overlooks one, and the letter that says so holds nothing of a person."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from app.deliveries.held_letter import Digest
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.senders import RealSenders
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.forms import service as forms
from app.forms.schemas import NewForm
from app.health import run_checks
from app.languages.letters import staff_words
from app.leads import service
from app.leads.held import HeldDigests, held_checks
from app.leads.models import HeldDigest
from app.settings import Settings, read_settings
from app.worker import WorkerLoop, make_digests, make_engine
from tests.intake.enquiry import WORDS_OF_HERS
from tests.support.house import Desk
from tests.support.smtp import SmtpServer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    """Give a house whose letters go to a mail server."""
    mail = read_settings({"FREEQUOTE_SMTP_URL": smtp_server.url, "FREEQUOTE_MAIL_FROM": "quotes@clinic.example"})
    return settings.model_copy(update={"smtp_url": mail.smtp_url, "mail_from": mail.mail_from})


async def _tell(desk: Desk, *, times: int = 1) -> None:
    _, senders = make_engine(desk.house)
    for _ in range(times):
        await make_digests(desk.house, senders).work()
    await senders.aclose()


def _letters(smtp_server: SmtpServer) -> Sequence[tuple[str, str]]:
    return [(mail.recipients[0], str(mail.message["Subject"])) for mail in smtp_server.mails]


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def _held(desk: Desk, form: str = "default") -> str:
    return (await desk.lead(form=form, held_reasons=["link"])).reference


async def test_a_mailbox_is_told_after_a_quarter_of_an_hour_then_daily_until_all_are_judged(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    await desk.mailbox("front.desk@clinic.example")
    await desk.lead()
    first = await _held(desk)
    desk.clock.move(14 * MINUTE)
    await _tell(desk)
    assert smtp_server.mails == []
    desk.clock.move(MINUTE)
    await _tell(desk, times=3)
    told = ("front.desk@clinic.example", "Held as suspected spam: 1")
    assert _letters(smtp_server) == [told]
    desk.clock.move(23 * HOUR)
    await _tell(desk)
    assert len(smtp_server.mails) == 1
    desk.clock.move(HOUR)
    await _tell(desk, times=2)
    assert _letters(smtp_server) == [told] * 2
    await service.release(desk.house.database, desk.house.keyring, first, desk.clock.now())
    desk.clock.move(2 * DAY)
    await _tell(desk)
    assert len(smtp_server.mails) == 2


async def test_new_ones_are_told_of_once_an_hour_at_most(desk: Desk, smtp_server: SmtpServer) -> None:
    await desk.mailbox("front.desk@clinic.example")
    for _ in range(36):
        await _held(desk)
        desk.clock.move(5 * MINUTE)
        await _tell(desk)
    subjects = [subject for _, subject in _letters(smtp_server)]
    assert subjects == [f"Held as suspected spam: {count}" for count in (3, 15, 27)]


async def test_each_mailbox_hears_of_its_own_forms_in_its_own_language(desk: Desk, smtp_server: SmtpServer) -> None:
    house = desk.house
    async with house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Clínica del Sol"), desk.clock.now())
    await desk.mailbox("all@clinic.example")
    await desk.mailbox("es@clinic.example", forms=["clinic-es"], settings={"language": "es"})
    await desk.mailbox("none@clinic.example", forms=["default"])
    resting = await desk.mailbox("resting@clinic.example")
    await destinations.set_state(house.database, house.keyring, resting.id, "paused")
    await _held(desk, "clinic-es")
    await _held(desk, "clinic-es")
    desk.clock.move(15 * MINUTE)
    await _tell(desk)
    assert sorted(_letters(smtp_server)) == [
        ("all@clinic.example", "Held as suspected spam: 2"),
        ("es@clinic.example", "Retenidas como posible spam: 2"),
    ]
    texts = {mail.recipients[0]: _text(mail.message) for mail in smtp_server.mails}
    assert "Clínica del Sol: 2" in texts["es@clinic.example"]
    assert staff_words()["es"]["held_why"] in texts["es@clinic.example"].replace("\n", " ")
    assert "freequote lead list --held" in texts["all@clinic.example"]
    for mail in smtp_server.mails:
        assert not [word for word in WORDS_OF_HERS if word.encode() in mail.content]
        assert mail.message["Auto-Submitted"] == "auto-generated"


async def test_tests_and_what_was_rejected_wait_for_nobody(desk: Desk, smtp_server: SmtpServer) -> None:
    await desk.mailbox("front.desk@clinic.example")
    rejected = await _held(desk)
    await desk.lead(held_reasons=["link"], test=True)
    await service.reject(desk.house.database, desk.house.keyring, rejected, desk.clock.now())
    desk.clock.move(2 * DAY)
    await _tell(desk)
    assert smtp_server.mails == []
    assert [found.ok for found in await run_checks(held_checks(desk.house.database, desk.clock))] == [True]


async def test_what_the_mail_server_does_not_take_is_tried_again(desk: Desk, smtp_server: SmtpServer) -> None:
    await desk.mailbox("front.desk@clinic.example")
    await _held(desk)
    desk.clock.move(15 * MINUTE)
    smtp_server.replies.append("451 4.3.0 Come back later")
    await _tell(desk, times=2)
    assert smtp_server.mails == []
    desk.clock.move(5 * MINUTE)
    await _tell(desk, times=2)
    assert len(smtp_server.mails) == 1


async def test_a_channel_that_is_down_is_asked_once_and_whoever_leaves_tells_nobody_else(desk: Desk) -> None:
    for name in ("front.desk", "back.office"):
        await desk.mailbox(f"{name}@clinic.example")
    await _held(desk)
    desk.clock.move(15 * MINUTE)
    asked: list[str] = []

    async def down(mailbox: Destination, _digest: Digest, _now: datetime) -> Outcome:
        asked.append(mailbox.name)
        return Outcome(Verdict.CHANNEL_DOWN, reason="the mail server is out of reach")

    async def leave(mailbox: Destination, _digest: Digest, _now: datetime) -> Outcome:
        asked.append(mailbox.name)
        digests.stop()
        return Outcome(Verdict.DELIVERED, reason="taken")

    await HeldDigests(desk.house.database, desk.clock, down).work()
    assert asked == ["front.desk@clinic.example"]
    desk.clock.move(5 * MINUTE)
    digests = HeldDigests(desk.house.database, desk.clock, leave)
    await digests.work()
    assert asked == ["front.desk@clinic.example"] * 2


async def test_a_worker_tells(desk: Desk, smtp_server: SmtpServer) -> None:
    await desk.mailbox("front.desk@clinic.example")
    await _held(desk)
    desk.clock.move(15 * MINUTE)
    engine, senders = make_engine(desk.house)
    digests = make_digests(desk.house, senders)
    loop = WorkerLoop(desk.house.database, desk.clock, engine, asyncio.Event(), digests=digests)
    running = asyncio.create_task(loop.run())
    await smtp_server.received()
    loop.stop()
    await running
    await senders.aclose()


async def test_of_several_workers_one_tells(desk: Desk, smtp_server: SmtpServer) -> None:
    await desk.mailbox("front.desk@clinic.example")
    await _held(desk)
    desk.clock.move(15 * MINUTE)
    senders: list[RealSenders] = [make_engine(desk.house)[1] for _ in range(4)]
    workers: list[HeldDigests] = [make_digests(desk.house, one) for one in senders]
    await asyncio.gather(*(worker.work() for worker in workers))
    await asyncio.gather(*(one.aclose() for one in senders))
    assert len(smtp_server.mails) == 1
    async with desk.house.database.read() as session:
        assert (await session.scalars(select(HeldDigest.told_at))).all() == [desk.clock.now()]


async def test_doctor_is_told_of_one_that_waits_for_a_day(desk: Desk) -> None:
    await _held(desk)
    desk.clock.move(DAY - MINUTE)
    (found,) = await run_checks(held_checks(desk.house.database, desk.clock))
    assert (found.name, found.ok) == ("held leads", True)
    desk.clock.move(MINUTE)
    (found,) = await run_checks(held_checks(desk.house.database, desk.clock))
    assert (found.ok, "lead list --held" in found.remedy) == (False, True)
