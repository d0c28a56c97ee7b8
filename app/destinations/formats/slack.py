"""Slack: a message with blocks to an incoming webhook."""

from typing import Any

import orjson

from app.destinations.formats.chat import facts, headline, message
from app.destinations.formats.format import Call, Document, Format, FormatSettings, Kept, Request

_FIELDS_IN_A_SECTION = 10


def _blocks(url: str, document: Document, _settings: FormatSettings, _kept: Kept) -> Request:
    # Plain text throughout: what a visitor wrote must not become a link, or a call to the whole channel.
    texts = [_plain(f"{label}: {text}"[:2000]) for label, text in facts(document)]
    sections = [texts[start : start + _FIELDS_IN_A_SECTION] for start in range(0, len(texts), _FIELDS_IN_A_SECTION)]
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(headline(document))}]
    blocks += [{"type": "section", "fields": fields} for fields in sections]
    if message(document):
        blocks.append({"type": "section", "text": _plain(message(document))})
    return Request(url, orjson.dumps({"text": headline(document), "blocks": blocks}))


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


SLACK = Format(calls=(Call(_blocks),))
