"""What a change of a lead is: one version further, a step on its timeline, and told, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.clock import rfc3339
from app.database import Database
from app.deliveries import outbox
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.errors import FieldProblem
from app.leads import queries, timeline
from app.leads.documents import lead_data, open_parts, shared_with
from app.leads.errors import LeadNotFound, LeadsNotFound, NotHeld, StaleLead
from app.leads.models import Lead, LeadStep, LeadTag
from app.leads.schemas import LeadChange, LeadSummary, Status
from app.leads.showing import summary_of
from app.sealing.envelopes import SealingKey
from app.sealing.keyring import Keyring

Opened = tuple[Lead, SealingKey]


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done with a lead."""

    steps: Mapping[str, tuple[Any, Any]]
    """What was changed, with its value before and after; nothing: the lead is as it was."""
    event: str | None
    """What its destinations are told, if anything."""
    action: Action = Action.LEAD_CHANGED


@dataclass(frozen=True, slots=True)
class Desk:
    """Who works on leads, where and when."""

    database: Database
    keyring: Keyring
    now: datetime
    by: Principal | None = None
    """Nobody is the command line, which may do all."""


async def change_one(desk: Desk, name: str, do: Callable[[Lead], Deed], if_version: int | None) -> LeadSummary:
    """Do something with one lead.

    Errors: `LeadNotFound`; `StaleLead` when `if_version` is not the lead's version; whatever `do` raises.
    """
    async with desk.database.begin() as session:
        opened = await one(session, desk, name)
        if if_version is not None and if_version != opened[0].version:
            raise StaleLead
        await carry_out(session, desk, [opened], do)
    return summary_of(*opened, desk.by)


async def one(session: AsyncSession, desk: Desk, name: str) -> Opened:
    """Return one lead that nobody else changes until the commit, or raise `LeadNotFound`."""
    (opened,) = await queries.lock(session, desk.keyring, [name], sorted(desk.by.forms) if desk.by else [])
    if opened is None:
        raise LeadNotFound
    return opened


async def several(session: AsyncSession, desk: Desk, names: Sequence[str]) -> list[Opened]:
    """Return leads that nobody else changes until the commit, each once.

    Errors: `LeadsNotFound`, which points at every name of no lead.
    """
    found = await queries.lock(session, desk.keyring, names, sorted(desk.by.forms) if desk.by else [])
    missing = [
        FieldProblem(f"/leads/{place}", LeadNotFound.code, "There is no such lead.")
        for place, opened in enumerate(found)
        if opened is None
    ]
    if missing:
        raise LeadsNotFound(missing)
    return list({opened[0].no: opened for opened in found if opened}.values())


def let_go(lead: Lead) -> Deed:
    """Release a held lead, or raise `NotHeld`."""
    _expect_held(lead)
    lead.held = False
    return Deed({"released": (None, None)}, "lead.created", Action.LEAD_RELEASED)


def mark_as_spam(lead: Lead, now: datetime) -> Deed:
    """Reject a held lead, or raise `NotHeld`."""
    _expect_held(lead)
    lead.rejected_at = now
    return Deed({"rejected": (None, None)}, None, Action.LEAD_REJECTED)


def _expect_held(lead: Lead) -> None:
    if not lead.held or lead.rejected_at is not None:
        raise NotHeld


def alter(lead: Lead, wanted: LeadChange, now: datetime) -> Deed:
    """Change what is named in `wanted`; a lead that leaves `new` for the first time counts as answered."""
    steps = {}
    for field in LeadChange.model_fields:
        if field not in wanted.model_fields_set:
            continue
        before, after = getattr(lead, field), getattr(wanted, field)
        if before != after:
            setattr(lead, field, after)
            steps[field] = (_plain(before), _plain(after))
    if "status" in steps and lead.answered_at is None and lead.status != Status.NEW:
        lead.answered_at = now
    return Deed(steps, "lead.updated")


def _plain(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


async def carry_out(session: AsyncSession, desk: Desk, leads: Sequence[Opened], do: Callable[[Lead], Deed]) -> None:
    """Do something with each lead; write its steps and tags, and promise what is to be told."""
    done = [(opened, do(opened[0])) for opened in leads]
    done = [(opened, deed) for opened, deed in done if deed.steps]
    if not done:
        return
    for (lead, _), _ in done:
        lead.version, lead.updated_at = lead.version + 1, desk.now
    steps = [
        timeline.step_row(lead.id, kind, desk.now, desk.by, before=before, after=after)
        for (lead, _), deed in done
        for kind, (before, after) in deed.steps.items()
    ]
    await session.execute(insert(LeadStep), steps)
    for (lead, _), deed in done:
        note(session, desk.by, deed.action, f"lead:{lead.id}", changed=list(deed.steps))
    await _keep_tags(session, [lead for (lead, _), deed in done if "tags" in deed.steps])
    await _tell(session, [(opened, deed) for opened, deed in done if deed.event and not opened[0].held])


async def _keep_tags(session: AsyncSession, leads: Sequence[Lead]) -> None:
    if not leads:
        return
    await session.execute(delete(LeadTag).where(LeadTag.lead_no.in_([lead.no for lead in leads])))
    rows = [{"tag": tag, "received_at": lead.received_at, "lead_no": lead.no} for lead in leads for tag in lead.tags]
    if rows:
        await session.execute(insert(LeadTag), rows)


async def _tell(session: AsyncSession, done: Sequence[tuple[Opened, Deed]]) -> None:
    """Write an event on each lead as it is now; of a test only its own destination ever hears."""
    consents = await queries.consents_of(session, [lead.id for (lead, _), _ in done])
    forms = {lead.form_key for (lead, _), _ in done if not lead.test}
    told = {form: await destinations.of_form(session, form) for form in sorted(forms)}
    tellings = []
    for (lead, key), deed in done:
        hear = [] if lead.test else told[lead.form_key]
        if deed.event == "lead.created":
            tellings.append(telling_of(lead, key, consents[lead.id], hear))
        else:
            tellings.append(telling_of(lead, key, consents[lead.id], hear, changed=list(deed.steps)))
    await outbox.promise(session, tellings)


def telling_of(
    lead: Lead,
    key: SealingKey,
    consents: Sequence[Mapping[str, Any]],
    destinations: Sequence[Destination],
    *,
    changed: Sequence[str] | None = None,
    also_shared_with: frozenset[str] = frozenset(),
) -> outbox.Telling:
    """Say what is to be told of a lead as it is now: that it is there or, where something `changed`, what."""
    beside = {} if changed is None else {"changed": list(changed)}
    return outbox.Telling(
        type="lead.created" if changed is None else "lead.updated",
        lead_id=lead.id,
        form_key=lead.form_key,
        data={**lead_data(lead, open_parts(key, lead), consents), **beside},
        destinations=destinations,
        shared_with=shared_with(consents) | also_shared_with,
        key=key,
        at=lead.updated_at,
    )
