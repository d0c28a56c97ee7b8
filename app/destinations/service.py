"""Make, change and find destinations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.errors import MoreThanItsMaker
from app.access.handing_on import is_within
from app.access.principals import Principal
from app.access.scopes import Scope
from app.audit.actions import Action
from app.database import Database
from app.destinations import mailboxes
from app.destinations.changing import reconnect
from app.destinations.connection import Connection
from app.destinations.credentials import (
    OVERLAP,
    address_of,
    read_connection,
    seal_address,
    seal_connection,
    seal_secret,
)
from app.destinations.enquirers import ENQUIRER
from app.destinations.errors import BuiltIn, DestinationNotFound, NothingToRotate
from app.destinations.filters import FILTERS
from app.destinations.formats import FORMATS
from app.destinations.guard import Guard
from app.destinations.models import Destination
from app.destinations.routing import Facts, route
from app.destinations.schemas import (
    DestinationChange,
    DestinationMade,
    DestinationOut,
    NewDestination,
    NewWebhook,
    RouteOut,
    SecretMade,
)
from app.destinations.shapes import Include
from app.destinations.signing import new_secret
from app.destinations.vetting import check_events, check_mailbox, name_of, vetted
from app.errors import FieldProblem, InvalidRequest
from app.forms.configuration import changed
from app.forms.models import Form
from app.ids import new_id
from app.sealing.keyring import Keyring

_SCOPES_NEEDED = {
    Include.REFERENCE: (),
    Include.CONTACT: (Scope.LEADS_CONTACT,),
    Include.FULL: (Scope.LEADS_CONTACT, Scope.LEADS_EXPORT),
}


async def add(
    database: Database,
    keyring: Keyring,
    guard: Guard,
    new: NewDestination,
    now: datetime,
    *,
    by: Principal | None = None,
) -> DestinationMade:
    """Make a destination. `by` is the key that asks; the command line on the server itself asks as nobody.

    Errors: `MoreThanItsMaker`; `InvalidRequest` for an address that must not be reached and for unknown forms.
    """
    hand_on(by, new.include, new.forms)
    address, connection, secret = _vetted(new, guard)
    destination_id = new_id()
    destination = Destination(
        id=destination_id,
        kind=new.kind,
        name=new.name or name_of(address),
        address=seal_address(keyring, destination_id, address),
        secret=seal_secret(keyring, destination_id, secret) if secret else None,
        connection=seal_connection(keyring, destination_id, connection),
        include=new.include.value,
        format=new.format.value if isinstance(new, NewWebhook) else "standard",
        forms=new.forms,
        takes=new.taken(),
        recipient=new.recipient,
        state="active",
        created_at=now,
        deleted_at=None,
    )
    async with database.begin() as session:
        await _check_forms(session, new.forms)
        session.add(destination)
        note(
            session,
            by,
            Action.DESTINATION_MADE,
            f"destination:{destination_id}",
            kind=new.kind,
            include=new.include.value,
        )
        await changed(session)
    return DestinationMade(**show(keyring, destination).model_dump(), secret=secret)


async def list_destinations(
    database: Database, keyring: Keyring, *, by: Principal | None = None
) -> list[DestinationOut]:
    """Return the destinations that are not deleted, in the order they were made."""
    async with database.read() as session:
        found = list(await session.scalars(kept()))
    return [show(keyring, destination) for destination in found if visible(destination, by)]


async def read(
    database: Database, keyring: Keyring, destination_id: UUID, *, by: Principal | None = None
) -> DestinationOut:
    """Return one destination, or raise `DestinationNotFound`."""
    async with database.read() as session:
        return show(keyring, await get(session, destination_id, by=by))


async def get(session: AsyncSession, destination_id: UUID, *, by: Principal | None = None) -> Destination:
    """Return one destination's row, or raise `DestinationNotFound`."""
    destination = await session.get(Destination, destination_id)
    if destination is None or destination.deleted_at is not None or not visible(destination, by):
        raise DestinationNotFound
    return destination


async def change(
    database: Database,
    keyring: Keyring,
    guard: Guard,
    destination_id: UUID,
    wanted: DestinationChange,
    *,
    by: Principal | None = None,
) -> DestinationMade:
    """Change what is named in `wanted`; what waits goes out the new way. Errors as in `add` and `get`; `BuiltIn`.

    A webhook that is signed from now on gets a secret, shown this once.
    """
    async with database.begin() as session:
        destination = await get(session, destination_id, by=by)
        if destination.kind == ENQUIRER:
            raise BuiltIn
        forms = destination.forms if wanted.forms is None else wanted.forms
        include = wanted.include or Include(destination.include)
        hand_on(by, include, forms)
        await _check_forms(session, wanted.forms or [])
        given = wanted.model_dump(exclude_none=True, include={"name", "include", "forms"})
        for name, value in given.items():
            setattr(destination, name, value)
        if "recipient" in wanted.model_fields_set:
            destination.recipient = wanted.recipient
        secret = reconnect(keyring, guard, destination, wanted)
        destination.takes = _taken(destination, wanted)
        note(
            session,
            by,
            Action.DESTINATION_CHANGED,
            f"destination:{destination_id}",
            changed=sorted(wanted.model_fields_set),
            include=destination.include,
        )
        await changed(session)
    return DestinationMade(**show(keyring, destination).model_dump(), secret=secret)


async def rotate_secret(
    database: Database, keyring: Keyring, destination_id: UUID, now: datetime, *, by: Principal | None = None
) -> SecretMade:
    """Give a webhook a new signing secret; the one before goes on signing for a day.

    Errors: `DestinationNotFound`; `NothingToRotate`.
    """
    secret = new_secret()
    async with database.begin() as session:
        destination = await get(session, destination_id, by=by)
        if destination.secret is None:
            raise NothingToRotate
        destination.previous_secret, destination.previous_secret_until = destination.secret, now + OVERLAP
        destination.secret = seal_secret(keyring, destination_id, secret)
        note(session, by, Action.SECRET_ROTATED, f"destination:{destination_id}")
    return SecretMade(secret=secret, previous_until=now + OVERLAP)


async def who_is_told(database: Database, facts: Facts, *, by: Principal | None = None) -> list[RouteOut]:
    """Say for each destination what would become of an event with such facts."""
    async with database.read() as session:
        found = list(await session.scalars(kept()))
    told = [(one, *route(one, facts)) for one in found if visible(one, by)]
    return [
        RouteOut(id=one.id, name=one.name, outcome=way, reason=reason, state=one.state) for one, way, reason in told
    ]


async def set_state(
    database: Database, keyring: Keyring, destination_id: UUID, state: str, *, by: Principal | None = None
) -> DestinationOut:
    """Pause a destination (what is promised to it waits) or set it going again."""
    async with database.begin() as session:
        destination = await get(session, destination_id, by=by)
        destination.state = state
        action = Action.DESTINATION_PAUSED if state == "paused" else Action.DESTINATION_RESUMED
        note(session, by, action, f"destination:{destination_id}")
        # Staff know better than the breaker: whatever failed before, it begins anew.
        destination.failures_in_row, destination.probe_at = 0, None
    return show(keyring, destination)


def kept() -> Select[Destination]:
    """Select the destinations that are not deleted, in the order they were made."""
    return select(Destination).where(Destination.deleted_at.is_(None)).order_by(Destination.created_at, Destination.id)


def by_state() -> Select[str, int]:
    """Count the destinations that are not deleted, by their state."""
    return select(Destination.state, func.count()).where(Destination.deleted_at.is_(None)).group_by(Destination.state)


async def of_form(session: AsyncSession, form_key: str) -> list[Destination]:
    """Return the destinations that hear of a form's leads. Paused ones do: they get it when they go on."""
    return [
        destination
        for destination in await session.scalars(kept())
        if not destination.forms or form_key in destination.forms
    ]


def show(keyring: Keyring, destination: Destination) -> DestinationOut:
    """Show a destination."""
    connection = read_connection(keyring, destination.id, destination.connection)
    takes = destination.takes or {}
    columns = ("id", "kind", "name", "include", "format", "forms", "recipient", "state", "created_at")
    return DestinationOut(
        **{name: getattr(destination, name) for name in columns},
        **{name: takes.get(name, []) for name in FILTERS},
        address=address_of(keyring, destination.id, destination.address),
        settings=connection.settings,
        auth=connection.auth.kind if connection.auth else None,
        headers=sorted(connection.headers),
    )


def hand_on(by: Principal | None, include: Include, forms: Sequence[str]) -> None:
    """Refuse a destination that would see more than the key that makes it: `MoreThanItsMaker`."""
    if by is None:
        return
    for scope in _SCOPES_NEEDED[include]:
        if scope not in by.scopes:
            raise MoreThanItsMaker(f"the scope {scope}")
    if not is_within(forms, by):
        raise MoreThanItsMaker("all of those forms")


def _vetted(new: NewDestination, guard: Guard) -> tuple[str, Connection, str | None]:
    """Return the address, the connection and, where posts are signed, a secret of a destination that may be made."""
    if not isinstance(new, NewWebhook):
        return check_mailbox(new.address), mailboxes.checked(new.settings), None
    url, connection = vetted(new, guard)
    return url, connection, new_secret() if FORMATS[new.format].is_signed else None


def _taken(destination: Destination, wanted: DestinationChange) -> dict[str, list[str]] | None:
    takes = {**(destination.takes or {}), **wanted.model_dump(exclude_none=True, include=set(FILTERS))}
    check_events(destination.format, takes.get("events", []))
    return {name: values for name, values in takes.items() if values} or None


async def _check_forms(session: AsyncSession, forms: Sequence[str]) -> None:
    known = set(await session.scalars(select(Form.key).where(Form.key.in_(forms)))) if forms else set()
    missing = [place for place, key in enumerate(forms) if key not in known]
    if missing:
        raise InvalidRequest(
            [FieldProblem(f"/forms/{place}", "form-not-found", "There is no form with that key.") for place in missing]
        )


def visible(destination: Destination, by: Principal | None) -> bool:
    """Say whether a key may see a destination; the command line on the server itself sees all."""
    return is_within(destination.forms, by)
