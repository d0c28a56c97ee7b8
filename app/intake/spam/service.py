"""What speaks against a request as it comes through the door: what was written, and what its page sent along."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.forms import time_tokens
from app.intake.schemas import QuoteRequest
from app.intake.spam import content
from app.intake.spam.judging import Doubt
from app.pages.typed import HONEYPOT
from app.sealing.keyring import Keyring

FASTEST = timedelta(seconds=2)
"""Nobody reads a form and fills it in within that."""


def doubt_of(keyring: Keyring, form_key: str, request: QuoteRequest, now: datetime) -> Doubt:
    """Weigh everything that speaks against a request for a form."""
    return Doubt.of((*_of_its_page(keyring, form_key, request.fq, now), *content.signs(request)))


def _of_its_page(keyring: Keyring, form_key: str, ours: dict[str, str], now: datetime) -> Iterator[str]:
    if ours.get(HONEYPOT):
        yield "honeypot"
    # Without a token nothing is known: a site's own form has none.
    if token := ours.get("fq_token"):
        drawn_at = time_tokens.issued_at(keyring.form_tokens, form_key, token)
        if drawn_at is None or now - drawn_at > time_tokens.OLDEST:
            yield "stale-token"
        elif now - drawn_at < FASTEST:
            yield "too-fast"
