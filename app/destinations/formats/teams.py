"""Microsoft Teams: an Adaptive Card to the webhook of a workflow."""

from typing import Any

import orjson

from app.destinations.formats.chat import facts, headline, message
from app.destinations.formats.format import Call, Document, Format, FormatSettings, Kept, Request

_CARD = "application/vnd.microsoft.card.adaptive"


def _card(url: str, document: Document, _settings: FormatSettings, _kept: Kept) -> Request:
    # Text runs throughout: a TextBlock would read Markdown, and make a link of what a visitor wrote.
    body = [_runs({"text": headline(document), "weight": "Bolder", "size": "Medium"})]
    body += [_runs({"text": f"{label}: ", "weight": "Bolder"}, {"text": text}) for label, text in facts(document)]
    if message(document):
        body.append(_runs({"text": message(document)}))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
    return Request(url, orjson.dumps({"type": "message", "attachments": [attachment]}))


def _runs(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **run} for run in runs]}


TEAMS = Format(calls=(Call(_card),))
