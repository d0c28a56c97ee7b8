"""What is looked at before a destination is made, changed, or previewed as if it were."""

from collections.abc import Collection

from app.destinations.connection import Connection, check
from app.destinations.formats import FORMATS
from app.destinations.guard import Guard
from app.destinations.schemas import NewWebhook
from app.errors import FieldProblem, InvalidRequest


def vetted(new: NewWebhook, guard: Guard) -> tuple[str, Connection]:
    """Return a webhook's URL and connection as they are to be saved, or raise `InvalidRequest`."""
    url = new.url or known_url(new.format)
    check_events(new.format, new.events)
    connection = Connection(settings=new.settings, auth=new.auth, headers=new.headers)
    return guard.check_url(url), check(connection, new.format, new.include, guard)


def known_url(format_name: str) -> str:
    """Return where a format knows to go, or refuse: `InvalidRequest`."""
    url = FORMATS[format_name].url
    if url is None:
        raise InvalidRequest([FieldProblem("/url", "missing", "This format does not know its `url`: say it.")])
    return url


def check_mailbox(address: str) -> str:
    """Return a mailbox's address, or raise `InvalidRequest`."""
    local, at, domain = address.strip().rpartition("@")
    unsafe = any(letter.isspace() or not letter.isprintable() or letter in '<>,;:"()[]\\' for letter in address.strip())
    if unsafe or "=?" in address or not (local and at and "." in domain.strip(".")):
        raise InvalidRequest([FieldProblem("/address", "invalid-email", "This is not a single e-mail address.")])
    return address.strip()


def name_of(address: str) -> str:
    """Name a destination by its host or mailbox: the rest of an address may be a secret."""
    return address.split("://", 1)[-1].partition("/")[0].partition("?")[0][:200]


def check_events(format_name: str, events: Collection[str]) -> None:
    """Refuse types of event that a format cannot express: `InvalidRequest`."""
    if not FORMATS[format_name].carries.issuperset(events):
        raise InvalidRequest([FieldProblem("/events", "event-not-carried", "This format cannot express one of them.")])
