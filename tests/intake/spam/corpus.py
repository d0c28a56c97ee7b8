"""The corpus: invented patients, and invented spam of many kinds, as they come in by the hundred.

A line of `patients.tsv` is language, country, name, condition and message; of `spam.tsv` it begins with the kind.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from app.intake.body import read_body
from app.intake.schemas import QuoteRequest, read_quote_request

_FOLDER = Path(__file__).parent


class Letter(NamedTuple):
    """One enquiry, or one piece of spam."""

    kind: str
    """The language of a patient; what sort of spam it is."""
    country: str
    name: str
    condition: str
    message: str

    @property
    def body(self) -> dict[str, Any]:
        """What its page sends."""
        return body(country=self.country, name=self.name, condition=self.condition, message=self.message)


def body(**given: Any) -> dict[str, Any]:
    """Return a request that says nothing, but for what is given."""
    common = {"name": "Aurelia Brandt", "email": "a.brandt@mail.example", "country": "ES", "condition": "lupus"}
    return {**common, "consent": {"privacy": True, "health_data": True}, **given}


def request(**given: Any) -> QuoteRequest:
    """Return the same, read."""
    return read_quote_request(read_body("application/json", json.dumps(body(**given)).encode()), accept_language=None)


def letters(name: str) -> Sequence[Letter]:
    """Read one of the two files."""
    lines = (_FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [Letter(*line.replace("\\n", "\n").split("\t")) for line in lines]
