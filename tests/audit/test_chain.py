"""The chain: whatever is done to it in the database shows, on both databases."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.audit import service as audit
from app.audit.actions import CLI, Action
from app.audit.chain import BEGINNING, Checkpoint, link, statement
from app.audit.checkpoints import CheckpointFile
from app.audit.models import AuditEntry, AuditTip
from app.audit.schemas import Verification
from app.audit.sealer import Sealer
from app.audit.verifying import verify
from app.database import Database
from app.sealing.signing import Signer
from tests.support.clock import FakeClock

SIGNER = Signer(b"a key of the tests, of 32 bytes.")


@pytest.fixture
def outside(tmp_path: Path) -> CheckpointFile:
    """Give the file that checkpoints go to."""
    return CheckpointFile(tmp_path / "audit")


@pytest.fixture
def sealer(database: Database, clock: FakeClock, outside: CheckpointFile) -> Sealer:
    """Give a sealer."""
    return Sealer(database, SIGNER, clock, outside)


async def _act(database: Database, count: int = 1) -> None:
    async with database.begin() as session:
        for number in range(count):
            audit.record(session, CLI, Action.FORM_CHANGED, f"form:clinic-{number}", changed=["name"])


async def _run(database: Database, *statements: str) -> None:
    async with database.begin() as session:
        for statement_ in statements:
            await session.execute(text(statement_))


async def _faults(database: Database, outside: CheckpointFile) -> Sequence[tuple[int, str]]:
    found = await verify(database, SIGNER, outside)
    assert found.ok == (not found.faults)
    return [(fault.position, fault.fault) for fault in found.faults]


async def _tip(database: Database) -> AuditTip:
    async with database.read() as session:
        return await session.get_one(AuditTip, 1)


async def test_what_was_done_is_chained_in_its_order_and_holds(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 3)
    assert (await verify(database, SIGNER, outside)).waiting == 3
    await sealer.finish()
    await _act(database, 2)
    await sealer.finish()
    found = await verify(database, SIGNER, outside)
    assert (found.ok, found.entries, found.waiting, found.position, found.checkpoints) == (True, 5, 0, 5, 2)
    async with database.read() as session:
        assert list(await session.scalars(select(AuditEntry.position).order_by(AuditEntry.id))) == [1, 2, 3, 4, 5]


async def test_more_than_a_chunk_is_chained_in_one_round(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 450)
    await sealer.work()
    found = await verify(database, SIGNER, outside)
    assert (found.ok, found.entries, found.waiting) == (True, 450, 0)


async def test_an_empty_chain_holds(database: Database, outside: CheckpointFile) -> None:
    found = await verify(database, SIGNER, outside)
    assert (found.ok, found.position, found.hash) == (True, 0, BEGINNING.hex())


EDITS = [
    "actor = 'key:another'",
    "action = 'lead.opened'",
    "subject = 'form:clinic-9'",
    'details = \'{"changed": ["origins"]}\'',
    "id = 1000",
    "at = '2020-01-01 00:00:00.000000'",
]


async def test_every_edit_shows_where_it_was_made(database: Database, sealer: Sealer, outside: CheckpointFile) -> None:
    await _act(database, len(EDITS) + 1)
    await sealer.finish()
    for position, edit in enumerate(EDITS, 1):
        await _run(database, f"UPDATE audit_entries SET {edit} WHERE position = {position}")
        assert await _faults(database, outside) == [(place, "changed") for place in range(1, position + 1)]


async def test_a_deletion_shows_at_the_beginning_and_in_the_middle(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 6)
    await sealer.finish()
    await _run(database, "DELETE FROM audit_entries WHERE position IN (1, 3, 4)")
    assert await _faults(database, outside) == [(1, "missing"), (3, "missing")]


async def test_a_deletion_that_closes_its_gap_shows(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 4)
    await sealer.finish()
    closing = "UPDATE audit_entries SET position = position - 1 WHERE position = "
    await _run(database, "DELETE FROM audit_entries WHERE position = 2", closing + "3", closing + "4")
    assert await _faults(database, outside) == [(2, "changed"), (3, "changed"), (4, "cut-off"), (4, "cut-off")]


async def test_two_entries_that_changed_places_show(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 4)
    await sealer.finish()
    moves = [("-1", 2), ("2", 3), ("3", -1)]
    await _run(database, *(f"UPDATE audit_entries SET position = {to} WHERE position = {at}" for to, at in moves))
    assert (2, "changed") in await _faults(database, outside)


async def test_a_cut_off_end_shows(database: Database, sealer: Sealer, outside: CheckpointFile) -> None:
    await _act(database, 5)
    await sealer.finish()
    await _run(database, "DELETE FROM audit_entries WHERE position > 3")
    assert {fault for _, fault in await _faults(database, outside)} == {"cut-off"}


async def test_a_cut_off_end_shows_outside_even_if_the_signed_end_of_then_was_put_back(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 3)
    await sealer.finish()
    then = await _tip(database)
    await _act(database, 2)
    await sealer.finish()
    async with database.begin() as session:
        await session.execute(text("DELETE FROM audit_entries WHERE position > 3"))
        tip = await session.get_one(AuditTip, 1)
        tip.position, tip.hash, tip.at, tip.signature = then.position, then.hash, then.at, then.signature
    assert await _faults(database, outside) == [(5, "cut-off")]
    outside.path.unlink()
    assert await _faults(database, outside) == [], "inside the database alone nothing tells"


async def test_a_chain_computed_anew_without_the_key_shows(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database, 3)
    await sealer.finish()
    forger = Signer(bytes(32))
    async with database.begin() as session:
        hashed = BEGINNING
        for entry in await session.scalars(select(AuditEntry).order_by(AuditEntry.position)):
            entry.actor = "key:another"
            hashed = entry.hash = link(hashed, entry, entry.position or 0)
        tip = await session.get_one(AuditTip, 1)
        tip.hash, tip.signature = hashed, forger.sign(statement(3, hashed, tip.at))
    assert await _faults(database, outside) == [(3, "forged"), (3, "rewritten")]


async def test_a_line_that_was_broken_off_is_no_checkpoint(
    database: Database, sealer: Sealer, outside: CheckpointFile
) -> None:
    await _act(database)
    await sealer.finish()
    whole = outside.path.read_bytes()
    outside.path.write_bytes(whole + whole[:40])
    found = await verify(database, SIGNER, outside)
    assert (found.ok, found.checkpoints) == (True, 1)
    assert outside.path.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_cannot_be_written_stops_no_sealing(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "audit").write_text("no folder")
    outside = CheckpointFile(tmp_path / "audit")
    await _act(database)
    await Sealer(database, SIGNER, clock, outside).finish()
    assert (await _tip(database)).position == 1


def test_a_checkpoint_reads_as_it_was_written(clock: FakeClock) -> None:
    said = statement(7, BEGINNING, clock.now())
    made = Checkpoint(7, BEGINNING, clock.now(), SIGNER.sign(said))
    assert made.holds(SIGNER)
    assert not made.holds(Signer(bytes(32)))


async def test_an_act_that_was_undone_leaves_no_entry(database: Database) -> None:
    async def undone() -> None:
        async with database.begin() as session:
            audit.record(session, CLI, Action.FORM_MADE, "form:clinic-es")
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(AuditEntry)) == 0


async def test_eight_writers_and_three_sealers_at_once_leave_one_whole_chain(
    database: Database, clock: FakeClock, outside: CheckpointFile
) -> None:
    crowd, done = 8, asyncio.Event()

    async def write() -> None:
        for _ in range(20):
            await _act(database, 2)

    async def seal() -> None:
        sealer = Sealer(database, SIGNER, clock, outside)
        while not done.is_set():
            await sealer.work()
            await asyncio.sleep(0)

    sealing = [asyncio.create_task(seal()) for _ in range(3)]
    await asyncio.gather(*(write() for _ in range(crowd)))
    done.set()
    await asyncio.gather(*sealing)
    await Sealer(database, SIGNER, clock, outside).finish()
    found: Verification = await verify(database, SIGNER, outside)
    assert (found.ok, found.entries, found.waiting) == (True, crowd * 40, 0), found


async def test_an_entry_that_commits_late_is_chained_late_and_not_lost(
    postgresql_url: str, clock: FakeClock, outside: CheckpointFile
) -> None:
    database = Database(postgresql_url)
    sealer = Sealer(database, SIGNER, clock, outside)
    try:
        async with database.begin() as slow:
            audit.record(slow, CLI, Action.FORM_MADE, "form:slow")
            await slow.flush()
            await _act(database)
            await sealer.finish()
        await sealer.finish()
        async with database.read() as session:
            chained = await session.scalars(select(AuditEntry.subject).order_by(AuditEntry.position))
            assert list(chained) == ["form:clinic-0", "form:slow"]
        assert (await verify(database, SIGNER, outside)).ok
    finally:
        await database.dispose()
