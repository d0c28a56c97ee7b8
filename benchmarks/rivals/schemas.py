"""The request and the answer as Pydantic models: the same fields that Freequote reads."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, EmailStr, Field


class ConsentIn(BaseModel):
    """What was agreed to."""

    privacy: bool
    health_data: bool
    marketing: bool = False


class QuoteIn(BaseModel):
    """A quote request."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: EmailStr
    phone: Annotated[str | None, Field(max_length=64)] = None
    country: Annotated[str, Field(min_length=2, max_length=2)]
    language: Annotated[str | None, Field(max_length=35)] = None
    condition: Annotated[str, Field(max_length=200)]
    treatment: Annotated[str | None, Field(max_length=200)] = None
    message: Annotated[str | None, Field(max_length=5000)] = None
    preferred_contact: str | None = None
    timeline: str | None = None
    consent: ConsentIn
    attribution: dict[str, str] = {}


class QuoteOut(BaseModel):
    """The answer."""

    id: str
    reference: str
    form: str
    received_at: datetime
