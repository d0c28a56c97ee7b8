"""Hands letters to a mail server."""

import asyncio
import socket
import ssl
from dataclasses import replace
from email.message import EmailMessage
from time import monotonic

import aiosmtplib

from app.deliveries.mail.connections import Connections, farewell
from app.deliveries.mail.verdicts import FAULTS, judge_letter, why_down
from app.deliveries.mailboxes import read_mailbox
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.smtp_server import SmtpServer
from app.errors import Refusal


class SmtpChannel:
    """Hands letters to a mail server over verified TLS, on a few connections that are used again; to be closed."""

    def __init__(self, smtp_url: str, deadline: float = 15.0, ssl_context: ssl.SSLContext | None = None) -> None:
        """Take the server's URL (`Refusal` if it is no good) and the deadline of a whole attempt in seconds."""
        self._server = SmtpServer.parse(smtp_url)
        self._deadline = deadline
        self._ssl_context = ssl_context or ssl.create_default_context()
        self._connections = Connections(self._client)

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
        except FAULTS as fault:
            client.close()
            raise Refusal(f"Mail cannot leave: {why_down(fault)}. Check FREEQUOTE_SMTP_URL.") from None
        await farewell(client)
        log_in = "takes our log-in" if self._server.user else "answers (no log-in is set)"
        return f"The mail server {self._server.host}:{self._server.port} {log_in}."

    async def aclose(self) -> None:
        """Close every connection."""
        await self._connections.aclose()

    async def _deliver(self, message: EmailMessage, recipient: str) -> Outcome:
        logged_in = False
        try:
            async with asyncio.timeout(self._deadline), self._connections.lend() as client:
                logged_in = True
                await _hand_over(client, message, recipient)
        except FAULTS as fault:
            if logged_in:
                return judge_letter(fault)
            return Outcome(Verdict.CHANNEL_DOWN, reason=why_down(fault))
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


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage, recipient: str) -> None:
    mailbox = read_mailbox(recipient)
    options = [] if mailbox.username.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    sender = message["From"].addresses[0].addr_spec
    await client.sendmail(sender, mailbox.addr_spec, message.as_bytes(), mail_options=options)
