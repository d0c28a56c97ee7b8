"""A port that stays one's own while nobody listens there."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
_TRIES = 100
_PAUSE_SECONDS = 0.02


def hold_port() -> socket.socket:
    """Bind a free port of loopback: while this socket lives nobody else is given it, and who connects is refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, 0))
    return held


@dataclass(eq=False, kw_only=True)
class Outsider:
    """Something outside that keeps its port, has a good certificate and a bad one, and behaves as it is told."""

    trusted: ssl.SSLContext
    untrusted: ssl.SSLContext
    held: socket.socket = field(default_factory=hold_port)
    manner: str = "well"

    @property
    def port(self) -> int:
        """The port it keeps, whether it listens or not."""
        port: int = self.held.getsockname()[1]
        return port


async def listen(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
    port: int,
    tls: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """Listen at a held port.

    A process that is just being started has a copy of the last listener until it runs its own program.
    """
    for _ in range(_TRIES):
        try:
            return await asyncio.start_server(talk, HOST, port, ssl=tls)
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
    raise RuntimeError(f"Port {port} does not come free.")
