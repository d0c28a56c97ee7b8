"""What speaks against a request as it comes through the door: what was written, and what its page sent along."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.forms import proofs, time_tokens
from app.forms.models import Form
from app.intake.schemas import QuoteRequest
from app.intake.spam import content
from app.intake.spam.judging import Doubt
from app.leads.arrivals import Arrival
from app.pages.typed import HONEYPOT
from app.sealing.keyring import Keyring

FASTEST = timedelta(seconds=2)
"""Nobody reads a form and fills it in within that."""
PROOF_MISSING = "proof-missing"


def doubt_of(keyring: Keyring, form: Form, request: QuoteRequest, now: datetime) -> Doubt:
    """Weigh everything that speaks against a request for a form."""
    page = _of_its_page(keyring, form.key, request.fq, now)
    written = content.signs(request)
    if not form.proof_of_work:
        return Doubt.of((*written, *page))
    sent = request.fq.get("fq_altcha")
    proof = proofs.proven(keyring.form_tokens, form.key, sent) if sent else None
    if proof and now <= proof.expires_at:
        return Doubt.of((*written, *page), proof)
    # One that has expired says no more than none: the page was left open.
    return Doubt.of((*written, *page, "proof-wrong" if sent and not proof else PROOF_MISSING))


def weigh_again(arrival: Arrival, doubt: Doubt) -> None:
    """Hold a lead that is written soon, if what has come to light since weighs enough."""
    for reason in doubt.reasons:
        arrival.hold(reason)
    if doubt.holds:
        arrival.row["held_score"] = doubt.score


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
