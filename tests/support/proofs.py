"""Solving challenges as a browser does."""

import base64
import json
from hashlib import sha256
from typing import Any

from app.forms.proofs import Challenge


def solved(given: Challenge) -> str:
    """Return the payload that solves a challenge."""
    numbers = range(given.maxnumber + 1)
    number = next(one for one in numbers if sha256(f"{given.salt}{one}".encode()).hexdigest() == given.challenge)
    return payload_of({**given.model_dump(), "number": number})


def payload_of(sent: dict[str, Any]) -> str:
    """Encode a solution."""
    return base64.b64encode(json.dumps(sent).encode()).decode()
