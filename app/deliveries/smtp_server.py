"""The mail server, as `FREEQUOTE_SMTP_URL` names it."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from app.errors import Refusal

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, as whom, and how the connection is protected."""

    host: str
    port: int
    tls: bool
    """TLS from the first byte (`smtps://`)."""
    starttls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Read the URL, or raise `Refusal`; its sentence repeats nothing of it, since a password stands in it."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _refusal("is not a URL") from None
        if parts.scheme not in _PORTS or not host:
            raise _refusal("must start with smtp:// or smtps:// and name a host")
        if parts.path not in {"", "/"} or parts.fragment:
            raise _refusal("has something behind the port: percent-encode / ? # and @ in user and password")
        if bool(parts.username) != bool(parts.password):
            raise _refusal("needs both a user and a password, or neither")
        in_the_clear = _without_tls(parts, host)
        return cls(
            host=host,
            port=port or _PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            starttls=parts.scheme == "smtp" and not in_the_clear,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


def _without_tls(parts: SplitResult, host: str) -> bool:
    options = parse_qsl(parts.query, keep_blank_values=True)
    if not options:
        return False
    if options != [("tls", "off")] or parts.scheme != "smtp":
        raise _refusal("knows one option, ?tls=off, and that only with smtp://")
    if not _on_this_machine(host):
        raise _refusal("has ?tls=off, which is only for a mail server on this machine (localhost)")
    return True


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(what: str) -> Refusal:
    return Refusal(f"FREEQUOTE_SMTP_URL {what}. Write it as smtp://user:password@host:587 or smtps://…:465.")
