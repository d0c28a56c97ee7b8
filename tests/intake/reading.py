"""The least that a request may hold, to be changed field by field."""

from typing import Any

import orjson
import pytest

from app.errors import InvalidRequest
from app.intake.body import read_body
from app.intake.schemas import QuoteRequest, read_quote_request

CONSENT = {"privacy": True, "health_data": True}
LEAST = {"name": "Ana Duarte", "email": "ana@mail.example", "country": "ES", "condition": "MS", "consent": CONSENT}


def read(accept_language: str | None = None, /, **fields: Any) -> QuoteRequest:
    """Read the least that a request may hold, changed and completed by some fields."""
    sent = {name: value for name, value in {**LEAST, **fields}.items() if value is not ...}
    return read_quote_request(read_body("application/json", orjson.dumps(sent)), accept_language=accept_language)


def problems(**fields: Any) -> list[tuple[str, str]]:
    """Return pointer and code of everything that is wrong."""
    with pytest.raises(InvalidRequest) as caught:
        read(**fields)
    return [(problem.pointer, problem.code) for problem in caught.value.problems]
