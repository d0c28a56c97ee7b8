"""Can a webhook's server be reached? Connects as the sender does, guard and TLS included, and sends nothing."""

import asyncio
import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.deliveries.resolver import AddressNotPermitted, GuardedResolver
from app.destinations.guard import Guard

_PORTS = {"https": 443, "http": 80}


async def reach(url: str, guard: Guard, deadline_seconds: float) -> str:
    """Return why the server behind a URL cannot be reached, or an empty string if it can."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    try:
        async with asyncio.timeout(deadline_seconds):
            address = await _vetted(host, port, guard)
            _, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=host if tls else None)
            writer.close()
    except AddressNotPermitted:
        return "its address is not public"
    except TimeoutError:
        return "no answer in time"
    except ssl.SSLError:
        return "its TLS certificate is not accepted"
    except OSError:
        return "no connection"
    return ""


async def _vetted(host: str, port: int, guard: Guard) -> str:
    try:
        literal = ip_address(host)
    except ValueError:
        found = await GuardedResolver(guard.permits).resolve(host, port)
        return found[0]["host"]
    if not guard.permits(literal):
        raise AddressNotPermitted
    return host
