"""Writing a letter: headers that keep machines from answering it, and the same words as text and as a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.deliveries.mailboxes import read_mailbox, read_sender
from app.errors import Refusal

_TEMPLATES = Environment(
    loader=PackageLoader("app.deliveries"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Posting:
    """From whom a letter goes to whom. Id and date belong to the delivery: they are the same on every attempt."""

    sender: str
    """`Name <address>` or a bare address."""
    recipient: str
    message_id: str
    date: datetime


def write(
    posting: Posting,
    *,
    subject: str,
    reply_to: Address | None,
    auto_submitted: str,
    template: str,
    values: Mapping[str, Any],
) -> EmailMessage:
    """Write a letter by the templates `<template>.txt.j2` and `<template>.html.j2`.

    Errors: `Refusal` for a sender and `ValueError` for a recipient that is not an address.
    """
    mailbox = read_mailbox(posting.recipient)
    message = EmailMessage(policy=SMTP if mailbox.username.isascii() else SMTPUTF8)
    message["From"] = _sender(posting.sender)
    message["To"] = mailbox
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Subject"] = subject
    message["Date"] = posting.date
    message["Message-ID"] = posting.message_id
    message["Auto-Submitted"] = auto_submitted
    message["X-Auto-Response-Suppress"] = "All"
    text = _TEMPLATES.get_template(f"{template}.txt.j2").render(values)
    page = _TEMPLATES.get_template(f"{template}.html.j2").render(values)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def _sender(text: str) -> Address:
    try:
        return read_sender(text)
    except ValueError:
        raise Refusal("FREEQUOTE_MAIL_FROM is not an address. Write it as Freequote <quotes@clinic.example>.") from None
