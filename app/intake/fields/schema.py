"""The JSON Schema of what may be sent, made of the same names and limits that the reader uses."""

from typing import Any

from app.intake.fields import rules

_EXAMPLE: dict[str, Any] = {
    "form": "default",
    "name": "Amelia Thornfield-Özcan",
    "email": "amelia.thornfield@mail.example",
    "phone": "+34 612 34 56 78",
    "country": "ES",
    "condition": "Multiple sclerosis (MS)",
    "treatment": "Mesenchymal stem cells (MSC)",
    "message": "Diagnosed in 2019, relapsing-remitting.\nWhat would a treatment cost, and how long would I stay?",
    "preferred_contact": "whatsapp",
    "language": "en",
    "timezone": "Europe/Madrid",
    "relationship": "self",
    "patient_age": 41,
    "timeline": "3_months",
    "budget": {"amount": "15000.00", "currency": "EUR"},
    "destination_countries": ["ES", "TR"],
    "consent": {"privacy": True, "health_data": True, "sharing": ["Clinic A"], "marketing": False},
    "attribution": {"utm_source": "newsletter", "page_url": "https://clinic.example/quote"},
    "best_time_to_call": "evenings",
}


def quote_request_schema() -> dict[str, Any]:
    """Return the schema of a quote request, for OpenAPI."""
    return {
        "title": "QuoteRequest",
        "type": "object",
        "description": (
            "A form sends the same fields flat: `consent.privacy` or `consent_privacy`, `budget.amount` or "
            "`budget_amount`; `consent.sharing` and `destination_countries` repeat; `on`, `true`, `1` and `yes` mean "
            "yes. Null and blank fields count as absent."
        ),
        "required": ["country", "consent"],
        "allOf": [
            _one_of("name", "first_name", "last_name"),
            _one_of("email", "phone"),
            _one_of("condition", "treatment"),
        ],
        "properties": {**_person(), **_inquiry(), **_patient(), "consent": _consent(), **_sent_along()},
        "additionalProperties": {
            "description": (
                f"Any other field is kept under `answers`: at most {rules.MOST_ANSWERS} of them, "
                f"{rules.MOST_ANSWER_BYTES} bytes in all."
            )
        },
        "examples": [_EXAMPLE],
    }


def _one_of(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"required": [name]} for name in names]}


def _text(longest: int, description: str = "") -> dict[str, Any]:
    described = {"description": description} if description else {}
    return {"type": ["string", "null"], "maxLength": longest, **described}


def _choice(words: tuple[str, ...], description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*words, None], "description": description}


def _person() -> dict[str, Any]:
    return {
        "form": _text(rules.LONGEST_NAME, "Key of the form, if the query does not name one."),
        "name": _text(rules.LONGEST_NAME, "Required, unless `first_name` or `last_name` is there."),
        "first_name": _text(rules.LONGEST_NAME),
        "last_name": _text(rules.LONGEST_NAME),
        "email": _text(rules.LONGEST_EMAIL, "At least one of `email` and `phone` is required."),
        "phone": _text(rules.LONGEST_PHONE, "As people write it; `country` says how to read a national number."),
        "country": {
            "type": "string",
            "minLength": 1,
            "maxLength": rules.LONGEST_COUNTRY,
            "description": "ISO 3166-1 alpha-2; alpha-3 and names are understood.",
        },
        "preferred_contact": _choice(rules.CONTACTS, "How the enquirer would like to be answered."),
        "language": _text(rules.LONGEST_LANGUAGE, "BCP 47; else the first of `Accept-Language`."),
        "timezone": _text(rules.LONGEST_TIMEZONE, "IANA name."),
    }


def _inquiry() -> dict[str, Any]:
    return {
        "condition": _text(rules.LONGEST_TOPIC, "At least one of `condition` and `treatment` is required."),
        "treatment": _text(rules.LONGEST_TOPIC),
        "message": _text(rules.LONGEST_MESSAGE),
        "timeline": _choice(rules.TIMELINES, "When the treatment is wanted."),
        "budget": {
            "type": ["object", "null"],
            "properties": {
                "amount": {"type": ["string", "number", "null"], "description": "Decimal, for example 1500.00."},
                "currency": {"type": ["string", "null"], "maxLength": 3, "description": "ISO 4217."},
            },
        },
        "destination_countries": {
            "type": ["array", "string", "null"],
            "items": {"type": ["string", "null"], "maxLength": rules.LONGEST_TOPIC},
            "maxItems": rules.MOST_COUNTRIES,
            "description": "Where the treatment may take place; codes or names, in one text parted by commas.",
        },
    }


def _patient() -> dict[str, Any]:
    return {
        "relationship": {
            **_choice(rules.RELATIONSHIPS, "What the enquirer is to the patient: the `parent`, for instance."),
            "default": "self",
        },
        "patient_name": _text(rules.LONGEST_NAME, "If the patient is somebody else."),
        "patient_age": {"type": ["integer", "string", "null"], "minimum": 0, "maximum": rules.OLDEST},
        "guardian_name": _text(rules.LONGEST_NAME, f"Required under {rules.ADULT}, unless the enquirer is the parent."),
    }


def _consent() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["privacy", "health_data"],
        "properties": {
            "privacy": {"type": ["boolean", "string"], "description": "Must be yes."},
            "health_data": {"type": ["boolean", "string"], "description": "Must be yes."},
            "sharing": {
                "type": ["array", "string", "null"],
                "items": {"type": ["string", "null"], "maxLength": rules.LONGEST_RECIPIENT},
                "maxItems": rules.MOST_RECIPIENTS,
                "description": "Recipients, by name, that the enquirer agrees to.",
            },
            "marketing": {"type": ["boolean", "string", "null"], "default": False},
            "wording": {
                "type": ["string", "null"],
                "format": "uuid",
                "description": "The wording set that the page showed. Absent: the form's current one, unverified.",
            },
        },
    }


def _sent_along() -> dict[str, Any]:
    origin = {name: _text(rules.LONGEST_ATTRIBUTION) for name in rules.ATTRIBUTION}
    return {
        "attribution": {"type": ["object", "null"], "properties": origin},
        **origin,
        "fq_key": _text(255, "Idempotency-Key of a plain form, which cannot set the header."),
        "redirect": {"description": "Where a browser is sent afterwards, if the form's list has it; else ignored."},
    }
