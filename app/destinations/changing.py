"""What changes about the way to a destination: vetted as if the destination were made that way."""

from urllib.parse import urlsplit

from app.destinations import mailboxes
from app.destinations.connection import Connection, check
from app.destinations.credentials import address_of, read_connection, seal_address, seal_connection, seal_secret
from app.destinations.formats import FORMATS
from app.destinations.guard import Guard
from app.destinations.models import Destination
from app.destinations.schemas import DestinationChange
from app.destinations.shapes import Include
from app.destinations.signing import new_secret
from app.destinations.vetting import check_mailbox, known_url, name_of
from app.errors import FieldProblem, InvalidRequest
from app.sealing.keyring import Keyring

_NOT_OF_THIS_KIND = {"webhook": {"address"}, "email": {"url", "format", "auth", "headers"}}


def reconnect(keyring: Keyring, guard: Guard, destination: Destination, wanted: DestinationChange) -> str | None:
    """Give a destination the address, format and connection that it is to have; return a secret if it gets one.

    Errors: `InvalidRequest` as when it is made, and where another server would be told credentials of the old one.
    """
    foreign = sorted(wanted.model_fields_set & _NOT_OF_THIS_KIND[destination.kind])
    if foreign:
        words = f"A destination of the kind `{destination.kind}` has none."
        raise InvalidRequest([FieldProblem(f"/{name}", "extra-forbidden", words) for name in foreign])
    if destination.kind == "webhook":
        return _reconnect_webhook(keyring, guard, destination, wanted)
    if wanted.address is not None:
        _readdress(keyring, destination, check_mailbox(wanted.address))
    if wanted.settings is not None:
        destination.connection = seal_connection(keyring, destination.id, mailboxes.checked(wanted.settings))
    return None


def _reconnect_webhook(
    keyring: Keyring, guard: Guard, destination: Destination, wanted: DestinationChange
) -> str | None:
    address = address_of(keyring, destination.id, destination.address)
    url = _url(address, destination.format, wanted, guard)
    before = read_connection(keyring, destination.id, destination.connection)
    if _server(url) != _server(address):
        _check_credentials(before, wanted)
    connection = _connection(before, destination.format, wanted)
    destination.format = wanted.format.value if wanted.format else destination.format
    connection = check(connection, destination.format, Include(destination.include), guard)
    destination.connection = seal_connection(keyring, destination.id, connection)
    if url != address:
        _readdress(keyring, destination, url)
    return _sign_or_not(keyring, destination)


def _url(now: str, format_now: str, wanted: DestinationChange, guard: Guard) -> str:
    """Return where it goes: where it says, else where a new format knows to go, else where it went."""
    if wanted.url is not None:
        return guard.check_url(wanted.url)
    if wanted.format in {None, format_now} or FORMATS[format_now].url is FORMATS[wanted.format].url is None:
        return now
    return guard.check_url(known_url(wanted.format))


def _connection(before: Connection, format_now: str, wanted: DestinationChange) -> Connection:
    """Return the connection with what is changed; settings are those of one format and go with it."""
    names = wanted.model_fields_set & {"settings", "auth", "headers"}
    given = {name: getattr(wanted, name) for name in names if name == "auth" or getattr(wanted, name) is not None}
    if wanted.format not in {None, format_now}:
        given.setdefault("settings", {})
    return before.model_copy(update=given)


def _check_credentials(before: Connection, wanted: DestinationChange) -> None:
    """Refuse to tell another server what nobody is ever shown again, only because an address is changed."""
    kept = [name for name in ("auth", "headers") if getattr(before, name) and name not in wanted.model_fields_set]
    if kept:
        words = "It belongs to the old server: say it again for the new one, or take it away."
        raise InvalidRequest([FieldProblem(f"/{name}", "say-again", words) for name in kept])


def _server(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _readdress(keyring: Keyring, destination: Destination, address: str) -> None:
    if destination.name == name_of(address_of(keyring, destination.id, destination.address)):
        destination.name = name_of(address)
    destination.address = seal_address(keyring, destination.id, address)
    # What failed there says nothing of the new place.
    destination.failures_in_row, destination.probe_at = 0, None
    if destination.state == "failing":
        destination.state = "active"


def _sign_or_not(keyring: Keyring, destination: Destination) -> str | None:
    """Give a secret to what is signed from now on, and take it from what no longer is."""
    if FORMATS[destination.format].is_signed and destination.secret is None:
        secret = new_secret()
        destination.secret = seal_secret(keyring, destination.id, secret)
        return secret
    if not FORMATS[destination.format].is_signed:
        destination.secret = destination.previous_secret = destination.previous_secret_until = None
    return None
