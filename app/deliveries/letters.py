"""Letters to staff about a lead."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from app.deliveries.mailboxes import reply_address
from app.deliveries.writing import Posting, write
from app.destinations.mailboxes import LetterSettings
from app.destinations.shapes import ERASED, Include
from app.forms.letters import USUAL, OwnText, filled, filled_subject, paragraphs
from app.languages.countries import country_names
from app.languages.letters import direction, isolated, staff_words
from app.languages.names import language_name, moment_in

Section = tuple[str, list[tuple[str, str]]]

Words = Mapping[str, str]
_HEADLINES = {"lead.created": "created", "lead.updated": "updated", ERASED: "erased"}
_SECTIONS = ("person", "inquiry", "answers", "attribution")
_CHOSEN = frozenset({"preferred_contact", "relationship", "timeline"})
"""Fields whose value is one of a list."""


def lead_letter(
    document: dict[str, Any],
    posting: Posting,
    *,
    include: Include,
    settings: LetterSettings | None = None,
    own: Mapping[str, OwnText] | None = None,
    form_name: str | None = None,
    console_url: str | None = None,
) -> EmailMessage:
    """Write the letter about a shaped event. `console_url` is the lead's own page for staff, if there is one.

    `own` is what its form says in words of its own, by language; a mailbox's own subject goes before the form's, and an
    erasure has no form any more. No header holds a visitor's text; the enquirer's address gets into Reply-To only if it
    is a single clean one. Errors: `Refusal` for a sender and `ValueError` for a recipient that is not an address.
    """
    settings = settings or LetterSettings()
    words = staff_words()[settings.language]
    said = USUAL if document["type"] == ERASED else (own or {}).get(settings.language, USUAL)
    message = write(
        posting,
        subject=_subject(document, settings.subject, said.subject, words),
        reply_to=_reply_to(document, include),
        auto_submitted="auto-generated",
        template="lead",
        values={
            **_values(document, form_name, console_url, settings.language),
            "own": _own(document, said.text, settings.language),
        },
    )
    message["Content-Language"] = settings.language
    return message


def _reply_to(document: dict[str, Any], include: Include) -> Address | None:
    if include is Include.REFERENCE:
        return None
    return reply_address(document["data"].get("person", {}).get("email"))


def _subject(document: dict[str, Any], mailbox: str | None, form: str | None, words: Words) -> str:
    gaps = _gaps(document, words)
    usual = "{headline} {reference} ({form})" if gaps["form"] else "{headline} {reference}"
    text = filled_subject(mailbox or form or usual, gaps)
    return f"[{words['test']}] {text}" if document["data"].get("test") else text


def _own(document: dict[str, Any], text: str | None, language: str) -> list[str]:
    gaps = _gaps(document, staff_words()[language])
    return paragraphs(filled(text, {name: isolated(value, language) for name, value in gaps.items()})) if text else []


def _gaps(document: dict[str, Any], words: Words) -> dict[str, str]:
    data = document["data"]
    headline = words[_HEADLINES[document["type"]]]
    return {"headline": headline, "reference": data["reference"], "form": data.get("form") or ""}


def _values(document: dict[str, Any], form_name: str | None, console_url: str | None, language: str) -> dict[str, Any]:
    data, words = document["data"], staff_words()[language]
    return {
        "words": words,
        "lang": language,
        "dir": direction(language),
        "headline": words[_HEADLINES[document["type"]]],
        "test": bool(data.get("test")),
        "erased": document["type"] == ERASED,
        "reference": data["reference"],
        "facts": _facts(data, form_name, language),
        "sections": [*_sections(data, language), *_agreed(data.get("consents", []), words)],
        "console_url": console_url,
    }


def _facts(data: dict[str, Any], form_name: str | None, language: str) -> list[tuple[str, str]]:
    words, received = staff_words()[language], data.get("received_at")
    facts = {
        "form": form_name or data.get("form"),
        "received": received and _moment(received, language),
        "status": _word_for("status", data.get("status"), words),
        "changed": [words.get(name, name) for name in data.get("changed") or ()],
    }
    return [(words[name], _text(value, words)) for name, value in facts.items() if value]


def _moment(told: str, language: str) -> str:
    try:
        return moment_in(datetime.fromisoformat(told), language)
    except ValueError:
        return told


def _sections(data: dict[str, Any], language: str) -> list[Section]:
    words, found = staff_words()[language], []
    for part in _SECTIONS:
        said = {key: value for key, value in data.get(part, {}).items() if _is_said(value)}
        rows = [
            (_label(key, part, words), _text(_named(key, value, part, language), words)) for key, value in said.items()
        ]
        if rows:
            found.append((words[part], rows))
    return found


def _agreed(consents: list[dict[str, Any]], words: Words) -> list[Section]:
    rows = [(_purpose(consent, words), _text(consent["granted"], words)) for consent in consents]
    return [(words["agreed"], rows)] if rows else []


def _purpose(consent: dict[str, Any], words: Words) -> str:
    purpose = _label(consent["purpose"], "consents", words)
    return f"{purpose}: {consent['recipient']}" if consent.get("recipient") else purpose


def _label(key: str, part: str, words: Words) -> str:
    # What a site called its own questions is left as it is.
    if part == "answers":
        return key
    return words.get(key) or key.replace("_", " ").capitalize()


def _named(key: str, value: Any, part: str, language: str) -> Any:
    """Give countries, languages and whatever was chosen from a list their names instead of their codes."""
    if part == "answers":
        return value
    if key in _CHOSEN:
        return _word_for(key, value, staff_words()[language])
    countries = country_names(language)
    if key == "country":
        return countries.get(value, value)
    if key == "destination_countries":
        return [countries.get(code, code) for code in value]
    return language_name(value, language) if key == "language" else value


def _word_for(key: str, value: Any, words: Words) -> Any:
    # Letters name the ways to reach somebody by the labels that they have anyway.
    return words.get(f"value_{value}") or (words.get(str(value), value) if key == "preferred_contact" else value)


def _is_said(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _text(value: object, words: Words) -> str:
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if isinstance(value, dict):
        if value.keys() == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        return "; ".join(f"{key}: {_text(one, words)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_text(one, words) for one in value)
    return str(value)
