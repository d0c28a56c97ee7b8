"""Letters to staff about a lead."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from app.deliveries.mailboxes import reply_address
from app.deliveries.writing import Posting, write
from app.destinations.shapes import ERASED, Include
from app.languages.countries import country_names
from app.languages.names import language_name

Section = tuple[str, list[tuple[str, str]]]

_HEADLINES = {
    "lead.created": "New quote request",
    "lead.updated": "Quote request changed",
    ERASED: "Quote request erased",
}
_SECTIONS = {
    "person": "Who asks",
    "inquiry": "What about",
    "answers": "Further answers",
    "attribution": "Where from",
}
_LABELS = {
    "email": "E-mail",
    "page_url": "Page",
    "phone_raw": "Phone as typed",
    "phone_valid": "Number looks right",
    "timezone": "Time zone",
}


def lead_letter(
    document: dict[str, Any],
    *,
    include: Include,
    sender: str,
    recipient: str,
    message_id: str,
    date: datetime,
    form_name: str | None = None,
    console_url: str | None = None,
) -> EmailMessage:
    """Write the letter about a shaped event. `console_url` is the lead's own page for staff, if there is one.

    No header holds a visitor's text; the enquirer's address gets into Reply-To only if it is a single clean one.
    Errors: `Refusal` for a sender and `ValueError` for a recipient that is not an address.
    """
    return write(
        Posting(sender, recipient, message_id, date),
        subject=_subject(document),
        reply_to=_reply_to(document, include),
        auto_submitted="auto-generated",
        template="lead",
        values=_values(document, form_name, console_url),
    )


def _reply_to(document: dict[str, Any], include: Include) -> Address | None:
    if include is Include.REFERENCE:
        return None
    return reply_address(document["data"].get("person", {}).get("email"))


def _subject(document: dict[str, Any]) -> str:
    data = document["data"]
    form = f" ({data['form']})" if "form" in data else ""
    return f"{_mark(data)}{_HEADLINES[document['type']]} {data['reference']}{form}"


def _mark(data: dict[str, Any]) -> str:
    return "[Test] " if data.get("test") else ""


def _values(document: dict[str, Any], form_name: str | None, console_url: str | None) -> dict[str, Any]:
    data = document["data"]
    return {
        "headline": _HEADLINES[document["type"]],
        "test": bool(data.get("test")),
        "erased": document["type"] == ERASED,
        "reference": data["reference"],
        "facts": _facts(data, form_name),
        "sections": [*_sections(data), *_agreed(data.get("consents", []))],
        "console_url": console_url,
    }


def _facts(data: dict[str, Any], form_name: str | None) -> list[tuple[str, str]]:
    facts = {
        "Form": form_name or data.get("form"),
        "Received": data.get("received_at"),
        "Status": data.get("status"),
        "Changed": data.get("changed"),
    }
    return [(label, _text(value)) for label, value in facts.items() if value]


def _sections(data: dict[str, Any]) -> list[Section]:
    found = []
    for name, title in _SECTIONS.items():
        said = {key: value for key, value in data.get(name, {}).items() if _is_said(value)}
        rows = [(_label(key, name), _text(_named(key, value, name))) for key, value in said.items()]
        if rows:
            found.append((title, rows))
    return found


def _agreed(consents: list[dict[str, Any]]) -> list[Section]:
    rows = [(_purpose(consent), _text(consent["granted"])) for consent in consents]
    return [("What they agreed to", rows)] if rows else []


def _purpose(consent: dict[str, Any]) -> str:
    purpose = _label(consent["purpose"], "consents")
    return f"{purpose}: {consent['recipient']}" if consent.get("recipient") else purpose


def _label(key: str, part: str) -> str:
    # What a site called its own questions is left as it is.
    if part == "answers":
        return key
    return _LABELS.get(key) or key.replace("_", " ").capitalize()


def _named(key: str, value: Any, part: str) -> Any:
    """Give countries and languages their names instead of their codes."""
    if part == "answers":
        return value
    countries = country_names("en")
    if key == "country":
        return countries.get(value, value)
    if key == "destination_countries":
        return [countries.get(code, code) for code in value]
    return language_name(value) if key == "language" else value


def _is_said(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if value.keys() == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        return "; ".join(f"{key}: {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return str(value)
