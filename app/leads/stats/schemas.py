"""Figures as the API shows them."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.leads.schemas import Status


class DayFigure(BaseModel):
    """How many leads came in on one day (UTC)."""

    day: date
    count: int


class SourceFigure(BaseModel):
    """How many leads came from one `utm_source`."""

    source: Annotated[str | None, Field(description="Null: none was said, or one that is kept sealed.")]
    count: int


class CountryFigure(BaseModel):
    """How many leads came from one country."""

    country: Annotated[str, Field(examples=["ES"])]
    count: int


class FormFigure(BaseModel):
    """How many leads came through one form."""

    form: str
    count: int


class FirstAnswer(BaseModel):
    """How soon leads are answered: the time until staff first move one on from `new`."""

    answered: Annotated[int, Field(description="How many of these leads were answered at all.")]
    median_minutes: Annotated[int | None, Field(description="Half were answered within; to three digits.")]
    p90_minutes: Annotated[int | None, Field(description="Nine in ten were answered within; to three digits.")]


class DeliveryHealth(BaseModel):
    """Where the deliveries stand that were promised in this time."""

    delivered: int
    failed: Annotated[int, Field(description="Given up; a retry or a replay sends them again.")]
    waiting: Annotated[int, Field(description="Not sent yet, or to be tried again.")]
    withheld: int
    cancelled: int
    oldest_waiting_at: datetime | None


class HeldCounts(BaseModel):
    """How many leads were held as suspected spam, and what became of them."""

    held: Annotated[int, Field(description="In all: those that were released, rejected, and that still wait.")] = 0
    released: int = 0
    rejected: int = 0
    waiting: int = 0


class ReasonFigure(HeldCounts):
    """What became of the leads that were held for one reason, among others or alone."""

    reason: Annotated[str, Field(examples=["pitch-seo"])]


class HeldFigures(HeldCounts):
    """The leads that were received in some days and held, in figures; each counts once, and once for each reason."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    first_day: Annotated[date, Field(alias="from")]
    last_day: Annotated[date, Field(alias="to")]
    oldest_waiting_at: datetime | None
    reasons: Annotated[list[ReasonFigure], Field(description="The most frequent first.")]


class Stats(BaseModel):
    """The leads that were received in some days, in figures; held leads and tests are not counted."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    first_day: Annotated[date, Field(alias="from")]
    last_day: Annotated[date, Field(alias="to")]
    total: int
    days: Annotated[list[DayFigure], Field(description="Every day of these, also those without a lead.")]
    statuses: dict[Status, int]
    sources: Annotated[list[SourceFigure], Field(description="The 50 most frequent.")]
    countries: list[CountryFigure]
    forms: list[FormFigure]
    first_answer: FirstAnswer
    deliveries: DeliveryHealth
