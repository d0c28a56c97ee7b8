"""A real SMTP server on loopback that keeps what it is sent, and refuses when told to."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.settings import Settings, read_settings
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class Mail:
    """What one transaction brought."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class SmtpServer:
    """The server's face to the test."""

    mails: list[Mail] = field(default_factory=list)
    replies: deque[str] = field(default_factory=deque)
    """Answers to the next messages instead of accepting them: `451 4.3.0 Come back later`."""
    refused: dict[str, str] = field(default_factory=dict)
    """Recipients that are refused, each with the answer it gets."""
    port: int = 0
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """The address for `FREEQUOTE_SMTP_URL`."""
        return f"smtp://{self.host}:{self.port}?tls=off"

    async def received(self, count: int = 1, *, within: float = 10) -> list[Mail]:
        """Wait until at least `count` mails have come; return them all."""
        await eventually(lambda: len(self.mails) >= count, within=within)
        return list(self.mails)

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Start on a port, by default a free one, in the running loop."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(_Handler(self), hostname="mail.test", loop=loop), self.host, port
        )
        self.port = server.sockets[0].getsockname()[1]
        return server


class _Handler:
    """What aiosmtpd calls; it prescribes the names."""

    def __init__(self, face: SmtpServer) -> None:
        self._face = face

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._face.refused:
            return self._face.refused[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._face.replies:
            return self._face.replies.popleft()
        content = envelope.original_content or b""
        self._face.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return "250 OK"


def posting_there(settings: Settings, server: SmtpServer) -> Settings:
    """Return settings under which letters go to a mail server."""
    return read_settings(
        {
            "FREEQUOTE_DATABASE_URL": settings.database_url.get_secret_value(),
            "FREEQUOTE_DATA_DIR": str(settings.data_dir),
            "FREEQUOTE_SMTP_URL": server.url,
            "FREEQUOTE_MAIL_FROM": "Clinic <quotes@clinic.example>",
        }
    )
