"""A letter to hand over."""

from datetime import UTC, datetime
from email.message import EmailMessage

from app.deliveries.letters import lead_letter
from app.deliveries.writing import Posting
from app.destinations.shapes import Include

STAFF = "quotes@clinic.example"


def letter(recipient: str = STAFF) -> EmailMessage:
    data = {
        "id": "1",
        "reference": "FQ-7K3M9-QXD4H",
        "form": "clinic-es",
        "person": {"name": "Ona", "email": "ona@x.example"},
    }
    return lead_letter(
        {"type": "lead.created", "timestamp": "2026-11-23T10:00:00Z", "data": data},
        Posting(
            "Freequote <freequote@clinic.example>",
            recipient,
            "<0199a0b0@clinic.example>",
            datetime(2026, 11, 23, 10, tzinfo=UTC),
        ),
        include=Include.CONTACT,
    )
