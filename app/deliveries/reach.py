"""Can a webhook's server be reached? Connects as the sender does, guard and TLS included, and sends nothing."""

import asyncio
import socket
import ssl
from contextlib import suppress
from enum import Enum
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.deliveries.resolver import AddressNotPermitted, GuardedResolver
from app.destinations.guard import Guard

_PORTS = {"https": 443, "http": 80}


class Obstacle(Enum):
    """Why a server is not reached, and what to do about it."""

    NOT_PUBLIC = "its address is not public", "If that is meant to be, name its network in FREEQUOTE_ALLOW_NETWORKS."
    NO_SUCH_NAME = "its name is not known", "Look whether the address is spelled right and this machine's DNS works."
    SILENT = "no answer in time", "Look whether its server runs and no firewall stands between."
    CERTIFICATE = "its TLS certificate is not trusted", "Whoever runs it must renew or complete the certificate."
    NO_TLS = "no TLS connection came about", "Look whether it speaks TLS on this port."
    NO_CONNECTION = "no connection", "Look whether its server runs on this port."

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy


# The first that fits counts: most of them are OSErrors, too.
_MEANINGS: dict[type[Exception], Obstacle] = {
    AddressNotPermitted: Obstacle.NOT_PUBLIC,
    TimeoutError: Obstacle.SILENT,
    socket.gaierror: Obstacle.NO_SUCH_NAME,
    ssl.SSLCertVerificationError: Obstacle.CERTIFICATE,
    ssl.SSLError: Obstacle.NO_TLS,
    OSError: Obstacle.NO_CONNECTION,
}


async def reach(url: str, guard: Guard, deadline_seconds: float) -> Obstacle | None:
    """Return what stands between us and the server behind a URL, or None if nothing does."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        async with asyncio.timeout(deadline_seconds):
            await _connect(await _vetted(host, port, guard), host, port, tls=parts.scheme == "https")
    except tuple(_MEANINGS) as fault:
        return next(obstacle for kind, obstacle in _MEANINGS.items() if isinstance(fault, kind))
    return None


async def _connect(address: str, host: str, port: int, *, tls: bool) -> None:
    context = ssl.create_default_context() if tls else None
    _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host if tls else None)
    writer.close()
    with suppress(OSError):  # a rude farewell changes nothing
        await writer.wait_closed()


async def _vetted(host: str, port: int, guard: Guard) -> str:
    try:
        literal = ip_address(host)
    except ValueError:
        found = await GuardedResolver(guard.permits).resolve(host, port)
        return found[0]["host"]
    if not guard.permits(literal):
        raise AddressNotPermitted
    return host
