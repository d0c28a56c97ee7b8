"""A letter to staff about an invented lead, as whoever gets it reads it."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from app.deliveries.letters import lead_letter
from app.deliveries.writing import Posting
from app.destinations.shapes import Include, shape

PERSON = {"name": "Ona Vidal", "email": "ona@mail.example", "phone": "+34600000000", "country": "ES"}


def document(kind: str = "lead.created", **data: Any) -> dict[str, Any]:
    whole = {
        "id": "0199a0b0",
        "version": 1,
        "reference": "FQ-7K3M9-QXD4H",
        "form": "clinic-es",
        "status": "new",
        "test": False,
        "received_at": "2026-11-23T10:00:00Z",
        "person": PERSON,
        "inquiry": {"condition": "Multiple sclerosis", "budget": {"amount": "1500.00", "currency": "EUR"}},
        "consents": [
            {"purpose": "health_data", "granted": True},
            {"purpose": "sharing", "granted": False, "recipient": "Clinic A"},
        ],
        "attribution": {"utm_source": "leaflet"},
        "answers": {"When?": ["spring", "autumn"]},
    }
    return {"type": kind, "timestamp": "2026-11-23T10:00:00Z", "data": {**whole, **data}}


def letter(about: dict[str, Any], include: Include = Include.FULL, **parts: Any) -> EmailMessage:
    """Write a letter, send it through bytes as a mail server would, and read it again."""
    posting = Posting(
        "Clinic, Inc <freequote@clinic.example>",
        "quotes@clinic.example",
        "<0199a0b0@clinic.example>",
        datetime(2026, 11, 23, 10, tzinfo=UTC),
    )
    made = lead_letter(shape(about, include), posting, include=include, **parts)
    return message_from_bytes(made.as_bytes(), policy=policy.default)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content
