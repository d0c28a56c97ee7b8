"""Name look-ups that hand out vetted addresses only."""

import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from app.destinations.guard import Address


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
        """Return the host's addresses, or raise `AddressNotPermitted`; `OSError` if there are none."""
        found = await self._inner.resolve(host, port, family)
        if not found:
            raise OSError(errno.ENOENT, "the name has no address")
        # One bad address among good ones is how a name is made to pass: all or nothing.
        if not all(self._permits(ip_address(one["host"])) for one in found):
            raise AddressNotPermitted
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()
