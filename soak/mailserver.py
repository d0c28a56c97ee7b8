"""A mail server that behaves as badly as it is told to, and remembers every letter that it took."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from soak.ports import HOST, Outsider, listen
from tests.support.certificates import Authority

_PATIENCE_SECONDS = 40
MANNERS = ("down", "slow", "421", "451", "550", "bad TLS", "no STARTTLS", "lost reply")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was taken, whether its sender heard of that or not."""

    message_id: str
    manner: str


@dataclass(eq=False, kw_only=True)
class MailServer(Outsider):
    """Speaks SMTP with STARTTLS."""

    letters: list[Letter] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @classmethod
    def new(cls, authority: Authority, stranger: Authority) -> "MailServer":
        """Make one whose good certificate is the authority's, and whose bad one is a stranger's."""
        return cls(trusted=authority.serve(HOST), untrusted=stranger.serve(HOST))

    @property
    def url(self) -> str:
        """The address for `FREEQUOTE_SMTP_URL`."""
        return f"smtp://{HOST}:{self.port}"

    async def behave(self, manner: str) -> None:
        """Behave so from now on, to new connections; those that are open are cut."""
        await self.close()
        self.manner = manner
        if manner != "down":
            self._server = await listen(self._talk, self.port)

    async def close(self) -> None:
        """Cut everybody off and listen no longer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await _Conversation(self, self.manner, reader, writer).hold()
        finally:
            self._open.discard(writer)
            writer.close()


@dataclass(slots=True)
class _Conversation:
    server: MailServer
    manner: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secure: bool = False

    async def hold(self) -> None:
        """Greet, and answer until the other side has enough."""
        if self.manner == "slow":
            await asyncio.sleep(_PATIENCE_SECONDS)
        if self.manner == "421":
            self._say("421 mail.soak.example is busy")
            return
        self._say("220 mail.soak.example")
        while not self.writer.is_closing():
            verb = (await self.reader.readuntil(b"\r\n")).decode("latin-1").split()[0].upper()
            if verb == "DATA":
                await self._take_letter()
            elif verb == "STARTTLS":
                await self._turn_secure()
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say(self._reply(verb))

    def _reply(self, verb: str) -> str:
        if verb == "EHLO":
            offers = self.secure or self.manner == "no STARTTLS"
            return "250 mail.soak.example" if offers else "250-mail.soak.example\r\n250 STARTTLS"
        if verb == "RCPT" and self.manner == "550":
            return "550 5.1.1 Nobody here by that name"
        return "250 OK"

    async def _turn_secure(self) -> None:
        self._say("220 go on")
        context = self.server.untrusted if self.manner == "bad TLS" else self.server.trusted
        plain = self.writer.transport
        try:
            await self.writer.start_tls(context)
        except AttributeError:
            # Python 3.11, where the other side hung up in between; a writer without a transport cannot even be closed.
            self.writer._transport = plain  # type: ignore[attr-defined]
            raise ConnectionResetError from None
        self.secure = True

    async def _take_letter(self) -> None:
        self._say("354 go on")
        content = await self.reader.readuntil(b"\r\n.\r\n")
        if self.manner == "451":
            self._say("451 4.3.0 Come back later")
            return
        message_id = message_from_bytes(content, policy=policy.default)["Message-ID"]
        self.server.letters.append(Letter(str(message_id).strip("<>").partition("@")[0], self.manner))
        if self.manner == "lost reply":
            self.writer.transport.abort()
            return
        self._say("250 taken")
        await self.writer.drain()

    def _say(self, line: str) -> None:
        self.writer.write(f"{line}\r\n".encode())
