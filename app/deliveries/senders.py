"""Which way a claimed delivery goes out, and in which shape."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

from app.deliveries.acknowledgements import Occasion, acknowledgement, reason_to_withhold
from app.deliveries.courier import Courier
from app.deliveries.held_letter import Digest, held_letter
from app.deliveries.letters import lead_letter
from app.deliveries.mail import FolderChannel, MailChannel, SmtpChannel
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.queries import Claimed
from app.deliveries.webhook import WebhookSender
from app.deliveries.writing import Posting
from app.destinations.credentials import address_of, read_connection
from app.destinations.enquirers import ENQUIRER
from app.destinations.guard import Guard
from app.destinations.mailboxes import letter_settings
from app.destinations.models import Destination
from app.destinations.shapes import Include, shape
from app.ids import new_id
from app.sealing.keyring import Keyring
from app.settings import Settings

_NO_MAIL = Outcome(Verdict.CHANNEL_DOWN, reason="no mail server is set (FREEQUOTE_SMTP_URL)")
Occasions = Callable[[Claimed, dict[str, Any]], Awaitable[Occasion]]
"""Looks up what decides about the acknowledgement that a claimed delivery with this `data` is."""


class Senders(Protocol):
    """Whatever carries a delivery out of the house."""

    async def send(self, one: Claimed, document: dict[str, Any], now: datetime) -> Outcome:
        """Send once and say what came of it; raises nothing that the network can cause."""


class RealSenders:
    """Webhooks over HTTP and letters over SMTP, or into a folder in development."""

    def __init__(self, settings: Settings, keyring: Keyring, deadline_seconds: float, occasion_of: Occasions) -> None:
        self._occasion_of = occasion_of
        self._settings = settings
        self._keyring = keyring
        self._webhook = WebhookSender(Guard(settings.allow_networks), deadline=deadline_seconds)
        self._courier = Courier(keyring, self._webhook)
        self._mail = mail_channel(settings, deadline_seconds)

    async def send(self, one: Claimed, document: dict[str, Any], now: datetime) -> Outcome:
        """Send once and say what came of it."""
        if one.kind == "webhook":
            return await self._courier.bring(one, document, now)
        if self._mail is None:
            return _NO_MAIL
        if one.kind == ENQUIRER:
            return await self._acknowledge(self._mail, one, document)
        return await self._send_letter(self._mail, one, document)

    async def tell_of_held(self, mailbox: Destination, digest: Digest, now: datetime) -> Outcome:
        """Tell a mailbox which leads are held, and say what came of it."""
        if self._mail is None:
            return _NO_MAIL
        address = address_of(self._keyring, mailbox.id, mailbox.address)
        settings = letter_settings(read_connection(self._keyring, mailbox.id, mailbox.connection).settings)
        message_id = f"<{new_id()}@{self._mail_domain()}>"
        letter = held_letter(
            digest,
            Posting(sender_of(self._settings), address, message_id, now),
            language=settings.language,
            base_url=self._settings.base_url,
        )
        return await self._mail.send(letter, address)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._webhook.aclose()
        if self._mail is not None:
            await self._mail.aclose()

    async def _send_letter(self, mail: MailChannel, one: Claimed, document: dict[str, Any]) -> Outcome:
        mailbox = address_of(self._keyring, one.destination_id, one.address)
        include = Include(one.include)
        settings = read_connection(self._keyring, one.destination_id, one.connection).settings
        letter = lead_letter(
            shape(document, include),
            Posting(sender_of(self._settings), mailbox, self._message_id(one), one.created_at),
            include=include,
            settings=letter_settings(settings),
            own=one.own,
        )
        return await mail.send(letter, mailbox)

    async def _acknowledge(self, mail: MailChannel, one: Claimed, document: dict[str, Any]) -> Outcome:
        data = shape(document, Include(one.include))["data"]
        occasion = await self._occasion_of(one, data)
        reason = reason_to_withhold(data, occasion, sender_of(self._settings))
        if reason is not None:
            return Outcome(Verdict.WITHHELD, reason=reason)
        address = data["person"]["email"]
        try:
            letter = acknowledgement(
                Posting(sender_of(self._settings), address, self._message_id(one), one.created_at), data, occasion
            )
        except ValueError:
            return Outcome(Verdict.FAILED, reason="no letter can go to the enquirer's address")
        return await mail.send(letter, address)

    def _message_id(self, one: Claimed) -> str:
        return f"<{one.id}@{self._mail_domain()}>"

    def _mail_domain(self) -> str:
        return self._settings.mail_from.rpartition("@")[2].strip("> ") or "freequote.invalid"


def sender_of(settings: Settings) -> str:
    """Return whom letters are from."""
    return settings.mail_from or "Freequote <freequote@localhost>"


def mail_channel(settings: Settings, deadline_seconds: float) -> MailChannel | None:
    """Return how mail leaves: by SMTP, in development into a folder, or, in production without a server, not at all."""
    url = settings.smtp_url.get_secret_value()
    if url:
        return SmtpChannel(url, deadline_seconds)
    return None if settings.production else FolderChannel(settings.mail_dir)
