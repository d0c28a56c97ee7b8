"""What is looked at before a webhook is made, or previewed as if it were."""

from collections.abc import Collection

from app.destinations.connection import Connection, check
from app.destinations.formats import FORMATS
from app.destinations.guard import Guard
from app.destinations.schemas import NewWebhook
from app.errors import FieldProblem, InvalidRequest


def vetted(new: NewWebhook, guard: Guard) -> tuple[str, Connection]:
    """Return a webhook's URL and connection as they are to be saved, or raise `InvalidRequest`."""
    url = new.url or FORMATS[new.format].url
    if url is None:
        raise InvalidRequest([FieldProblem("/url", "missing", "This format does not know its `url`: say it.")])
    check_events(new.format, new.events)
    connection = Connection(settings=new.settings, auth=new.auth, headers=new.headers)
    return guard.check_url(url), check(connection, new.format, new.include, guard)


def check_events(format_name: str, events: Collection[str]) -> None:
    """Refuse types of event that a format cannot express: `InvalidRequest`."""
    if not FORMATS[format_name].carries.issuperset(events):
        raise InvalidRequest([FieldProblem("/events", "event-not-carried", "This format cannot express one of them.")])
