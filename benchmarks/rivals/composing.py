"""From the tutorial's body to a new lead of Freequote, for whoever writes the same rows in another way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database import Database
from app.destinations.models import Destination
from app.forms.models import WordingSet
from app.forms.service import DEFAULT_FORM
from app.ids import new_id, new_reference
from app.intake.configuration import DoorConfiguration
from app.languages.catalogue import condition_code, treatment_code
from app.leads.arrivals import NewLead
from app.leads.documents import LeadParts
from benchmarks.rivals.schemas import QuoteIn


@dataclass(frozen=True, slots=True)
class Setting:
    """What a lead of the default form refers to."""

    told: Sequence[Destination]
    wording: WordingSet


async def read_setting(database: Database) -> Setting:
    """Read who hears of leads, and what enquirers are shown."""
    configuration = DoorConfiguration(database)
    await configuration.check()
    wording, _ = await configuration.wording_shown(DEFAULT_FORM, None, "es")
    return Setting(configuration.told(DEFAULT_FORM), wording)


def new_lead(quote: QuoteIn, wording: WordingSet, now: datetime) -> NewLead:
    """Make the lead of a request, with its three consents."""
    shown = {"recipient": None, "wording_id": wording.id, "wording_hash": wording.hash, "shown": "shown", "at": now}
    person = quote.model_dump(include={"name", "email", "phone", "preferred_contact"})
    inquiry = quote.model_dump(include={"condition", "treatment", "message", "timeline"})
    inquiry["condition_code"] = condition_code(quote.condition)
    inquiry["treatment_code"] = treatment_code(quote.treatment) if quote.treatment else None
    return NewLead(
        id=new_id(),
        reference=new_reference(),
        form_key=DEFAULT_FORM,
        held_reasons=[],
        test=False,
        country=quote.country,
        language=quote.language,
        campaign={},
        parts=LeadParts(person, inquiry, dict(quote.attribution), {}),
        consents=[{**shown, "purpose": purpose, "granted": given} for purpose, given in quote.consent],
        received_at=now,
    )
