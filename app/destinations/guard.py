"""Which addresses a webhook may reach: public ones, and what the operator allows."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import idna

from app.errors import FieldProblem, InvalidRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Our own list, since `is_global` lets several of these through: the IANA special-purpose registries, multicast, the
# deprecated relays, and the address at which one large cloud answers its own machines.
_NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
# Nothing outside is global unicast (RFC 4291 §2.4), so whatever is invented next there is refused from the start.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_LAST_32_BITS = 0xFFFF_FFFF

_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which some parsers read as a slash."""
_NETLOC = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:@%]+))(?::[0-9]{0,5})?")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""To browsers and C libraries such a host is an IPv4 address (WHATWG, *ends in a number*): it must look like one."""


class Guard:
    """Judges URLs when they are saved, and addresses when they are connected to."""

    def __init__(self, allow: tuple[Network, ...] = ()) -> None:
        self._allow = allow

    def permits(self, address: Address) -> bool:
        """Say whether the address is public or allowed."""
        return self.allows(address) or _is_public(_inner(address))

    def allows(self, address: Address) -> bool:
        """Say whether the operator named the address: only there may a webhook go without TLS."""
        return any(address in network or _inner(address) in network for network in self._allow)

    def check_url(self, url: str) -> str:
        """Return a webhook's URL in its canonical spelling, or raise `InvalidRequest` for `/url`.

        A host name is judged here by its looks alone; the addresses behind it are judged at every connection.
        """
        parts = _split(url)
        if parts.scheme not in {"https", "http"}:
            _refuse_scheme()
        if "@" in parts.netloc:
            _refuse("userinfo-not-allowed", "A user name or password in the URL is not allowed.")
        match = _NETLOC.fullmatch(parts.netloc)
        if match is None:
            _refuse("invalid-url", "The URL needs one plain host name or address, with a port from 1 to 65535.")
        address = _read_v6(match["v6"]) if match["v6"] else None
        host = "" if match["v6"] else _canonical_name(match["name"])
        if _ENDS_IN_A_NUMBER.fullmatch(host):
            address = _read_v4(match["name"])
        elif host == "localhost" or host.endswith(".localhost"):
            address = IPv4Address("127.0.0.1")
        self._judge(parts.scheme, address)
        shown = host or f"[{address}]"
        return f"{parts.scheme}://{shown}{_port(parts)}{parts.path or '/'}{parts.query and '?' + parts.query}"

    def _judge(self, scheme: str, address: Address | None) -> None:
        if address is not None and not self.permits(address):
            _refuse("address-not-public", "The address is not public, and FREEQUOTE_ALLOW_NETWORKS does not cover it.")
        covered = bool(self._allow) if address is None else self.allows(address)
        if scheme == "http" and not covered:
            _refuse_scheme()


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one only wraps."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & _LAST_32_BITS)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def _split(url: str) -> SplitResult:
    if any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in url):
        _refuse("invalid-url", "Spaces, control characters and backslashes are not allowed in a URL.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("invalid-url", "This is not a URL with a host and, at most, a port from 1 to 65535.")
    if port == 0:
        _refuse("invalid-url", "A port is a number from 1 to 65535.")
    if not _PLAIN.fullmatch(parts.path + parts.query + "/"):
        _refuse("invalid-url", "Behind the host, letters beyond ASCII must be percent-encoded.")
    return parts


def _canonical_name(name: str) -> str:
    try:
        host = name.lower() if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        host = ""
    if host.endswith("."):
        _refuse("address-not-canonical", "Leave out the dot at the end of the host name.")
    if not _NAME.fullmatch(host):
        _refuse("invalid-url", "This is not a host name.")
    return host


def _read_v4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        _refuse("address-not-canonical", "Write an IPv4 address as four plain decimal numbers.")


def _read_v6(text: str) -> Address:
    try:
        address = IPv6Address(text)
    except ValueError:
        _refuse("invalid-url", "This is not an IPv6 address.")
    if str(address) != text.lower():
        _refuse("address-not-canonical", "Write an IPv6 address in its shortest form.")
    return address


def _port(parts: SplitResult) -> str:
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return "" if parts.port in {None, usual} else f":{parts.port}"


def _refuse_scheme() -> NoReturn:
    _refuse("scheme-not-allowed", "Use https:// (http:// only inside FREEQUOTE_ALLOW_NETWORKS).")


def _refuse(code: str, message: str) -> NoReturn:
    raise InvalidRequest([FieldProblem("/url", code, message)])
