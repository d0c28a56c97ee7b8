"""Proofs of work at the door: whoever sends none is taken too, and each counts once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.forms import proofs
from app.forms.configuration import changed
from app.forms.models import Form
from app.intake.admission import Admission
from app.intake.models import FloodMark
from app.intake.service import candidate, forget_old
from app.leads.models import Lead
from app.parts import Parts
from tests.intake.spam.corpus import request
from tests.support.clock import FakeClock
from tests.support.proofs import solved

PITCH = "Link building. Or unsubscribe."
"""One point short of being held."""
MISSING, USED = (["pitch-seo", "everyday", f"proof-{what}"] for what in ("missing", "used"))
WRONG = ["pitch-seo", "proof-wrong", "everyday"]


@pytest.fixture
async def door(house: Parts) -> AsyncIterator[Admission]:
    """Give a running admission loop whose form asks for a proof."""
    async with house.database.begin() as session:
        await session.execute(update(Form).values(proof_of_work=True))
        await changed(session)
    made = Admission(house)
    await made.configuration.check()
    running = asyncio.create_task(made.run())
    yield made
    made.stop()
    await running


def _proof(house: Parts, form: str = "default") -> str:
    return solved(proofs.challenge(house.keyring.form_tokens, form, house.clock.now()))


async def _send(
    door: Admission, house: Parts, payload: str | None, message: str = PITCH, key: str | None = None
) -> None:
    given = request(message=message, **({"fq_altcha": payload} if payload else {}))
    await door.admit(await candidate(house, door.configuration, "default", given, key=key))


async def _reasons(house: Parts) -> list[list[str]]:
    async with house.database.read() as session:
        return list(await session.scalars(select(Lead.held_reasons).order_by(Lead.no)))


async def _marks(house: Parts) -> int | None:
    async with house.database.read() as session:
        return await session.scalar(select(func.count()).select_from(FloodMark))


async def test_a_proof_counts_for_a_request_and_none_or_a_wrong_one_against_it(house: Parts, door: Admission) -> None:
    for payload in (_proof(house), None, "nonsense", _proof(house, "clinic-es")):
        await _send(door, house, payload)
    assert await _reasons(house) == [[], MISSING, WRONG, WRONG]


async def test_alone_no_proof_or_a_wrong_one_holds_nobody(house: Parts, door: Admission) -> None:
    proof = _proof(house)
    for payload in (None, "nonsense", proof, proof):
        await _send(door, house, payload, "How long is the stay?")
    assert await _reasons(house) == [[], [], [], []]


async def test_a_proof_counts_once(house: Parts, door: Admission, clock: FakeClock) -> None:
    proof = _proof(house)
    await _send(door, house, proof)
    await _send(door, house, proof)
    clock.move(timedelta(hours=23, minutes=59))
    await forget_old(house.database, clock.now())
    await _send(door, house, proof)
    assert await _reasons(house) == [[], USED, USED]
    async with house.database.read() as session:
        assert set(await session.scalars(select(Lead.held_score))) == {0, 5}


async def test_of_a_crowd_with_one_proof_it_counts_for_one(house: Parts, door: Admission) -> None:
    proof = _proof(house)
    await asyncio.gather(*(_send(door, house, proof) for _ in range(10)))
    assert sorted(await _reasons(house)) == [[], *[USED] * 9]


async def test_what_another_process_counted_is_counted(house: Parts, door: Admission) -> None:
    other, proof = Admission(house), _proof(house)
    running = asyncio.create_task(other.run())
    await other.configuration.check()
    await _send(other, house, proof)
    await _send(door, house, proof)
    other.stop()
    await running
    assert await _reasons(house) == [[], USED]


async def test_an_answer_fetched_again_uses_no_proof(house: Parts, door: Admission) -> None:
    proof = _proof(house)
    for _ in range(3):
        await _send(door, house, proof, key="same")
    assert await _reasons(house) == [[]]
    assert await _marks(house) == 1


async def test_an_old_proof_is_none_and_its_mark_is_forgotten(house: Parts, door: Admission, clock: FakeClock) -> None:
    proof = _proof(house)
    await _send(door, house, proof)
    clock.move(proofs.VALID + timedelta(seconds=1))
    await forget_old(house.database, clock.now())
    assert await _marks(house) == 1
    await _send(door, house, proof)
    clock.move(timedelta(hours=1))
    await forget_old(house.database, clock.now())
    assert await _marks(house) == 0
    assert await _reasons(house) == [[], MISSING]


async def test_a_form_that_asks_for_none_looks_at_none(house: Parts, door: Admission) -> None:
    async with house.database.begin() as session:
        await session.execute(update(Form).values(proof_of_work=False))
        await changed(session)
    await door.configuration.check()
    await _send(door, house, "nonsense")
    assert await _reasons(house) == [[]]
    assert await _marks(house) == 0
