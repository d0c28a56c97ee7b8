"""Leads as the API and the command line show them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.forms.schemas import FORM_KEY_PATTERN
from app.leads.models import Lead

# Beyond these a moment near the calendar's ends has no spelling in UTC.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]


class Status(StrEnum):
    """How far staff have come with a lead; they may step back."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    QUOTED = "quoted"
    WON = "won"
    LOST = "lost"


class LeadChange(BaseModel):
    """What is to change on a lead."""

    model_config = ConfigDict(extra="forbid")

    status: Status


class LeadFilters(BaseModel):
    """Which leads a list shows."""

    model_config = ConfigDict(extra="forbid")

    status: list[Status] = []
    form: Annotated[str | None, Field(pattern=FORM_KEY_PATTERN, examples=["clinic-es"])] = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$", examples=["ES"])] = None
    held: bool = False
    test: bool = False
    received_from: Moment | None = None
    received_to: Annotated[Moment | None, Field(description="Leads received before this moment.")] = None


class LeadSummary(BaseModel):
    """A lead in a list. Without `leads:contact`, name, e-mail and phone are masked."""

    id: UUID
    reference: Annotated[str, Field(examples=["FQ-7K3M9-QXD4H"])]
    form: str
    status: Status
    version: int
    held: bool
    test: bool
    country: Annotated[str, Field(examples=["ES"])]
    language: str | None
    received_at: datetime
    updated_at: datetime
    name: Annotated[str, Field(examples=["Inés Ortega Vidal"])]
    email: Annotated[str | None, Field(examples=["ines.ortega@mail.example"])]
    phone: Annotated[str | None, Field(examples=["+34612345678"])]

    @classmethod
    def of(cls, lead: Lead, person: Mapping[str, Any], *, unmasked: bool) -> Self:
        """Show a lead, its contact data whole or masked."""
        name, email, phone = person["name"], person.get("email"), person.get("phone")
        if not unmasked:
            name, email, phone = masked_name(name), email and masked_email(email), phone and masked_phone(phone)
        shown = {field: getattr(lead, field) for field in _PLAIN_FIELDS}
        return cls(**shown, form=lead.form_key, name=name, email=email, phone=phone)


_PLAIN_FIELDS = (
    "id",
    "reference",
    "status",
    "version",
    "held",
    "test",
    "country",
    "language",
    "received_at",
    "updated_at",
)


class RelatedLead(BaseModel):
    """Another lead with the same e-mail address or phone number: the same person, or one of the family."""

    id: UUID
    reference: str
    status: Status
    received_at: datetime


class DeliverySummary(BaseModel):
    """Where one event of the lead stands on its way to one destination."""

    id: UUID
    event_type: str
    destination_id: UUID
    destination: str
    state: str
    attempt_count: int
    reason: str | None


class LeadOut(BaseModel):
    """A lead, whole."""

    id: UUID
    version: Annotated[int, Field(description="Grows with every change; also the `ETag`.")]
    reference: Annotated[str, Field(examples=["FQ-7K3M9-QXD4H"])]
    form: str
    status: Status
    held: bool
    held_reasons: list[str]
    test: bool
    received_at: datetime
    updated_at: datetime
    person: dict[str, Any]
    inquiry: dict[str, Any]
    consents: list[dict[str, Any]]
    attribution: dict[str, Any]
    answers: dict[str, Any]
    related: list[RelatedLead]
    deliveries: list[DeliverySummary]


class LeadList(BaseModel):
    """One page of leads, newest first."""

    items: list[LeadSummary]
    next_cursor: str | None


def masked_name(name: str) -> str:
    """Return the initials: `I. O. V.`."""
    return " ".join(f"{word[0]}." for word in name.split())


def masked_email(address: str) -> str:
    """Return the first letter and the top-level domain: `i…@….example`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@….{domain.rpartition('.')[2]}"


def masked_phone(number: str) -> str:
    """Return the last two digits: `…78`."""
    return f"…{number[-2:]}"
