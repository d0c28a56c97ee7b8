"""Hands letters to a mail server, or, in development, puts them into a folder."""

import asyncio
import os
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from pathlib import Path
from time import monotonic
from typing import Protocol

import aiosmtplib

from app.deliveries.mailboxes import read_mailbox
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.smtp_server import SmtpServer
from app.errors import Refusal

_EXCERPT_LIMIT = 1024
# Mail providers commonly take only a few connections of one account at a time.
_CONNECTIONS = 3
_FINAL = 500
_TOO_LARGE = 552
_FAULTS = (aiosmtplib.SMTPException, OSError, ValueError)


class MailChannel(Protocol):
    """A way for letters out of the house."""

    async def send(self, message: EmailMessage, recipient: str) -> Outcome:
        """Hand over one letter for one address; raises nothing that the other side can cause."""

    async def check(self) -> str:
        """Say in a sentence that the channel works, or raise `Refusal`."""


class _Stage(Enum):
    LOG_IN = auto()
    LETTER = auto()
    FAREWELL = auto()


class SmtpChannel:
    """Hands letters to a mail server over verified TLS, one connection each."""

    def __init__(self, smtp_url: str, deadline: float = 15.0, ssl_context: ssl.SSLContext | None = None) -> None:
        """Take the server's URL (`Refusal` if it is no good) and the deadline of a whole attempt in seconds."""
        self._server = SmtpServer.parse(smtp_url)
        self._deadline = deadline
        self._ssl_context = ssl_context or ssl.create_default_context()
        self._places = asyncio.Semaphore(_CONNECTIONS)

    async def send(self, message: EmailMessage, recipient: str) -> Outcome:
        """Hand over one letter and say what came of it.

        What keeps us from logging in is the channel's fault; what the server says to this letter is the letter's.
        """
        started = monotonic()
        outcome = await self._deliver(message, recipient)
        return replace(outcome, duration_ms=round((monotonic() - started) * 1000))

    async def check(self) -> str:
        """Log in and out again."""
        client = self._client()
        try:
            async with asyncio.timeout(self._deadline):
                await client.connect()
                with suppress(*_FAULTS):  # a rude farewell changes nothing
                    await client.quit()
        except _FAULTS as fault:
            raise Refusal(f"Mail cannot leave: {_why_down(fault)}. Check FREEQUOTE_SMTP_URL.") from None
        finally:
            client.close()
        log_in = "takes our log-in" if self._server.user else "answers (no log-in is set)"
        return f"The mail server {self._server.host}:{self._server.port} {log_in}."

    async def _deliver(self, message: EmailMessage, recipient: str) -> Outcome:
        client, stage = self._client(), _Stage.LOG_IN
        try:
            async with asyncio.timeout(self._deadline), self._places:
                await client.connect()
                stage = _Stage.LETTER
                await _hand_over(client, message, recipient)
                stage = _Stage.FAREWELL
                await client.quit()
        except _FAULTS as fault:
            if stage is _Stage.LOG_IN:
                return Outcome(Verdict.CHANNEL_DOWN, reason=_why_down(fault))
            if stage is _Stage.LETTER:
                return _judge_letter(fault)
        finally:
            # Not `async with client`: past the deadline that would wait for a farewell once more.
            client.close()
        return Outcome(Verdict.DELIVERED, reason="the mail server took the letter")

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            use_tls=self._server.tls,
            start_tls=self._server.starttls,
            tls_context=self._ssl_context if self._server.tls or self._server.starttls else None,
            timeout=self._deadline,
            # By default the name comes from a look-up in DNS, which can take longer than the whole letter.
            local_hostname=socket.gethostname(),
        )


class FolderChannel:
    """Writes letters into a folder that only its owner reads, for development."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, message: EmailMessage, recipient: str) -> Outcome:
        """Write the letter as `<time>-<id>.eml`; the same letter again takes the same place."""
        del recipient  # the letter's own To says it
        try:
            await asyncio.to_thread(self._write, message)
        except OSError:
            return Outcome(Verdict.CHANNEL_DOWN, reason="the mail folder cannot be written")
        return Outcome(Verdict.DELIVERED, reason="written to the mail folder")

    async def check(self) -> str:
        """Say where letters go."""
        return f"Mail is written to {self._directory}; no mail server is set (FREEQUOTE_SMTP_URL)."

    def _write(self, message: EmailMessage) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        path = self._directory / f"{_file_stem(message)}.eml"
        temporary = path.with_suffix(".part")
        temporary.unlink(missing_ok=True)
        # Exclusive, so that nobody's link is followed; nobody else reads it for even a moment.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        temporary.replace(path)


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage, recipient: str) -> None:
    mailbox = read_mailbox(recipient)
    options = [] if mailbox.username.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    sender = message["From"].addresses[0].addr_spec
    await client.sendmail(sender, mailbox.addr_spec, message.as_bytes(), mail_options=options)


def _judge_letter(fault: Exception) -> Outcome:
    """Say what it means that the server, once we were in, did not take the letter."""
    reply = fault.recipients[0] if isinstance(fault, aiosmtplib.SMTPRecipientsRefused) else fault
    if isinstance(reply, aiosmtplib.SMTPResponseException):
        return _judge_reply(reply)
    if isinstance(reply, aiosmtplib.SMTPNotSupported | ValueError):
        return Outcome(Verdict.FAILED, reason="the mail server cannot take this address")
    return Outcome(Verdict.RETRY, reason="the mail server broke off")


def _judge_reply(reply: aiosmtplib.SMTPResponseException) -> Outcome:
    verdict, reason = Verdict.RETRY, f"the mail server answered {reply.code}"
    if reply.code >= _FINAL:
        verdict = Verdict.FAILED
        if isinstance(reply, aiosmtplib.SMTPSenderRefused) and reply.code != _TOO_LARGE:
            # It is FREEQUOTE_MAIL_FROM that is refused: no letter would pass, and none is to blame.
            verdict, reason = Verdict.CHANNEL_DOWN, f"the mail server refuses our sender address ({reply.code})"
    excerpt = reply.message.encode()[:_EXCERPT_LIMIT]
    return Outcome(verdict, reason=reason, status_code=reply.code, excerpt=excerpt)


def _why_down(fault: BaseException) -> str:
    causes = (fault, fault.__cause__, fault.__context__)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "the mail server's TLS certificate is not trusted"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "no TLS connection to the mail server came about"
    if isinstance(fault, aiosmtplib.SMTPAuthenticationError):
        return f"the mail server refuses our log-in ({fault.code})"
    if isinstance(fault, TimeoutError):
        return "the mail server does not answer in time"
    if isinstance(fault, OSError):
        return "the mail server is out of reach"
    return "the mail server offers no STARTTLS or no log-in that we know"


def _file_stem(message: EmailMessage) -> str:
    moment = "undated"
    with suppress(TypeError, ValueError):
        moment = parsedate_to_datetime(message["Date"]).strftime("%Y%m%dT%H%M%SZ")
    name = re.sub(r"[^A-Za-z0-9-]", "", str(message["Message-ID"]).partition("@")[0])
    return f"{moment}-{name}"
