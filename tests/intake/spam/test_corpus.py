"""Patients pass, spam is held, and everybody gets the same answer."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.leads.models import Lead
from app.rates import Rate
from app.settings import Settings
from tests.intake.enquiry import DOOR
from tests.intake.spam.corpus import Letter, letters

PATIENTS, SPAM = letters("patients"), letters("spam")
_AT_ONCE = 40


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is weighed does not touch it."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give settings under which all of them may come from one address."""
    return settings.model_copy(update={"burst": Rate("10000/10s"), "flood": Rate("10000/10m")})


async def _held(app: FastAPI, client: httpx.AsyncClient, sent: Sequence[Letter]) -> list[tuple[Letter, list[str]]]:
    """Send letters and return those that are held, with their reasons."""
    ids = []
    for start in range(0, len(sent), _AT_ONCE):
        posts = (client.post(DOOR, json=one.body) for one in sent[start : start + _AT_ONCE])
        for answer in await asyncio.gather(*posts):
            assert answer.status_code == 201, answer.text
            assert answer.json().keys() == {"id", "reference", "form", "received_at"}
            ids.append(answer.json()["id"])
    async with app.state.parts.database.read() as session:
        query = select(Lead.id, Lead.held_reasons).where(Lead.held)
        reasons = {str(lead_id): found for lead_id, found in await session.execute(query)}
    return [(one, reasons[lead_id]) for one, lead_id in zip(sent, ids, strict=True) if lead_id in reasons]


async def test_every_patient_passes(app: FastAPI, client: httpx.AsyncClient) -> None:
    held = await _held(app, client, PATIENTS)
    print(f"\n{len(held)} of {len(PATIENTS)} patients are held")  # noqa: T201 - the figure is wanted
    assert len(PATIENTS) >= 120
    assert len({one.kind for one in PATIENTS}) >= 14
    assert [(one.name, reasons) for one, reasons in held] == []


async def test_nine_in_ten_pieces_of_spam_are_held(app: FastAPI, client: httpx.AsyncClient) -> None:
    held = await _held(app, client, SPAM)
    print(f"\n{len(held)} of {len(SPAM)} pieces of spam are held")  # noqa: T201 - the figure is wanted
    assert len(SPAM) >= 60
    assert len(held) >= 0.9 * len(SPAM)
