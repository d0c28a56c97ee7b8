"""What people in a chat are shown of an event."""

from app.destinations.formats.fields import as_text, lookup
from app.destinations.formats.format import CREATED, UPDATED, Document
from app.destinations.shapes import ERASED

_HEADLINES = {
    CREATED: "New quote request",
    UPDATED: "Quote request changed",
    ERASED: "Quote request erased; please delete what you keep of it",
}
_FACTS = {
    "Form": "form",
    "Status": "status",
    "Name": "person.name",
    "E-mail": "person.email",
    "Phone": "person.phone",
    "Country": "person.country",
    "Language": "person.language",
    "Prefers": "person.preferred_contact",
    "Condition": "inquiry.condition",
    "Treatment": "inquiry.treatment",
    "When": "inquiry.timeline",
    "Budget": "inquiry.budget",
}
LONGEST_TEXT = 2000
"""Letters of one text. Chats refuse longer messages whole; the lead itself has all of it."""


def headline(document: Document) -> str:
    """Say in one line what happened, without a word of the visitor's."""
    test = "TEST: " if lookup(document, "test") else ""
    return f"{test}{_HEADLINES[document['type']]} {lookup(document, 'reference')}"


def facts(document: Document) -> list[tuple[str, str]]:
    """Return the labels and texts of all short values that the event has."""
    found = [(label, as_text(lookup(document, path))) for label, path in _FACTS.items()]
    return [(label, shortened(text)) for label, text in found if text]


def message(document: Document) -> str:
    """Return what the visitor wrote, or nothing."""
    return shortened(as_text(lookup(document, "inquiry.message")))


def shortened(text: str) -> str:
    """Cut a text that is too long for a chat, and show that it is cut."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
