"""Leads as the API and the command line show them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from app.clock import Moment
from app.forms.schemas import FORM_KEY_PATTERN
from app.leads.masking import masked
from app.paging import DEFAULT_LIMIT, MAX_LIMIT


class Status(StrEnum):
    """How far staff have come with a lead; they may step back."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    QUOTED = "quoted"
    WON = "won"
    LOST = "lost"


_SOME_WORD = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Tag = Annotated[str, Field(max_length=50, pattern=_SOME_WORD), AfterValidator(str.strip)]
Assignee = Annotated[str, Field(max_length=200, pattern=_SOME_WORD, examples=["Marta"]), AfterValidator(str.strip)]


class LeadChange(BaseModel):
    """What is to change on a lead; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    assignee: Annotated[Assignee | None, Field(description="Null: nobody.")] = None
    tags: Annotated[list[Tag] | None, Field(max_length=20, description="All of them, in place of those it has.")] = None
    follow_up_at: Annotated[Moment | None, Field(description="When to come back to it; null: never.")] = None

    @field_validator("follow_up_at")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        return value and value.astimezone(UTC)

    @field_validator("tags")
    @classmethod
    def _each_once(cls, value: list[str] | None) -> list[str] | None:
        return value and list(dict.fromkeys(value))

    @field_validator("status", "tags")
    @classmethod
    def _is_there(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("This cannot be null")
        return value

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Name at least one field that is to change")
        return self


class Sort(StrEnum):
    """The order of a list."""

    NEWEST = "-received_at"
    OLDEST = "received_at"
    LATEST_CHANGE = "-updated_at"


class LeadFilters(BaseModel):
    """Which leads a list shows, and in which order."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[Status], Field(max_length=len(Status))] = []
    form: Annotated[str | None, Field(pattern=FORM_KEY_PATTERN, examples=["clinic-es"])] = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$", examples=["ES"])] = None
    language: Annotated[str | None, Field(max_length=35, pattern=r"^[A-Za-z0-9-]+$", examples=["es"])] = None
    assignee: Assignee | None = None
    tag: Tag | None = None
    condition: Annotated[
        str | None, Field(max_length=200, description="Its code, or a name that the catalogue knows, in any language.")
    ] = None
    held: bool = False
    test: bool = False
    unanswered: Annotated[bool | None, Field(description="Those that never left `new`; false: those that did.")] = None
    received_from: Moment | None = None
    received_to: Annotated[Moment | None, Field(description="Leads received before this moment.")] = None
    updated_from: Moment | None = None
    updated_to: Annotated[Moment | None, Field(description="Leads last changed before this moment.")] = None
    email: Annotated[str | None, Field(max_length=254, description="This very address.")] = None
    phone: Annotated[str | None, Field(max_length=60, description="This very number, with its country's code.")] = None
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description=(
                "Words of the name or the e-mail address (their beginnings are enough, in any order; accents and case "
                "do not matter), the last digits of the phone number, or the reference."
            ),
        ),
    ] = None
    sort: Annotated[Sort, Field(description="With `q`, `email`, `phone` or `condition`: newest or oldest first.")] = (
        Sort.NEWEST
    )


class LeadPage(LeadFilters):
    """Which leads, and where the page begins."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=500)] = None


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
    answered_at: datetime | None
    assignee: str | None
    tags: list[str]
    follow_up_at: datetime | None
    name: Annotated[str, Field(examples=["Inés Ortega Vidal"])]
    email: Annotated[str | None, Field(examples=["ines.ortega@mail.example"])]
    phone: Annotated[str | None, Field(examples=["+34612345678"])]

    @classmethod
    def of(cls, clear: Mapping[str, Any], person: Mapping[str, Any], *, unmasked: bool) -> Self:
        """Show what of a lead is in the clear, and its contact data whole or masked."""
        contact = {name: person.get(name) for name in ("name", "email", "phone")}
        return cls.model_validate({**clear, **(contact if unmasked else masked(contact))})


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


class LeadRecord(BaseModel):
    """All that a lead says by itself."""

    id: UUID
    version: Annotated[int, Field(description="Grows with every change; also the `ETag`.")]
    reference: Annotated[str, Field(examples=["FQ-7K3M9-QXD4H"])]
    form: str
    status: Status
    held: bool
    held_reasons: Annotated[
        list[str], Field(description="Why it is or was held, the heaviest first.", examples=[["pitch-seo", "link"]])
    ]
    held_score: Annotated[int, Field(description="What its signs weighed together; 0: it was not held for signs.")]
    test: bool
    received_at: datetime
    updated_at: datetime
    answered_at: datetime | None
    assignee: str | None
    tags: list[str]
    follow_up_at: datetime | None
    person: dict[str, Any]
    inquiry: dict[str, Any]
    consents: list[dict[str, Any]]
    attribution: dict[str, Any]
    answers: dict[str, Any]


class LeadOut(LeadRecord):
    """A lead, whole, with its relatives and where its events stand."""

    related: list[RelatedLead]
    deliveries: list[DeliverySummary]


class BulkChange(BaseModel):
    """One change of many leads, all or none."""

    model_config = ConfigDict(extra="forbid")

    leads: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(min_length=1, max_length=500, description="Ids or references.", examples=[["FQ-7K3M9-QXD4H"]]),
    ]
    change: LeadChange


class ChangedLeads(BaseModel):
    """The leads as they are now, in the order in which they were named, each once."""

    items: list[LeadSummary]


class LeadList(BaseModel):
    """One page of leads."""

    items: list[LeadSummary]
    next_cursor: str | None
