"""What stands in a row of an export."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from app.leads.documents import LeadParts
from app.leads.masking import masked
from app.leads.models import Lead

Row = list[Any]


class Column(StrEnum):
    """One column, in the order that they have where none are chosen."""

    REFERENCE = "reference"
    RECEIVED_AT = "received_at"
    STATUS = "status"
    FORM = "form"
    COUNTRY = "country"
    LANGUAGE = "language"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    PREFERRED_CONTACT = "preferred_contact"
    TIMEZONE = "timezone"
    RELATIONSHIP = "relationship"
    PATIENT_NAME = "patient_name"
    PATIENT_AGE = "patient_age"
    GUARDIAN_NAME = "guardian_name"
    CONDITION = "condition"
    CONDITION_CODE = "condition_code"
    TREATMENT = "treatment"
    TREATMENT_CODE = "treatment_code"
    MESSAGE = "message"
    TIMELINE = "timeline"
    BUDGET = "budget"
    DESTINATION_COUNTRIES = "destination_countries"
    ATTRIBUTION = "attribution"
    ANSWERS = "answers"
    ASSIGNEE = "assignee"
    TAGS = "tags"
    FOLLOW_UP_AT = "follow_up_at"
    ANSWERED_AT = "answered_at"
    HELD = "held"
    TEST = "test"
    UPDATED_AT = "updated_at"
    VERSION = "version"
    ID = "id"


_CLEAR = (
    *("reference", "received_at", "status", "country", "language", "assignee", "tags", "follow_up_at", "answered_at"),
    *("held", "test", "updated_at", "version"),
)


def row_of(lead: Lead, parts: LeadParts, names: Sequence[str], *, unmasked: bool) -> Row:
    """Return what a lead has in each named column, contact data whole or masked; None where it has nothing."""
    values = _values(lead, parts)
    if not unmasked:
        values |= masked(values)
    return list(map(values.get, names))


def _values(lead: Lead, parts: LeadParts) -> dict[str, Any]:
    patient = parts.inquiry.get("patient") or {}
    return {
        **parts.inquiry,
        **parts.person,
        **{name: getattr(lead, name) for name in _CLEAR},
        "id": str(lead.id),
        "form": lead.form_key,
        "patient_name": patient.get("name"),
        "patient_age": patient.get("age"),
        "guardian_name": patient.get("guardian_name"),
        "attribution": {**lead.campaign, **parts.attribution} or None,
        "answers": parts.answers or None,
    }
