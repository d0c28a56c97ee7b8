"""Changes as the API shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.leads.masking import masked
from app.leads.schemas import Status


class ChangedLead(BaseModel):
    """The lead as that change left it. Without `leads:contact`, name, e-mail and phone are masked."""

    reference: Annotated[str, Field(examples=["FQ-7K3M9-QXD4H"])]
    version: Annotated[int, Field(description="Grows with every change: drop what is older than what you have.")]
    status: Status
    test: bool
    country: Annotated[str, Field(examples=["ES"])]
    language: str | None
    received_at: datetime
    name: Annotated[str, Field(examples=["Inés Ortega Vidal"])]
    email: Annotated[str | None, Field(examples=["ines.ortega@mail.example"])]
    phone: Annotated[str | None, Field(examples=["+34612345678"])]

    @classmethod
    def of(cls, data: Mapping[str, Any], *, unmasked: bool) -> Self:
        """Show a lead out of an event's `data`."""
        person = data["person"]
        contact = {name: person.get(name) for name in ("name", "email", "phone")}
        plain = {field: data[field] for field in ("reference", "version", "status", "test", "received_at")}
        return cls(
            **plain,
            country=person["country"],
            language=person["language"],
            **(contact if unmasked else masked(contact)),
        )


class Change(BaseModel):
    """One change of one lead."""

    id: Annotated[UUID, Field(description="The event's id, the `webhook-id` of every copy that is delivered.")]
    type: Annotated[str, Field(examples=["lead.created", "lead.updated", "lead.erased"])]
    at: datetime
    lead_id: UUID
    form: str
    changed: Annotated[list[str], Field(description="What changed, of an update.", examples=[["status"]])]
    lead: Annotated[ChangedLead | None, Field(description="Null once the lead is erased.")]


class Changes(BaseModel):
    """Changes in the order of their commits, oldest first."""

    items: list[Change]
    next_cursor: Annotated[
        str, Field(description="What to send as `after`: at once while pages come full, else a little later.")
    ]
