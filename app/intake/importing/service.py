"""Write the rows of a table as leads: checked as at the door, each one once, and told to nobody unless asked."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select

from app.audit.actions import CLI
from app.errors import FieldProblem, InvalidRequest
from app.intake import entering
from app.intake.body import read_body
from app.intake.composing import consent_rows, new_lead
from app.intake.configuration import DoorConfiguration
from app.intake.importing.headers import IGNORED, RECEIVED_AT, SOURCE_ID
from app.intake.importing.table import Line
from app.intake.schemas import QuoteRequest, read_quote_request
from app.leads import arrivals
from app.leads.arrivals import NewLead
from app.leads.models import Lead
from app.parts import Parts

_AT_ONCE = 50
"""How many leads are written in one transaction: on SQLite the door waits meanwhile."""
_CLOCKS_APART = timedelta(days=1)
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_CONSENTED = {"consent.privacy": "yes", "consent.health_data": "yes"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, and how."""

    form_key: str
    fields: Mapping[str, str]
    """The field of each column."""
    defaults: Mapping[str, str]
    """Values of fields that a row says nothing of."""
    source: str
    """Where the leads come from; kept with each."""
    consented: bool
    """Whether the other service let nobody send without consent to privacy and health data."""
    moments: str | None
    """How moments are spelled (`strptime`); None: as ISO 8601 does."""
    tell: bool
    dry_run: bool


@dataclass(slots=True)
class Outcome:
    """What came of it so far."""

    imported: int = 0
    already_there: int = 0
    refused: int = 0
    seen: Counter[bytes] = field(default_factory=Counter)
    """How often each row has come: equal rows are requests of their own."""


Refused = Callable[[Line, Sequence[FieldProblem]], None]


async def import_lines(
    house: Parts, order: Order, lines: Iterable[Line], refused: Refused, progress: Callable[[int], None]
) -> Outcome:
    """Import rows, those that break a rule apart; the same rows again change nothing.

    Errors: `FormNotFound`, `FormClosed`.
    """
    configuration, outcome = DoorConfiguration(house.database), Outcome()
    await configuration.form(order.form_key)
    rows = iter(lines)
    while batch := list(islice(rows, _AT_ONCE)):
        leads = []
        for line in batch:
            try:
                leads.append(await _lead(house, configuration, order, line, outcome))
            except InvalidRequest as error:
                outcome.refused += 1
                refused(line, error.problems)
        await _write(house, configuration, order, leads, outcome)
        progress(len(batch))
    return outcome


async def _lead(house: Parts, configuration: DoorConfiguration, order: Order, line: Line, outcome: Outcome) -> NewLead:
    said = {**order.defaults, **dict(_said(order, line)), "form": order.form_key}
    if order.consented:
        said |= _CONSENTED
    given_at, source_id = said.pop(RECEIVED_AT, None), said.pop(SOURCE_ID, None)
    # As a form would send it: one way in, one set of rules.
    body = read_body("application/x-www-form-urlencoded", urlencode(said).encode())
    request = read_quote_request(body, accept_language=None)
    now = house.clock.now()
    received_at = _moment(given_at, order, now) if given_at else None
    wording, _ = await configuration.wording_shown(order.form_key, None, request.language)
    consents = [
        # Which words were shown elsewhere nobody knows.
        {**row, "wording_id": None, "wording_hash": None, "shown": "imported"}
        for row in consent_rows(request, wording, shown=False, at=received_at or now)
    ]
    new = new_lead(order.form_key, request, consents)
    parts = replace(new.parts, attribution={**new.parts.attribution, "imported_from": order.source})
    lead_id = _lead_id(house.keyring.idempotency, request, source_id, received_at, order, outcome)
    return replace(new, id=lead_id, parts=parts)


def _said(order: Order, line: Line) -> Iterator[tuple[str, str]]:
    for heading, cell in line.cells.items():
        name = order.fields.get(heading, IGNORED)
        if name != IGNORED and cell.strip():
            yield name, cell.strip()


def _moment(text: str, order: Order, now: datetime) -> datetime:
    try:
        moment = _read_moment(text, order.moments)
        if _EARLIEST <= moment <= now + _CLOCKS_APART:
            return moment
    except (ValueError, OverflowError):
        pass
    message = "Write a moment that has been, as 2025-11-24 10:30 (UTC), 2025-11-24T10:30+01:00, or as --moments says."
    raise InvalidRequest([FieldProblem(f"/{RECEIVED_AT}", "invalid-moment", message)])


def _read_moment(text: str, spelling: str | None) -> datetime:
    if spelling is not None:
        return datetime.strptime(text, spelling).replace(tzinfo=UTC)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _lead_id(
    key: bytes,
    request: QuoteRequest,
    source_id: str | None,
    received_at: datetime | None,
    order: Order,
    outcome: Outcome,
) -> UUID:
    """Make the id that the same row gets every time: a UUIDv7 whose random bits are a keyed hash of it."""
    identity = source_id.encode() if source_id else request.fingerprint_source() + str(received_at).encode()
    place = f"{order.form_key}\0{bool(source_id)}\0".encode()
    digest = blake2b(place + identity, digest_size=16, key=key, person=b"fq.import").digest()
    if not source_id:
        outcome.seen[digest] += 1
        again = outcome.seen[digest].to_bytes(4)
        digest = blake2b(digest + again, digest_size=16, key=key, person=b"fq.import").digest()
    milliseconds = int(received_at.timestamp() * 1000) if received_at else 0
    bits = int.from_bytes(digest)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (bits >> 64 & 0xFFF) << 64 | 0b10 << 62 | bits & (1 << 62) - 1)


async def _write(
    house: Parts, configuration: DoorConfiguration, order: Order, leads: Sequence[NewLead], outcome: Outcome
) -> None:
    """Write what is not there yet."""
    by_id = {lead.id: lead for lead in leads}
    async with house.database.read() as session:
        there = set(await session.scalars(select(Lead.id).where(Lead.id.in_(by_id))))
    fresh = [lead for lead_id, lead in by_id.items() if lead_id not in there]
    outcome.already_there += len(leads) - len(fresh)
    outcome.imported += len(fresh)
    if fresh and not order.dry_run:
        told = None if order.tell else entering.nobody
        entered = [arrivals.arrival(house.keyring, lead) for lead in fresh]
        await entering.write(house, configuration, order.form_key, entered, actor=CLI, told=told)
