"""How much one client address may ask of this process at once, and which address that is."""

import math
from collections.abc import Callable, Sequence
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import ClassVar

from starlette.requests import Request

from app.errors import AppError
from app.rates import Rate

Network = IPv4Network | IPv6Network
_HOME_BITS = 64
_MOST_KNOWN = 10_000


class TooManyRequests(AppError):
    """One address asks too much at once."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too-many-requests"
    title = "Too many requests at once"
    explanation = (
        "Too many requests came from one address in a short time. Send the same request again after `Retry-After` "
        "seconds. An answer that got lost can be fetched at any time with its Idempotency-Key."
    )

    detail_text: ClassVar[str] = "Too many requests came from this address. Please send it again in a moment."

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(self.detail_text)
        self._wait_seconds = max(1, math.ceil(wait_seconds))

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": str(self._wait_seconds)}


class BurstLimit:
    """A bucket of requests for each client, refilled steadily. In memory: each process counts for itself."""

    def __init__(
        self, rate: Rate, now: Callable[[], float] = monotonic, refusal: type[TooManyRequests] = TooManyRequests
    ) -> None:
        self._size = float(rate.count)
        self._refill = rate.count / rate.seconds
        self._now = now
        self._refusal = refusal
        self._buckets: dict[str | None, tuple[float, float]] = {}
        """Client to what was left, and when. Those whose address is not known share one bucket."""

    def take(self, client: str | None) -> None:
        """Take one request out of the client's bucket, or raise the refusal."""
        now = self._now()
        if len(self._buckets) >= _MOST_KNOWN:
            self._forget_full(now)
        left = self._left(client, now)
        if left < 1:
            raise self._refusal((1 - left) / self._refill)
        self._buckets[client] = left - 1, now

    def _left(self, client: str | None, now: float) -> float:
        left, at = self._buckets.get(client, (self._size, now))
        return min(self._size, left + (now - at) * self._refill)

    def _forget_full(self, now: float) -> None:
        kept = {client: bucket for client, bucket in self._buckets.items() if self._left(client, now) < self._size}
        # A flood from ten thousand addresses must not take the memory: then everyone starts anew.
        self._buckets = kept if len(kept) < _MOST_KNOWN else {}


def client_behind(request: Request, trusted: Sequence[Network]) -> str | None:
    """Return the client of a request, as `client_of` tells it."""
    forwarded = request.headers.getlist("x-forwarded-for") if trusted else ()
    return client_of(request.client.host if request.client else None, forwarded, trusted)


def client_of(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """Return who asks, or None if nobody knows.

    It is the peer or, behind trusted proxies, the last address that no trusted proxy stands for. `forwarded` are the
    values of `X-Forwarded-For`, in order; what an untrusted peer writes there is not believed.
    An IPv6 client is its home network (/64): it has more addresses than anyone can count.
    """
    chain = [part.strip() for value in forwarded for part in value.split(",")]
    client = _address(peer)
    while client is not None and chain and any(client in network for network in trusted):
        client = _address(chain.pop()) or client
    if isinstance(client, IPv6Address):
        return str(IPv6Network((int(client) >> _HOME_BITS << _HOME_BITS, _HOME_BITS)))
    return str(client) if client else None


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
