"""The careful default texts that a new form shows, and the hash by which a wording set is proven."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import orjson

DEFAULT_LANGUAGE = "en"
PURPOSES = ("privacy", "health_data", "sharing", "marketing")
NOTICE = "notice"
"""Not a consent: what every visitor is told about such treatments."""

DEFAULT_TEXTS: Mapping[str, str] = {
    "privacy": "I have read how my details are used, and I agree that they are kept and used to answer this request.",
    "health_data": "I agree that the health information I give here is read by the staff who prepare the quote.",
    "sharing": "I agree that my request is also given to:",
    "marketing": "I would like to receive news by e-mail. I can end this at any time.",
    NOTICE: (
        "Most stem-cell treatments are still being studied: for many conditions it is not proven that they help or "
        "that they are safe. A quote is not medical advice. Please speak with the doctor who knows you."
    ),
}


def wording_hash(language: str, texts: Mapping[str, str], recipients: Sequence[str]) -> str:
    """Return SHA-256, hexadecimal, over the canonical JSON of what was shown."""
    shown = {"language": language, "texts": dict(texts), "recipients": list(recipients)}
    return sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()
