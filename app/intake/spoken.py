"""A telephone enquiry: what staff heard, entered by them, with consent as it was spoken."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.access.auditing import actor_of
from app.access.principals import Principal
from app.bulk import Rows
from app.forms.errors import FormNotFound
from app.forms.service import DEFAULT_FORM
from app.intake import entering
from app.intake.composing import new_lead
from app.intake.configuration import DoorConfiguration
from app.intake.schemas import QuoteRequest
from app.intake.service import Accepted
from app.leads import arrivals, timeline
from app.leads.models import LeadStep
from app.parts import Parts

_SPOKEN = "spoken"


async def enter(house: Parts, request: QuoteRequest, *, by: Principal | None = None) -> Accepted:
    """Make a lead of what an enquirer said. It is told of as any other; it is never held.

    Errors: `FormNotFound`, also for a form that `by` may not see; `FormClosed`.
    """
    now, form_key = house.clock.now(), request.form or DEFAULT_FORM
    if by is not None and not by.sees(form_key):
        raise FormNotFound
    configuration = DoorConfiguration(house.database)
    new = new_lead(form_key, request, list(_consents(request, now)))
    step = Rows(LeadStep, [timeline.step_row(new.id, "entered", now, by)])
    entered = [arrivals.arrival(house.keyring, new)]
    await entering.write(house, configuration, form_key, entered, actor=actor_of(by), beside=[step])
    return Accepted(new.id, new.reference, form_key, now)


def _consents(request: QuoteRequest, at: datetime) -> Iterator[dict[str, Any]]:
    given = request.consent
    common = {"wording_id": None, "wording_hash": None, "shown": _SPOKEN, "at": at}
    for purpose in ("privacy", "health_data", "marketing"):
        yield {**common, "purpose": purpose, "recipient": None, "granted": getattr(given, purpose)}
    for recipient in given.sharing:
        yield {**common, "purpose": "sharing", "recipient": recipient, "granted": True}
