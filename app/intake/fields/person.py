"""The enquirer and the patient: often not the same person."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from app.intake.fields import rules
from app.intake.fields.contact import normalise_email, parse_phone, trim_email
from app.intake.fields.reader import Fields
from app.languages.countries import read_country
from app.languages.negotiation import preferred_languages, read_language


def read_person(fields: Fields, accept_language: str | None) -> dict[str, Any]:
    """Return who writes, where from, and how they would like to be answered."""
    country = _country(fields)
    if not fields.has("email") and not fields.has("phone") and not fields.is_wrong("phone"):
        fields.note("email", "contact-required", "Write an e-mail address or a phone number.")
    return {
        **_names(fields),
        **_email(fields),
        **_phone(fields, country),
        "country": country,
        "preferred_contact": fields.choice("preferred_contact", rules.CONTACTS),
        **_language(fields, accept_language),
        "timezone": _timezone(fields),
    }


def read_patient(fields: Fields) -> dict[str, Any]:
    """Return who is to be treated, if that is somebody else or a child."""
    age = fields.whole_number("patient_age", rules.OLDEST)
    relationship = fields.choice("relationship", rules.RELATIONSHIPS) or "self"
    guardian = fields.line("guardian_name", rules.LONGEST_NAME)
    under_age = age is not None and age < rules.ADULT
    if under_age and relationship != "parent" and not fields.has("guardian_name"):
        fields.note("guardian_name", "guardian-required", "Write the name of a parent or guardian.")
    return {
        "relationship": relationship,
        "patient_name": fields.line("patient_name", rules.LONGEST_NAME),
        "patient_age": age,
        "guardian_name": guardian,
    }


@lru_cache(maxsize=1)
def timezones() -> Mapping[str, str]:
    """Return every time zone's name by its small letters."""
    return {name.lower(): name for name in available_timezones()}


def _names(fields: Fields) -> dict[str, Any]:
    first, last = fields.line("first_name", rules.LONGEST_NAME), fields.line("last_name", rules.LONGEST_NAME)
    whole = fields.line("name", rules.LONGEST_NAME)
    name = whole or " ".join(filter(None, (first, last)))
    if len(name) > rules.LONGEST_NAME:
        fields.note("name", "too-long", f"Write at most {rules.LONGEST_NAME} characters.")
    if not any(map(fields.has, ("name", "first_name", "last_name"))):
        fields.note("name", "required", "Write your name.")
    return {"name": name, "first_name": first, "last_name": last}


def _country(fields: Fields) -> str | None:
    if not fields.has("country"):
        fields.note("country", "required", "Choose your country.")
        return None
    text = fields.line("country", rules.LONGEST_COUNTRY)
    code = read_country(text) if text else None
    if code is None:
        fields.note("country", "unknown-country", "Send a country's code (ISO 3166-1) or its name.")
    return code


def _email(fields: Fields) -> dict[str, Any]:
    text = fields.line("email", rules.LONGEST_EMAIL)
    email = trim_email(text) if text else None
    normalised = normalise_email(email) if email else None
    if text and normalised is None:
        fields.note("email", "invalid-email", "This is not an e-mail address.")
    return {"email": email, "email_normalised": normalised}


def _phone(fields: Fields, country: str | None) -> dict[str, Any]:
    raw = fields.line("phone", rules.LONGEST_PHONE)
    phone = parse_phone(raw, country) if raw else None
    # Without a country nothing can be said of a national number, and the country's problem is noted already.
    if raw and phone is None and country is not None:
        message = "This is not a phone number. Write it with the country code, for example +34 612 34 56 78."
        fields.note("phone", "invalid-phone", message)
    return {
        "phone_raw": raw,
        "phone": phone.e164 if phone else None,
        "phone_valid": phone.valid if phone else None,
    }


def _language(fields: Fields, accept_language: str | None) -> dict[str, Any]:
    text = fields.line("language", rules.LONGEST_LANGUAGE)
    if text is None:
        return {"language": next(iter(preferred_languages(accept_language)), None), "language_is_guess": True}
    language = read_language(text)
    if language is None:
        fields.note("language", "invalid-language", "Send a language tag (BCP 47), for example es or pt-BR.")
    return {"language": language, "language_is_guess": False}


def _timezone(fields: Fields) -> str | None:
    text = fields.line("timezone", rules.LONGEST_TIMEZONE)
    zone = timezones().get(text.lower()) if text else None
    if text and zone is None:
        fields.note("timezone", "invalid-timezone", "Send a time zone's name (IANA), for example Europe/Madrid.")
    return zone
