"""What an endpoint's answer, or the lack of one, means for a delivery."""

import errno
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp

from app.deliveries.policy import Verdict
from app.deliveries.resolver import AddressNotPermitted, NameServiceDown

Judgement = tuple[Verdict, str]
NOT_PUBLIC = "address is not public"

_SECONDS_DIGITS = 9
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (AddressNotPermitted, NOT_PUBLIC),
    (aiohttp.ClientConnectorDNSError, "the host name was not found"),
    (aiohttp.ClientConnectorCertificateError, "the endpoint's TLS certificate is not trusted"),
    (aiohttp.ClientConnectorSSLError, "no TLS connection came about"),
    (aiohttp.ServerDisconnectedError, "the endpoint closed the connection without an answer"),
    (aiohttp.ClientResponseError, "the endpoint's answer is not HTTP"),
)
_ERRNO_REASONS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "no route to the address",
    errno.ENETUNREACH: "no route to the address",
    errno.ETIMEDOUT: "connection timed out",
}
# From the ranges kept for documentation (RFC 5737, RFC 3849): nobody is there.
_PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def judge_status(status: int) -> Judgement:
    """Say what an answer's status means.

    A refusal (4xx) is tried again too: a wrong deployment on the other side must not cost a lead.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.DELIVERED, f"the endpoint answered {status}"
    if status == HTTPStatus.GONE:
        return Verdict.GONE, "the endpoint answered 410: it wants no more"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Verdict.RETRY, f"the endpoint answered {status}; redirects are not followed"
    return Verdict.RETRY, f"the endpoint answered {status}"


def judge_fault(fault: BaseException) -> Judgement:
    """Say what it means that no answer came."""
    # The transport between aiohttp and httpx takes any failure to connect for a time-out; the cause says more.
    cause = fault if isinstance(fault, aiohttp.ClientError) else fault.__cause__ or fault
    if isinstance(cause, aiohttp.ClientConnectorError) and isinstance(cause.os_error, NameServiceDown):
        return Verdict.CHANNEL_DOWN, "this machine's name service does not answer"
    reason = next((words for kind, words in _REASONS if isinstance(cause, kind)), None)
    if reason is not None:
        return Verdict.RETRY, reason
    number = cause.errno if isinstance(cause, OSError) else None
    if number == errno.ENETUNREACH and not _has_route():
        return Verdict.CHANNEL_DOWN, "this machine has no network"
    return Verdict.RETRY, _ERRNO_REASONS.get(number or 0, "the connection failed")


def read_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3); None if there is nothing sensible."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text)) if len(text) <= _SECONDS_DIGITS else None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta())


def _has_route() -> bool:
    """Say whether this machine has a way out at all: connecting a datagram socket sends nothing, it only asks."""
    return any(_reaches(family, address) for family, address in _PROBES)


def _reaches(family: socket.AddressFamily, address: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
    except OSError:
        return False
    return True
