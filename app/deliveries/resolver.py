"""Name look-ups that hand out vetted addresses only."""

import asyncio
import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from app.destinations.guard import Address

_LOOK_UP_SECONDS = 5.0
# A root server's name is known to whatever looks names up, if it works at all.
_KNOWN_TO_ALL = "a.root-servers.net"


class NameServiceDown(OSError):
    """What looks names up for this machine does not answer: no host is to blame."""


# Not an OSError: aiohttp would take that for a look-up that failed.
class AddressNotPermitted(Exception):
    """A host name leads to an address that must not be reached."""


class GuardedResolver(AbstractResolver):
    """Looks a name up once and refuses it if any of its addresses is not permitted.

    The connection goes to the very addresses that were judged, so a name that changes its mind in between gains
    nothing. A literal address never comes here: the sender judges it with the URL.
    """

    def __init__(self, permits: Callable[[Address], bool], inner: AbstractResolver | None = None) -> None:
        self._permits = permits
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the host's addresses.

        Errors: `AddressNotPermitted`; `OSError` if there are none, `NameServiceDown` if nobody looks names up.
        """
        found = await self._look_up(host, port, family)
        if not found:
            raise OSError(errno.ENOENT, "the name has no address")
        # One bad address among good ones is how a name is made to pass: all or nothing.
        if not all(self._permits(ip_address(one["host"])) for one in found):
            raise AddressNotPermitted
        return found

    async def _look_up(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        try:
            async with asyncio.timeout(_LOOK_UP_SECONDS):
                return await self._inner.resolve(host, port, family)
        except OSError as fault:
            unanswered = isinstance(fault, TimeoutError) or fault.errno == socket.EAI_AGAIN
            if not unanswered:
                raise
        # The name's own servers may be at fault, or what looks names up for this machine.
        if not await self._works():
            raise NameServiceDown
        raise socket.gaierror(socket.EAI_AGAIN, "the name was not answered for")

    async def _works(self) -> bool:
        try:
            async with asyncio.timeout(_LOOK_UP_SECONDS):
                await self._inner.resolve(_KNOWN_TO_ALL)
        except TimeoutError:
            return False
        except OSError as fault:
            return fault.errno != socket.EAI_AGAIN
        return True

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()
