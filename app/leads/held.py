"""Held leads that nobody has judged: who is told of them, and when.

A mailbox is told once one has waited for fifteen minutes, of new ones once an hour at most, and of all that still wait
every day. What it is told holds nothing of a person.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update

from app.clock import Clock
from app.database import Database, insert_if_absent
from app.deliveries.held_letter import Digest
from app.deliveries.policy import Outcome, Verdict
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.forms.models import Form
from app.health import Check, Finding
from app.leads.models import HeldDigest, Lead
from app.leads.queries import UNJUDGED, oldest_unjudged
from app.telemetry import logger

WAITED = timedelta(minutes=15)
_APART = timedelta(hours=1)
_AGAIN = timedelta(days=1)
_TELLING = timedelta(minutes=5)
"""How long somebody may take for telling; then another tries."""

Send = Callable[[Destination, Digest, datetime], Awaitable[Outcome]]
"""Hands a digest to a mailbox; raises nothing that the network can cause."""


class HeldDigests:
    """Tells the mailboxes of a form that leads of it are held."""

    def __init__(self, database: Database, clock: Clock, send: Send) -> None:
        self._database = database
        self._clock = clock
        self._send = send
        self._leaving = False

    def stop(self) -> None:
        """Tell nobody else."""
        self._leaving = True

    async def work(self) -> None:
        """Tell every mailbox for which it is time. What could not be sent is tried again some minutes later."""
        for mailbox, digest in await self._due(self._clock.now()):
            # Each letter may take as long as the mail server likes: the moment is taken anew.
            now = self._clock.now()
            if self._leaving or not await self._take(mailbox, now):
                continue
            outcome = await self._send(mailbox, digest, now)
            if outcome.verdict is Verdict.DELIVERED:
                await self._note(mailbox, now)
                continue
            logger.warning("staff not told of held leads", destination=str(mailbox.id), reason=outcome.reason)
            if outcome.verdict is Verdict.CHANNEL_DOWN:
                return

    async def _due(self, now: datetime) -> list[tuple[Destination, Digest]]:
        async with self._database.read() as session:
            waits = select(Lead.no).where(UNJUDGED, Lead.received_at <= now - WAITED).limit(1)
            if await session.scalar(waits) is None:
                return []
            told = {row.destination_id: row for row in await session.scalars(select(HeldDigest))}
            found = []
            for mailbox in (await session.scalars(destinations.kept().where(Destination.kind == "email"))).all():
                before = told.get(mailbox.id)
                if mailbox.state == "paused" or (before and before.next_at > now):
                    continue
                told_at = before.told_at if before else None
                rows = (await session.execute(_waiting(mailbox.forms, told_at))).all()
                if _is_time(rows, told_at, now):
                    found.append((mailbox, _digest(rows)))
        return found

    async def _take(self, mailbox: Destination, now: datetime) -> bool:
        """Say whether we are the one who tells; whoever finds it taken leaves it alone."""
        async with self._database.begin() as session:
            row = {"destination_id": mailbox.id, "told_at": None, "next_at": now}
            await session.execute(insert_if_absent(session, HeldDigest).values(row))
            taken = await session.execute(
                update(HeldDigest)
                .where(HeldDigest.destination_id == mailbox.id, HeldDigest.next_at <= now)
                .values(next_at=now + _TELLING)
                .returning(HeldDigest.destination_id)
            )
            return taken.first() is not None

    async def _note(self, mailbox: Destination, now: datetime) -> None:
        async with self._database.begin() as session:
            told = update(HeldDigest).where(HeldDigest.destination_id == mailbox.id)
            await session.execute(told.values(told_at=now, next_at=now + _APART))


def held_checks(database: Database, clock: Clock) -> list[Check]:
    """Make the check that nobody's request is held for longer than a day."""

    async def check_held_leads() -> Finding:
        async with database.read() as session:
            oldest: datetime | None = await session.scalar(oldest_unjudged())
        age = clock.now() - oldest if oldest else timedelta()
        detail = f"the oldest waits since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "none waits"
        remedy = "" if age < _AGAIN else "Look at `freequote lead list --held`; release or reject each."
        return Finding("held leads", ok=age < _AGAIN, detail=detail, remedy=remedy)

    return [check_held_leads]


def _waiting(forms: Sequence[str], told_at: datetime | None) -> Select[*tuple[Any, ...]]:
    """Select, for each of the forms, how many wait, since when, and since when of those that are news."""
    is_news = Lead.received_at > told_at if told_at else Lead.received_at.is_not(None)
    oldest = func.min(Lead.received_at)
    query = select(
        Form.name, func.count().label("count"), oldest.label("oldest"), oldest.filter(is_news).label("oldest_news")
    )
    query = query.join(Form, Form.key == Lead.form_key).where(UNJUDGED).group_by(Form.key, Form.name)
    return query.where(Lead.form_key.in_(forms)) if forms else query


def _is_time(rows: Sequence[Any], told_at: datetime | None, now: datetime) -> bool:
    if not rows:
        return False
    if told_at is not None and told_at <= now - _AGAIN:
        return True
    return any(row.oldest_news is not None and row.oldest_news <= now - WAITED for row in rows)


def _digest(rows: Sequence[Any]) -> Digest:
    return Digest(sorted((row.name, row.count) for row in rows), min(row.oldest for row in rows))
