"""Acknowledgements on their way: from the form's switch through the outbox to the mail server, on both databases."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from app.deliveries import service
from app.deliveries.acknowledging import change_form
from app.deliveries.errors import NotRetriable
from app.deliveries.schemas import DeliveryFilters, DeliveryOut, DeliveryState
from app.destinations import service as destinations
from app.destinations.errors import BuiltIn
from app.destinations.guard import Guard
from app.destinations.schemas import DestinationChange, DestinationOut
from app.errors import InvalidRequest
from app.forms.schemas import FormChange
from app.forms.wordings import DEFAULT_TEXTS, TOLD
from app.intake.trial import try_destination
from app.leads import service as leads
from app.leads.schemas import LeadChange, Status
from app.leads.withdrawal import agreements
from app.settings import Settings
from tests.support.house import PERSON, Desk
from tests.support.smtp import SmtpServer, posting_there


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    """Give settings under which letters go to the mail server."""
    return posting_there(settings, smtp_server)


async def change(desk: Desk, **wanted: Any) -> None:
    house = desk.house
    await change_form(house, "default", FormChange(**wanted))


async def listed(desk: Desk) -> list[DeliveryOut]:
    """Return the deliveries, the first promised first."""
    page = await service.list_deliveries(desk.house.database, DeliveryFilters(), cursor=None, limit=50)
    return list(reversed(page.items))


async def places(desk: Desk) -> list[DestinationOut]:
    return await destinations.list_destinations(desk.house.database, desk.house.keyring)


async def test_an_enquirer_is_told_once_that_the_request_arrived(desk: Desk, smtp_server: SmtpServer) -> None:
    await change(desk, acknowledge=True, reply_to="hola@clinic.example")
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    await leads.change(
        desk.house.database, desk.house.keyring, lead.reference, LeadChange(status=Status.WON), desk.clock.now()
    )
    await desk.engine.run_until_idle()
    (mail,) = smtp_server.mails
    assert mail.recipients == (PERSON["email"],)
    assert mail.message["Subject"] == f"Hemos recibido su solicitud {lead.reference}"
    assert mail.message["Reply-To"] == "hola@clinic.example"
    assert b"Aurelia" not in mail.content
    assert b"sclerosis" not in mail.content
    assert [one.state for one in await listed(desk)] == [DeliveryState.DELIVERED]


async def test_the_letter_repeats_what_the_page_said_and_how_to_take_it_back(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    await change(desk, acknowledge=True)
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    (mail,) = smtp_server.mails
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert all(DEFAULT_TEXTS[name] in text for name in TOLD)
    found = re.search(r"http://127\.0\.0\.1:8000/withdraw/(\S+)", text)
    assert found
    standing = await agreements(desk.house.database, desk.house.keyring, found[1])
    assert (standing.reference, len(standing.given)) == (lead.reference, 2)


async def test_the_letter_says_by_when_somebody_answers_if_the_form_does(desk: Desk, smtp_server: SmtpServer) -> None:
    await change(desk, acknowledge=True, answer_within="1_working_day")
    await desk.lead()
    await desk.engine.run_until_idle()
    (mail,) = smtp_server.mails
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "answers you within one working day." in " ".join(body.get_content().split())


async def test_a_form_says_nothing_to_enquirers_until_it_is_told_to(desk: Desk, smtp_server: SmtpServer) -> None:
    await desk.lead()
    await desk.engine.run_until_idle()
    assert smtp_server.mails == []
    assert await listed(desk) == []


async def test_switching_off_stops_what_waits_and_switching_twice_makes_one_destination(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    await asyncio.gather(*(change(desk, acknowledge=True) for _ in range(3)))
    assert [(place.kind, place.forms, place.address) for place in await places(desk)] == [("enquirer", ["default"], "")]
    await desk.lead()
    await change(desk, acknowledge=False)
    await desk.engine.run_until_idle()
    assert smtp_server.mails == []
    (delivery,) = await listed(desk)
    assert (delivery.state, delivery.reason) == (DeliveryState.CANCELLED, "the form acknowledges no more")
    assert await places(desk) == []
    await change(desk, acknowledge=True)
    await desk.lead()
    await desk.engine.run_until_idle()
    assert len(smtp_server.mails) == 1


async def test_its_destination_is_paused_like_any_but_changed_only_by_the_form(desk: Desk) -> None:
    await change(desk, acknowledge=True)
    (place,) = await places(desk)
    house = desk.house
    assert (await destinations.set_state(house.database, house.keyring, place.id, "paused")).state == "paused"
    with pytest.raises(BuiltIn):
        await destinations.change(house.database, house.keyring, Guard(), place.id, DestinationChange(forms=[]))
    with pytest.raises(BuiltIn):
        await service.retire_destination(house.database, place.id, desk.clock.now())


@pytest.mark.parametrize(
    "address", ["nobody", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example", "ü@b.example"]
)
async def test_an_address_for_replies_that_no_header_can_hold_is_refused(desk: Desk, address: str) -> None:
    with pytest.raises(InvalidRequest):
        await change(desk, reply_to=address)


async def test_a_held_lead_is_acknowledged_when_it_is_released_and_not_before(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    await change(desk, acknowledge=True)
    lead = await desk.lead(held_reasons=["honeypot"])
    await desk.engine.run_until_idle()
    assert smtp_server.mails == []
    await leads.release(desk.house.database, desk.house.keyring, lead.reference, desk.clock.now())
    await desk.engine.run_until_idle()
    assert len(smtp_server.mails) == 1


async def test_one_address_gets_three_a_day_however_it_is_spelled_and_whichever_go_out_at_once(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    await change(desk, acknowledge=True)
    spellings = [PERSON["email"], PERSON["email"].upper(), PERSON["email"], PERSON["email"], PERSON["email"]]
    for spelling in spellings:
        await desk.lead(person={**PERSON, "email": spelling})
        desk.clock.move(timedelta(seconds=1))
    await desk.lead(person={**PERSON, "email": "somebody.else@mail.example"})
    await desk.engine.run_until_idle()
    assert len(smtp_server.mails) == 4
    states = [one.state.value for one in await listed(desk)]
    assert states == [*["delivered"] * 3, *["withheld"] * 2, "delivered"]
    withheld = (await listed(desk))[3]
    assert withheld.reason == "the address got 3 acknowledgements within a day"
    with pytest.raises(NotRetriable):
        await service.retry(desk.house.database, withheld.id, desk.clock.now())

    desk.clock.move(timedelta(days=1))
    await desk.lead()
    await desk.engine.run_until_idle()
    assert (await listed(desk))[-1].state is DeliveryState.DELIVERED


async def test_a_wrong_address_is_final_and_visible_and_leaves_the_others_alone(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    smtp_server.refused["typo@mail.example"] = "550 5.1.1 Nobody of that name"
    await change(desk, acknowledge=True)
    await desk.lead(person={**PERSON, "email": "typo@mail.example"})
    await desk.engine.run_until_idle()
    (delivery,) = await listed(desk)
    assert (delivery.state, delivery.reason) == (DeliveryState.FAILED, "the mail server answered 550")
    assert [place.state for place in await places(desk)] == ["active"]


async def test_testing_the_destination_writes_to_nobody(desk: Desk, smtp_server: SmtpServer) -> None:
    await change(desk, acknowledge=True)
    (place,) = await places(desk)
    found = await try_destination(desk.house, desk.engine, place.id)
    assert (found.state, found.reason) == (DeliveryState.WITHHELD, "a test has no enquirer")
    assert [attempt.outcome for attempt in found.attempts] == ["withheld"]
    assert smtp_server.mails == []
