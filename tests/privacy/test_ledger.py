"""The ledger beside the database: a backup from before an erasure brings nobody back."""

import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.audit.checkpoints import CheckpointFile
from app.audit.models import AuditEntry
from app.audit.sealer import Sealer
from app.audit.verifying import verify
from app.database import Database
from app.destinations.shapes import ERASED
from app.engines import sqlite_file
from app.errors import Refusal
from app.ids import new_id
from app.leads.models import Lead
from app.main import create_app
from app.parts import Parts
from app.privacy.ledger import Entry, LedgerFile
from app.privacy.models import Erasure
from app.privacy.service import erase, erase_again
from app.settings import Settings
from tests.intake.enquiry import DOOR, JSON
from tests.privacy.erased import left_of, stands, told
from tests.support.clock import FakeClock
from tests.support.house import Desk
from tests.support.postgres import Postgres
from tests.support.sink import HttpSink


@pytest.fixture
def file(settings: Settings) -> LedgerFile:
    """Give the ledger of the house."""
    return LedgerFile(settings.data_dir)


def _entry() -> Entry:
    return Entry(
        lead_id=new_id(),
        reference="FQ-7K3M9-QXD4H",
        form="default",
        event_id=new_id(),
        by="cli",
        at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )


async def _rows(database: Database) -> list[str]:
    async with database.read() as session:
        return [row.reference for row in await session.scalars(select(Erasure).order_by(Erasure.reference))]


async def test_an_erasure_stands_in_the_file_in_so_many_words_and_no_more(desk: Desk, file: LedgerFile) -> None:
    new = await desk.lead()
    entry = await erase(desk.house, new.reference)
    (line,) = file.path.read_bytes().splitlines()
    assert orjson.loads(line) == {
        "lead_id": str(new.id),
        "reference": new.reference,
        "form": "default",
        "event_id": str(entry.event_id),
        "by": "cli",
        "at": "2026-03-02T09:00:00Z",
    }
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_lines_that_are_none_are_passed_over_and_spoil_no_other(tmp_path: Path) -> None:
    file, first, second = LedgerFile(tmp_path / "data"), _entry(), _entry()
    assert file.read() == {}
    file.append([first])
    with file.path.open("ab") as stream:
        stream.write(b'{"lead_id": "01a2')
    file.append([second])
    file.append([first])
    assert file.read() == {first.lead_id: first, second.lead_id: second}


def test_a_line_of_the_log_reads_as_an_entry(tmp_path: Path) -> None:
    entry = _entry()
    line = {"event": "lead erased", "level": "info", "timestamp": "2026-03-02T09:00:00Z", **entry.shown()}
    (tmp_path / "erasures.ndjson").write_bytes(orjson.dumps(line))
    assert LedgerFile(tmp_path).read() == {entry.lead_id: entry}


async def test_what_only_one_of_table_and_file_names_the_other_learns(desk: Desk, file: LedgerFile) -> None:
    database = desk.house.database
    new = await desk.lead()
    await erase(desk.house, new.reference)
    elsewhere = _entry()
    file.path.unlink()
    file.append([elsewhere])
    await erase_again(database, desk.clock, file)
    assert set(file.read()) == {new.id, elsewhere.lead_id}
    assert await _rows(database) == sorted([new.reference, elsewhere.reference])
    before = file.path.read_bytes()
    await erase_again(database, desk.clock, file)
    assert file.path.read_bytes() == before


async def test_a_ledger_that_cannot_be_written_hinders_no_erasure_and_one_that_cannot_be_read_every_start(
    desk: Desk, file: LedgerFile
) -> None:
    file.path.mkdir(parents=True)
    new = await desk.lead()
    await erase(desk.house, new.reference)
    assert await _rows(desk.house.database) == [new.reference]
    with pytest.raises(Refusal, match="cannot be read"):
        await erase_again(desk.house.database, desk.clock, file)


async def test_whoever_is_in_the_ledger_and_in_the_database_is_erased_before_anybody_is_answered(
    desk: Desk, file: LedgerFile, http_sink: HttpSink
) -> None:
    house = desk.house
    await desk.webhook(http_sink.url())
    new, other = await desk.lead(), await desk.lead()
    await desk.engine.run_until_idle()
    async with house.database.read() as session:
        number = await session.scalar(select(Lead.no).where(Lead.id == new.id)) or 0
    # As after a restore: the file knows what the database does not.
    entry = _entry().model_copy(update={"lead_id": new.id, "reference": new.reference})
    file.append([entry])
    await erase_again(house.database, desk.clock, file)
    assert (await left_of(house.database, new.id, number)).keys() == {"events", "deliveries", "erasures"}
    await desk.engine.run_until_idle()
    assert [one[:2] for one in await stands(desk, new.id)] == [("lead.created", "delivered"), (ERASED, "delivered")]
    assert told(http_sink)[-1] == (ERASED, new.reference)
    assert http_sink.requests[-1].headers["webhook-id"] == str(entry.event_id)
    async with house.database.read() as session:
        audited = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "lead.erased"))).one()
        assert await session.scalar(select(func.count()).select_from(Lead)) == 1
    assert (audited.actor, audited.details) == ("cli", {"told": 1, "again": True})
    assert [one[1] for one in await stands(desk, other.id)] == ["delivered"]


async def test_a_lead_that_came_back_after_all_was_told_is_erased_and_told_of_anew(
    desk: Desk, file: LedgerFile, http_sink: HttpSink
) -> None:
    await desk.webhook(http_sink.url())
    first = await desk.lead()
    await desk.engine.run_until_idle()
    await erase(desk.house, first.reference)
    await desk.engine.run_until_idle()
    # As a batch of the door whose commit nobody heard of would bring it back.
    again = await desk.lead(id=first.id, reference=first.reference)
    await desk.engine.run_until_idle()
    await erase_again(desk.house.database, desk.clock, file)
    await desk.engine.run_until_idle()
    assert [kind for kind, _ in told(http_sink)] == ["lead.created", ERASED] * 2
    assert len({request.headers["webhook-id"] for request in http_sink.requests}) == 4
    async with desk.house.database.read() as session:
        assert await session.scalar(select(func.count()).where(Lead.id == again.id)) == 0


async def test_a_backup_from_before_an_erasure_brings_nobody_back(
    settings: Settings, older_copy: Callable[[], str], clock: FakeClock
) -> None:
    async with _served(settings, clock) as (client, _):
        gone, other = [(await client.post(DOOR, json=JSON)).json()["reference"] for _ in range(2)]
    copy = older_copy()
    async with _served(settings, clock) as (client, _):
        assert (await client.delete(f"/v1/leads/{gone}")).status_code == 204
    restored = settings.model_copy(update={"database_url": SecretStr(copy)})
    async with _served(restored, clock) as (client, house):
        assert [lead["reference"] for lead in (await client.get("/v1/leads")).json()["items"]] == [other]
        assert (await client.get(f"/v1/leads/{gone}")).status_code == 404
        outside = CheckpointFile(restored.audit_dir)
        await Sealer(house.database, house.keyring.audit, clock, outside).finish()
        assert (await verify(house.database, house.keyring.audit, outside)).ok


@asynccontextmanager
async def _served(settings: Settings, clock: FakeClock) -> AsyncIterator[tuple[httpx.AsyncClient, Parts]]:
    """Run the app, and ask it with a key that may do everything."""
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        house: Parts = app.state.parts
        key = await access.mint(house.database, NewKey(name="Everything", scopes=list(Scope)), clock.now())
        bearer = {"Authorization": f"Bearer {key.secret}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=bearer) as client:
            yield client, house


@pytest.fixture
def older_copy(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Give what copies the database as it is, while nobody has it open; the copy's URL comes back."""
    if database_url.startswith("sqlite"):
        yield lambda: f"sqlite:///{shutil.copy(sqlite_file(database_url), tmp_path / 'older.db')}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    made: list[str] = []

    def copy() -> str:
        made.append(postgres.create(template=urlsplit(database_url).path.removeprefix("/")))
        return postgres.address(made[-1])

    yield copy
    for name in made:
        postgres.drop(name)
