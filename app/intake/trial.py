"""A test of a destination: an invented lead, marked as a test, that goes to this one destination for real."""

import asyncio
from uuid import UUID

from sqlalchemy import select

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.deliveries import service as deliveries
from app.deliveries.engine import Engine
from app.deliveries.models import Delivery
from app.deliveries.policy import Verdict
from app.deliveries.schemas import DeliveryDetail, DeliveryState
from app.destinations import service as destinations
from app.destinations.formats import FORMATS
from app.forms.service import DEFAULT_FORM
from app.intake.body import read_body
from app.intake.composing import consent_rows, new_lead
from app.intake.configuration import DoorConfiguration
from app.intake.schemas import read_quote_request
from app.leads import arrivals
from app.parts import Parts

_INVENTED = b"""{
  "name": "Test Enquirer", "email": "test.enquirer@mail.example", "phone": "+34 612 34 56 78", "country": "ES",
  "condition": "multiple sclerosis", "message": "This is a test of the destination. Nobody waits for an answer.",
  "language": "en", "preferred_contact": "email", "consent": {"privacy": true, "health_data": true}
}"""
_LOOK_AGAIN_SECONDS = 0.2


async def try_destination(
    house: Parts, engine: Engine, destination_id: UUID, *, by: Principal | None = None
) -> DeliveryDetail:
    """Send a test lead to one destination, paused or not, and return the delivery with its attempt.

    Errors: `DestinationNotFound`.
    """
    async with house.database.begin() as session:
        destination = await destinations.get(session, destination_id, by=by)
        note(session, by, Action.DESTINATION_TESTED, f"destination:{destination_id}")
    form_key = destination.forms[0] if destination.forms else DEFAULT_FORM
    request = read_quote_request(read_body("application/json", _INVENTED), accept_language=None)
    if destination.recipient:
        consent = request.consent.model_copy(update={"sharing": [destination.recipient]})
        request = request.model_copy(update={"consent": consent})
    configuration = DoorConfiguration(house.database)
    await configuration.check()
    wording, shown = await configuration.wording_shown(form_key, None, request.language)
    rows = consent_rows(request, wording, shown=shown, at=house.clock.now())
    arrival = arrivals.arrival(house.keyring, new_lead(form_key, request, rows, test=True))
    await arrivals.write(house.database, [arrival], lambda _: [destination])
    async with house.database.read() as session:
        delivery_id = await session.scalar(select(Delivery.id).where(Delivery.event_id == arrival.event["id"]))
    assert delivery_id is not None  # noqa: S101 - a trial's lead is promised to its destination, or withheld from it
    for _ in FORMATS[destination.format].calls:
        if not await engine.keep_now(delivery_id):
            await _let_settle(house, delivery_id)
        found = await deliveries.show(house.database, delivery_id, by=by)
        if found.attempts[-1].outcome != Verdict.HALFWAY:
            break
    return found


async def _let_settle(house: Parts, delivery_id: UUID) -> None:
    """Wait while another worker, that was quicker, sends it."""
    for _ in range(int(house.settings.delivery_deadline / _LOOK_AGAIN_SECONDS)):
        found = await deliveries.show(house.database, delivery_id)
        if found.state is not DeliveryState.SENDING:
            return
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
