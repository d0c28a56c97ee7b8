"""The event as it is, signed: for whoever writes the other side."""

from app.destinations.formats.format import Call, Document, Format, FormatSettings, Kept, Request
from app.destinations.shapes import body_of


def _event(url: str, document: Document, _settings: FormatSettings, _kept: Kept) -> Request:
    return Request(url, body_of(document))


STANDARD = Format(calls=(Call(_event),), is_signed=True)
