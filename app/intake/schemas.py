"""The quote request: what a visitor asked for, checked and normalised, whatever way it came."""

from typing import Any
from uuid import UUID

import orjson
import phonenumbers
from pydantic import BaseModel, ConfigDict

from app.errors import InvalidRequest
from app.intake.body import Submission
from app.intake.fields import rules
from app.intake.fields.beside import read_answers, read_attribution, read_ours
from app.intake.fields.consent import read_consent
from app.intake.fields.inquiry import read_inquiry
from app.intake.fields.money import currencies
from app.intake.fields.person import read_patient, read_person, timezones
from app.intake.fields.reader import Fields
from app.intake.fields.schema import quote_request_schema
from app.languages.catalogue import condition_code, treatment_code
from app.languages.countries import read_country

__all__ = [
    "ConsentGiven",
    "Money",
    "QuoteRequest",
    "preload",
    "quote_request_schema",
    "read_quote_request",
]

# Not sent but found out: a newer catalogue or newer numbering plans must not make another request of the same words.
_FOUND_OUT = {"email_normalised", "phone", "phone_valid", "condition_code", "treatment_code", "language_is_guess"}
# Not part of what is asked for.
_AROUND_IT = {"form", "fq", "redirect"}


class Money(BaseModel):
    """An amount in a currency (ISO 4217)."""

    model_config = ConfigDict(frozen=True)

    amount: str
    currency: str


class ConsentGiven(BaseModel):
    """What the enquirer agreed to, and the wording set that the page says it showed."""

    model_config = ConfigDict(frozen=True)

    privacy: bool
    health_data: bool
    sharing: list[str] = []
    marketing: bool = False
    wording: UUID | None = None


class QuoteRequest(BaseModel):
    """A request that keeps every rule of the contract."""

    model_config = ConfigDict(frozen=True)

    form: str | None
    name: str
    first_name: str | None
    last_name: str | None
    email: str | None
    email_normalised: str | None
    phone_raw: str | None
    phone: str | None
    """The number in E.164; `phone_raw` is what was typed."""
    phone_valid: bool | None
    country: str
    condition: str | None
    condition_code: str | None
    treatment: str | None
    treatment_code: str | None
    message: str | None
    preferred_contact: rules.Contact | None
    language: str | None
    language_is_guess: bool
    """Whether the language is the browser's and not the request's own."""
    timezone: str | None
    relationship: rules.Relationship
    patient_name: str | None
    patient_age: int | None
    guardian_name: str | None
    timeline: rules.Timeline | None
    budget: Money | None
    destination_countries: list[str]
    consent: ConsentGiven
    attribution: dict[str, str]
    answers: dict[str, Any]
    fq: dict[str, str]
    redirect: str | None

    def fingerprint_source(self) -> bytes:
        """Return canonical JSON that is equal for equal requests, in whatever encoding they came."""
        left_out = _FOUND_OUT | _AROUND_IT | ({"language"} if self.language_is_guess else set())
        return orjson.dumps(self.model_dump(exclude=left_out), option=orjson.OPT_SORT_KEYS)


def preload() -> None:
    """Load what the first request would otherwise wait for: numbering plans, countries, catalogue, time zones."""
    phonenumbers.PhoneMetadata.load_all()
    read_country("-")
    condition_code("-")
    treatment_code("-")
    currencies()
    timezones()


def read_quote_request(submission: Submission, *, accept_language: str | None) -> QuoteRequest:
    """Check a submission against the contract.

    Errors: `InvalidRequest` with every problem of every field; none repeats what was sent.
    """
    fields = Fields(submission.fields, list(submission.problems))
    redirect = submission.fields.get("redirect")
    values = {
        "form": fields.line("form", rules.LONGEST_NAME),
        **read_person(fields, accept_language),
        **read_inquiry(fields),
        **read_patient(fields),
        "consent": read_consent(fields),
        "attribution": read_attribution(fields),
        "answers": read_answers(fields),
        "fq": read_ours(fields),
        # An address that is no text is, like any that is not on the form's list, ignored.
        "redirect": redirect if isinstance(redirect, str) else None,
    }
    if fields.problems:
        raise InvalidRequest(fields.problems)
    return QuoteRequest(**values)
