"""Destinations as the API and the command line show them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.destinations.shapes import Include
from app.forms.schemas import LINE_PATTERN, FormKey

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE_PATTERN, examples=["Clinic CRM"])]
Forms = Annotated[list[FormKey], Field(max_length=200, description="Keys of the forms it serves; empty: all.")]
Recipient = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=200,
        pattern=LINE_PATTERN,
        description="The legal entity behind it. It then gets only leads whose enquirer agreed to share with it.",
    ),
]


class _NewDestination(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    include: Annotated[Include, Field(description="How much it gets: ids only, the person, or everything.")]
    forms: Forms = []
    recipient: Recipient = None


class NewWebhook(_NewDestination):
    """An address that gets signed HTTP posts."""

    kind: Literal["webhook"]
    url: Annotated[str, Field(min_length=1, max_length=2000, examples=["https://crm.example/hooks/freequote"])]
    format: Literal["standard"] = "standard"


class NewMailbox(_NewDestination):
    """A mailbox that gets letters."""

    kind: Literal["email"]
    address: Annotated[str, Field(min_length=3, max_length=254, examples=["quotes@clinic.example"])]


NewDestination = Annotated[NewWebhook | NewMailbox, Field(discriminator="kind")]


class DestinationChange(BaseModel):
    """What is to change; what is left out stays. `"recipient": null` takes the recipient away."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    include: Include | None = None
    forms: Forms | None = None
    recipient: Recipient = None


class DestinationOut(BaseModel):
    """A destination without its secret."""

    id: UUID
    kind: Literal["webhook", "email", "enquirer"]
    name: str
    address: Annotated[str, Field(description="The webhook's URL or the mailbox; empty where each lead brings it.")]
    include: Include
    format: str
    forms: list[str]
    recipient: str | None
    state: Literal["active", "failing", "paused"]
    created_at: datetime


class DestinationMade(DestinationOut):
    """A destination just made; a webhook's signing secret is shown this once."""

    secret: Annotated[str | None, Field(examples=["whsec_…"])]
