"""Fixtures: the house without its front door, and an invented lead."""

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.deliveries.engine import Engine
from app.deliveries.models import Delivery
from app.deliveries.senders import RealSenders
from app.destinations import service as destinations
from app.destinations.guard import Guard
from app.destinations.schemas import DestinationMade, NewMailbox, NewWebhook
from app.destinations.shapes import Include
from app.forms import service as forms
from app.forms.models import WordingSet
from app.ids import new_id, new_reference
from app.intake.configuration import DoorConfiguration
from app.leads import arrivals
from app.leads.arrivals import NewLead
from app.leads.documents import LeadParts
from app.leads.occasions import occasions
from app.parts import Parts
from app.sealing.envelopes import DeploymentKeys
from app.sealing.keyring import open_keyring
from app.settings import Settings, read_settings
from tests.support.clock import FakeClock

PERSON: dict[str, Any] = {"name": "Aurelia Brandt", "email": "a.brandt@mail.example", "phone": "+34612345678"}
INQUIRY: dict[str, Any] = {
    "condition": "multiple sclerosis",
    "condition_code": "multiple-sclerosis",
    "message": "How long is the stay?",
}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Give settings of a development house whose webhooks may reach this machine."""
    return read_settings(
        {
            "FREEQUOTE_DATABASE_URL": database_url,
            "FREEQUOTE_DATA_DIR": str(tmp_path / "data"),
            "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
        }
    )


@pytest.fixture
async def house(settings: Settings, database: Database, clock: FakeClock) -> Parts:
    """Give an open house with the default form; the test runs once on each kind of database."""
    keyring = await open_keyring(database, DeploymentKeys([os.urandom(32)]), clock.now())
    await forms.ensure_default(database, clock.now())
    return Parts(settings, database, keyring, clock)


@dataclass
class Desk:
    """What tests do over and over: make leads and destinations, and let the engine run."""

    house: Parts
    engine: Engine
    clock: FakeClock
    leads: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        # As at the door: read anew when its version has moved, and not for each lead.
        self._configuration = DoorConfiguration(self.house.database)

    async def lead(self, *, person: dict[str, Any] | None = None, form: str = "default", **changes: Any) -> NewLead:
        """Write a lead for everyone who hears of its form."""
        configuration = self._configuration
        await configuration.check()
        wording, _ = await configuration.wording_shown(form, None, "en")
        new = NewLead(**(_lead(form, wording, self.clock.now(), person or PERSON) | changes))
        await arrivals.write(self.house.database, [arrivals.arrival(self.house.keyring, new)], configuration.told)
        return new

    async def deliveries(self, lead_id: UUID) -> Sequence[Delivery]:
        """Return what is promised of a lead."""
        async with self.house.database.read() as session:
            found = await session.scalars(select(Delivery).where(Delivery.lead_id == lead_id).order_by(Delivery.id))
            return found.all()

    async def webhook(self, url: str | None, include: Include = Include.FULL, **more: Any) -> DestinationMade:
        """Make a webhook."""
        new = NewWebhook(kind="webhook", url=url, include=include, **more)
        guard = Guard(self.house.settings.allow_networks)
        return await destinations.add(self.house.database, self.house.keyring, guard, new, self.clock.now())

    async def mailbox(self, address: str, include: Include = Include.CONTACT, **more: Any) -> DestinationMade:
        """Make a mailbox."""
        new = NewMailbox(kind="email", address=address, include=include, **more)
        return await destinations.add(self.house.database, self.house.keyring, Guard(), new, self.clock.now())


def _lead(form: str, wording: WordingSet, now: datetime, person: dict[str, Any]) -> dict[str, Any]:
    common = {"wording_id": wording.id, "wording_hash": wording.hash, "at": now, "granted": True, "shown": "shown"}
    return {
        "id": new_id(),
        "reference": new_reference(),
        "form_key": form,
        "held_reasons": [],
        "test": False,
        "country": "ES",
        "language": "es",
        "campaign": {},
        "parts": LeadParts(person, INQUIRY, {}, {}),
        "consents": [{**common, "purpose": purpose, "recipient": None} for purpose in ("privacy", "health_data")],
        "received_at": now,
    }


@pytest.fixture
async def desk(house: Parts, clock: FakeClock) -> AsyncIterator[Desk]:
    """Give a desk whose engine sends for real, with retries that come without jitter."""
    # Longer than a machine that others share stands still now and then.
    senders = RealSenders(
        house.settings, house.keyring, 5, occasions(house.database, house.keyring, house.settings.base_url)
    )
    yield Desk(house, Engine(house.database, house.keyring, clock, senders, jitter=lambda: 0.0), clock)
    await senders.aclose()
