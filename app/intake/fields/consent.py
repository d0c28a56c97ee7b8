"""Consent: which purposes were agreed to, and under which words."""

from typing import Any
from uuid import UUID

from app.intake.fields import rules
from app.intake.fields.reader import Fields


def read_consent(fields: Fields) -> dict[str, Any]:
    """Return what was agreed to; without the two that are needed nothing may be kept."""
    consent = fields.group("consent")
    given = {name: consent.tick(name) for name in ("privacy", "health_data", "marketing")}
    for name in ("privacy", "health_data"):
        if not given[name] and not fields.is_wrong("consent"):
            consent.note(name, "consent-required", "Without this consent the request cannot be taken.")
    return {
        **given,
        "marketing": bool(given["marketing"]),
        "sharing": consent.lines("sharing", rules.LONGEST_RECIPIENT, rules.MOST_RECIPIENTS),
        "wording": _wording(consent),
    }


def _wording(consent: Fields) -> UUID | None:
    text = consent.line("wording", len("{00000000-0000-0000-0000-000000000000}"))
    try:
        return UUID(text) if text else None
    except ValueError:
        consent.note("wording", "invalid-wording", "Send the id of the wording set that the page showed.")
        return None
