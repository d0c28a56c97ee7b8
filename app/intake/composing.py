"""From a quote request to a new lead: which part goes where, and what was agreed to."""

import re
from datetime import datetime
from typing import Any

from app.forms.models import WordingSet
from app.ids import new_id, new_reference
from app.intake.schemas import QuoteRequest
from app.intake.spam.judging import NO_DOUBT, Doubt
from app.leads.arrivals import NewLead
from app.leads.documents import LeadParts

_CLEAR_CAMPAIGN = re.compile(r"(?!.*\d{5})[^@]{1,64}", re.DOTALL)
"""Campaign values that are kept in the clear: short, no address, no long run of digits."""


def new_lead(
    form_key: str,
    request: QuoteRequest,
    consents: list[dict[str, Any]],
    *,
    doubt: Doubt = NO_DOUBT,
    test: bool = False,
) -> NewLead:
    """Make the lead of a request; it was received when its consents were given. `doubt` may hold it."""
    campaign = {
        name: value
        for name, value in request.attribution.items()
        if name.startswith("utm_") and _CLEAR_CAMPAIGN.fullmatch(value)
    }
    sealed = {name: value for name, value in request.attribution.items() if name not in campaign}
    return NewLead(
        id=new_id(),
        reference=new_reference(),
        form_key=form_key,
        held_reasons=doubt.reasons,
        held_score=doubt.score if doubt.holds else 0,
        test=test,
        country=request.country,
        language=request.language,
        campaign=campaign,
        parts=LeadParts(_person(request), _inquiry(request), sealed, dict(request.answers)),
        consents=consents,
        received_at=consents[0]["at"],
    )


def consent_rows(request: QuoteRequest, wording: WordingSet, *, shown: bool, at: datetime) -> list[dict[str, Any]]:
    """Return one row for each purpose, and for sharing one for each recipient that was offered or named."""
    common = {"wording_id": wording.id, "wording_hash": wording.hash, "at": at}
    word = "shown" if shown else "unverified"
    given = {
        "privacy": request.consent.privacy,
        "health_data": request.consent.health_data,
        "marketing": request.consent.marketing,
    }
    rows = [
        {**common, "purpose": purpose, "recipient": None, "granted": granted, "shown": word}
        for purpose, granted in given.items()
    ]
    for recipient in dict.fromkeys([*wording.recipients, *request.consent.sharing]):
        seen = word if recipient in wording.recipients else "unverified"
        granted = recipient in request.consent.sharing
        rows.append({**common, "purpose": "sharing", "recipient": recipient, "granted": granted, "shown": seen})
    return rows


def _person(request: QuoteRequest) -> dict[str, Any]:
    return {
        "name": request.name,
        "email": request.email,
        "phone": request.phone or request.phone_raw,
        "phone_raw": request.phone_raw,
        "phone_valid": request.phone_valid,
        "preferred_contact": request.preferred_contact,
        "relationship": request.relationship,
        "timezone": request.timezone,
    }


def _inquiry(request: QuoteRequest) -> dict[str, Any]:
    patient = {
        "name": request.patient_name,
        "age": request.patient_age,
        "guardian_name": request.guardian_name,
    }
    return {
        "condition": request.condition,
        "condition_code": request.condition_code,
        "treatment": request.treatment,
        "treatment_code": request.treatment_code,
        "message": request.message,
        "timeline": request.timeline,
        "budget": request.budget.model_dump() if request.budget else None,
        "destination_countries": list(request.destination_countries),
        "patient": patient if any(value is not None for value in patient.values()) else None,
    }
