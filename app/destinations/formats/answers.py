"""Reading what a CRM answered."""

from typing import Any

import orjson

from app.destinations.formats.format import NotTaken


def read_object(answer: bytes) -> dict[str, Any]:
    """Read an answer that ought to be a JSON object, or raise `NotTaken`."""
    try:
        found = orjson.loads(answer)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise NotTaken("the endpoint's answer is not the JSON that it promises")
    return found
