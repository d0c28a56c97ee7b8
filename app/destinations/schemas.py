"""Destinations as the API and the command line show them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from app.destinations.connection import Auth, Headers
from app.destinations.filters import Conditions, Countries, Events, Filters, Languages, LeadStatus, Statuses
from app.destinations.formats import FormatName
from app.destinations.routing import Way
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


Settings = Annotated[dict[str, Any], Field(max_length=20, description="What its format needs; see docs/crm.md.")]
Authorization = Annotated[Auth | None, Field(description="How we say who we are. It is never shown again.")]
ExtraHeaders = Annotated[Headers, Field(description="Headers of every request. Their values are never shown again.")]


class _NewDestination(Filters):
    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    include: Annotated[Include, Field(description="How much it gets: ids only, the person, or everything.")]
    forms: Forms = Field(default_factory=list)
    recipient: Recipient = None


class NewWebhook(_NewDestination):
    """An address that gets signed HTTP posts."""

    kind: Literal["webhook"]
    url: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="May be left out where the format knows it.",
            examples=["https://crm.example/hooks/freequote"],
        ),
    ] = None
    format: FormatName = FormatName.STANDARD
    settings: Settings = Field(default_factory=dict)
    auth: Authorization = None
    headers: ExtraHeaders = Field(default_factory=dict)


class NewMailbox(_NewDestination):
    """A mailbox that gets letters."""

    kind: Literal["email"]
    address: Annotated[str, Field(min_length=3, max_length=254, examples=["quotes@clinic.example"])]
    settings: Annotated[
        dict[str, Any],
        Field(
            max_length=20,
            description="`language` of the letter's own words; `subject`, with `{headline}`, `{reference}`, `{form}`.",
            examples=[{"language": "es", "subject": "Web: {headline} {reference}"}],
        ),
    ] = Field(default_factory=dict)


NewDestination = Annotated[NewWebhook | NewMailbox, Field(discriminator="kind")]


class DestinationChange(BaseModel):
    """What is to change; what is left out stays. `"recipient": null` and `"auth": null` take them away.

    A new `format` begins with settings of its own. At another server `auth` and `headers` must be said again.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Annotated[str | None, Field(min_length=1, max_length=2000, description="Of a webhook.")] = None
    address: Annotated[str | None, Field(min_length=3, max_length=254, description="Of a mailbox.")] = None
    format: FormatName | None = None
    include: Include | None = None
    forms: Forms | None = None
    recipient: Recipient = None
    events: Events | None = None
    countries: Countries | None = None
    languages: Languages | None = None
    conditions: Conditions | None = None
    statuses: Statuses | None = None
    settings: Settings | None = None
    auth: Authorization = None
    headers: ExtraHeaders | None = None


class DestinationOut(BaseModel):
    """A destination without its secrets."""

    id: UUID
    kind: Literal["webhook", "email", "enquirer"]
    name: str
    address: Annotated[str, Field(description="The webhook's URL or the mailbox; empty where each lead brings it.")]
    include: Include
    format: str
    settings: dict[str, Any]
    auth: Annotated[Literal["basic", "bearer", "oauth2"] | None, Field(description="Which kind, without its secrets.")]
    headers: Annotated[list[str], Field(description="Names, without their values.")]
    forms: list[str]
    recipient: str | None
    events: list[str]
    countries: list[str]
    languages: list[str]
    conditions: list[str]
    statuses: list[str]
    state: Literal["active", "failing", "paused"]
    created_at: datetime


class DestinationMade(DestinationOut):
    """A destination just made or changed; a signing secret that it got is shown this once."""

    secret: Annotated[str | None, Field(examples=["whsec_…"])]


class SecretMade(BaseModel):
    """A new signing secret, shown this once. Until `previous_until` the one before signs too."""

    secret: Annotated[str, Field(examples=["whsec_…"])]
    previous_until: datetime


class RequestShown(BaseModel):
    """A request as it would be sent; `…` stands for secrets and for what changes from one to the next."""

    method: Literal["POST", "GET"] = "POST"
    url: str
    headers: dict[str, str]
    body: str


class Preview(BaseModel):
    """Every request that brings an invented lead there."""

    requests: list[RequestShown]


class RouteQuery(BaseModel):
    """A lead as far as routing asks."""

    model_config = ConfigDict(extra="forbid")

    event: Literal["lead.created", "lead.updated"] = "lead.created"
    form: FormKey = "default"
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["ES"])]
    language: Annotated[str | None, Field(max_length=35, examples=["es"])] = None
    condition: Annotated[str | None, Field(max_length=100, examples=["multiple-sclerosis"])] = None
    status: LeadStatus = "new"
    sharing: Annotated[list[str], Field(max_length=100, description="Recipients that it agreed to share with.")] = []


class RouteLead(BaseModel):
    """A lead that is there."""

    model_config = ConfigDict(extra="forbid")

    lead: Annotated[str, Field(max_length=64, description="Its id or reference.", examples=["FQ-7K3M9-QXD4H"])]
    event: Annotated[Literal["lead.created", "lead.updated"], Field(description="What would be told of it.")] = (
        "lead.created"
    )


def _is_there(body: Any) -> str:
    return "there" if isinstance(body, RouteLead) or (isinstance(body, dict) and "lead" in body) else "described"


RouteWhat = Annotated[
    Annotated[RouteLead, Tag("there")] | Annotated[RouteQuery, Tag("described")], Discriminator(_is_there)
]


class RouteOut(BaseModel):
    """What becomes of it for one destination."""

    id: UUID
    name: str
    outcome: Way
    reason: Annotated[str | None, Field(examples=["it takes other countries"])]
    state: str


class RouteList(BaseModel):
    """What becomes of it for each destination that the key may see."""

    items: list[RouteOut]
