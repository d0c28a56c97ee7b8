"""Make, change and find destinations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.errors import MoreThanItsMaker
from app.access.scopes import Scope
from app.access.service import Principal
from app.database import Database
from app.destinations.enquirers import ENQUIRER
from app.destinations.errors import BuiltIn, DestinationNotFound
from app.destinations.guard import Guard
from app.destinations.models import Destination
from app.destinations.schemas import (
    DestinationChange,
    DestinationMade,
    DestinationOut,
    NewDestination,
    NewWebhook,
)
from app.destinations.shapes import Include
from app.destinations.signing import new_secret
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
    address = guard.check_url(new.url) if isinstance(new, NewWebhook) else check_mailbox(new.address)
    secret = new_secret() if isinstance(new, NewWebhook) else None
    destination_id = new_id()
    destination = Destination(
        id=destination_id,
        kind=new.kind,
        name=new.name or _name_of(address),
        address=keyring.secrets.seal(address.encode(), f"destinations.address:{destination_id}"),
        secret=keyring.secrets.seal(secret.encode(), f"destinations.secret:{destination_id}") if secret else None,
        include=new.include.value,
        format=new.format if isinstance(new, NewWebhook) else "standard",
        forms=new.forms,
        recipient=new.recipient,
        state="active",
        created_at=now,
        deleted_at=None,
    )
    async with database.begin() as session:
        await _check_forms(session, new.forms)
        session.add(destination)
        await changed(session)
    return DestinationMade(**show(keyring, destination).model_dump(), secret=secret)


async def list_destinations(
    database: Database, keyring: Keyring, *, by: Principal | None = None
) -> list[DestinationOut]:
    """Return the destinations that are not deleted, in the order they were made."""
    query = select(Destination).where(Destination.deleted_at.is_(None)).order_by(Destination.created_at, Destination.id)
    async with database.read() as session:
        found = list(await session.scalars(query))
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
    destination_id: UUID,
    wanted: DestinationChange,
    *,
    by: Principal | None = None,
) -> DestinationOut:
    """Change what is named in `wanted`. Errors as in `add` and `get`; `BuiltIn`."""
    async with database.begin() as session:
        destination = await get(session, destination_id, by=by)
        if destination.kind == ENQUIRER:
            raise BuiltIn
        forms = destination.forms if wanted.forms is None else wanted.forms
        hand_on(by, wanted.include or Include(destination.include), forms)
        await _check_forms(session, wanted.forms or [])
        for name in wanted.model_fields_set:
            value = getattr(wanted, name)
            if value is not None or name == "recipient":
                setattr(destination, name, value)
        await changed(session)
    return show(keyring, destination)


async def set_state(
    database: Database, keyring: Keyring, destination_id: UUID, state: str, *, by: Principal | None = None
) -> DestinationOut:
    """Pause a destination (what is promised to it waits) or set it going again."""
    async with database.begin() as session:
        destination = await get(session, destination_id, by=by)
        destination.state = state
        # Staff know better than the breaker: whatever failed before, it begins anew.
        destination.failures_in_row, destination.probe_at = 0, None
    return show(keyring, destination)


async def of_form(session: AsyncSession, form_key: str) -> list[Destination]:
    """Return the destinations that hear of a form's leads. Paused ones do: they get it when they go on."""
    query = select(Destination).where(Destination.deleted_at.is_(None)).order_by(Destination.created_at, Destination.id)
    return [
        destination
        for destination in await session.scalars(query)
        if not destination.forms or form_key in destination.forms
    ]


def address_of(keyring: Keyring, destination_id: UUID, sealed: bytes) -> str:
    """Open a destination's address."""
    return keyring.secrets.open(sealed, f"destinations.address:{destination_id}").decode()


def secret_of(keyring: Keyring, destination_id: UUID, sealed: bytes) -> str:
    """Open a webhook's signing secret."""
    return keyring.secrets.open(sealed, f"destinations.secret:{destination_id}").decode()


def show(keyring: Keyring, destination: Destination) -> DestinationOut:
    """Show a destination."""
    shown = {name: getattr(destination, name) for name in DestinationOut.model_fields if name != "address"}
    return DestinationOut(**shown, address=address_of(keyring, destination.id, destination.address))


def hand_on(by: Principal | None, include: Include, forms: Sequence[str]) -> None:
    """Refuse a destination that would see more than the key that makes it: `MoreThanItsMaker`."""
    if by is None:
        return
    for scope in _SCOPES_NEEDED[include]:
        if scope not in by.scopes:
            raise MoreThanItsMaker(f"the scope {scope}")
    if by.forms and not (forms and set(forms) <= by.forms):
        raise MoreThanItsMaker("all of those forms")


def check_mailbox(address: str) -> str:
    """Return a mailbox's address, or raise `InvalidRequest`."""
    local, at, domain = address.strip().rpartition("@")
    unsafe = any(letter.isspace() or not letter.isprintable() or letter in '<>,;:"()[]\\' for letter in address.strip())
    if unsafe or "=?" in address or not (local and at and "." in domain.strip(".")):
        raise InvalidRequest([FieldProblem("/address", "invalid-email", "This is not a single e-mail address.")])
    return address.strip()


async def _check_forms(session: AsyncSession, forms: Sequence[str]) -> None:
    known = set(await session.scalars(select(Form.key).where(Form.key.in_(forms)))) if forms else set()
    missing = [place for place, key in enumerate(forms) if key not in known]
    if missing:
        raise InvalidRequest(
            [FieldProblem(f"/forms/{place}", "form-not-found", "There is no form with that key.") for place in missing]
        )


def visible(destination: Destination, by: Principal | None) -> bool:
    """Say whether a key may see a destination; the command line on the server itself sees all."""
    return by is None or not by.forms or bool(destination.forms and set(destination.forms) <= by.forms)


def _name_of(address: str) -> str:
    """Name a destination by its host or mailbox: the rest of an address may be a secret."""
    return address.split("://", 1)[-1].partition("/")[0].partition("?")[0][:200]
