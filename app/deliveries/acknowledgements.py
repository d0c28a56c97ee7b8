"""Letters to enquirers: their request arrived. No word of theirs stands in it, not even the name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from app.deliveries.mailboxes import read_sender, reply_address
from app.deliveries.writing import Posting, write
from app.forms.letters import USUAL, OwnText, filled, filled_subject, paragraphs
from app.languages.letters import direction, isolated, letter_language, letter_texts

MOST_A_DAY = 3
"""How many acknowledgements one address gets in 24 hours: a form must not be a way to flood somebody's inbox."""
_MACHINES = frozenset({"mailerdaemon", "postmaster", "noreply", "donotreply", "bounce", "bounces"})
"""Local parts, without dots and hyphens, behind which nobody reads: an answer to them can go round in a circle."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What decides about an acknowledgement at the moment when it would go out."""

    form_name: str
    reply_to: str | None
    languages: Sequence[str]
    """Those of the form."""
    earlier: int
    """How many went, or are about to go, to the same address in the day before this one."""
    told: Sequence[str] = ()
    """What the page said of such treatments and of what happens next; the letter repeats it."""
    withdrawal: str | None = None
    """Where the enquirer takes a consent back."""
    own: Mapping[str, OwnText] = field(default_factory=dict)
    """What the form says in words of its own, by language."""


def reason_to_withhold(data: Mapping[str, Any], occasion: Occasion, sender: str) -> str | None:
    """Say why there must be no letter about an event's `data`; None: it may go."""
    address = data["person"].get("email")
    if data.get("test"):
        return "a test has no enquirer"
    if not address:
        return "the enquirer left no e-mail address"
    if _is_machine(address) or _is_ours(address, sender, occasion.reply_to):
        return "nobody reads letters at the enquirer's address"
    if occasion.earlier >= MOST_A_DAY:
        return f"the address got {MOST_A_DAY} acknowledgements within a day"
    return None


def acknowledgement(posting: Posting, data: Mapping[str, Any], occasion: Occasion) -> EmailMessage:
    """Write the letter in the enquirer's language, else the form's, else English. Errors as in `write`."""
    language = letter_language([data["person"].get("language"), *occasion.languages])
    reply_to = reply_address(occasion.reply_to)
    gaps = {
        "reference": data["reference"],
        "form": occasion.form_name,
        "address": (reply_to or read_sender(posting.sender)).addr_spec,
    }
    own = occasion.own.get(language, USUAL)
    message = write(
        posting,
        subject=filled_subject(own.subject or letter_texts()[language]["subject"], gaps),
        reply_to=reply_to,
        auto_submitted="auto-replied",
        template="acknowledgement",
        values={
            **_sentences(own, gaps, language),
            "told": occasion.told,
            "withdrawal": occasion.withdrawal,
            "lang": language,
            "dir": direction(language),
        },
    )
    message["Content-Language"] = language
    return message


def _sentences(own: OwnText, gaps: Mapping[str, str], language: str) -> dict[str, Any]:
    """Return what the letter says; the form's own text stands for the opening, and the reference then by itself."""
    apart = {name: isolated(value, language) for name, value in gaps.items()}
    texts = {name: text.format(**apart) for name, text in letter_texts()[language].items()}
    opening = paragraphs(filled(own.text, apart)) if own.text else [texts["received"], texts["next"]]
    return {**texts, "opening": opening, "reference": apart["reference"] if own.text else None}


def _is_machine(address: str) -> bool:
    local = address.rpartition("@")[0].partition("+")[0].casefold()
    return "".join(letter for letter in local if letter.isalnum()) in _MACHINES


def _is_ours(address: str, sender: str, reply_to: str | None) -> bool:
    ours = {read_sender(sender).addr_spec.casefold(), (reply_to or "").casefold()}
    return address.casefold() in ours
