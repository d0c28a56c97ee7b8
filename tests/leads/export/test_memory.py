"""An export of many leads takes no more memory than one of a few."""

import os
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from app.ids import new_id, new_reference
from app.leads.export.columns import Column
from app.leads.export.service import Format, export, writer_of
from app.leads.models import Lead
from app.leads.schemas import LeadFilters
from app.parts import Parts
from app.sealing.models import DataKey
from tests.support.house import Desk

MANY = 5_000
MOST_MORE = 6_000_000
"""Bytes: less than a third of what is exported, and than what the rows are as objects."""
MESSAGE = "How long is the stay? " * 160


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: the pages are the same."""
    return sqlite_url


def _resident() -> int:
    """Return the bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _multiply(house: Parts, reference: str) -> None:
    """Write one lead many times over, each sealed for itself."""
    async with house.database.begin() as session:
        found = (await session.execute(select(Lead.__table__).where(Lead.reference == reference))).mappings().one()
        row = {name: value for name, value in found.items() if name != "no"}
        leads, keys = [], []
        for _ in range(MANY):
            lead_id = new_id()
            key, wrapped = house.keyring.new_data_key(lead_id)
            plain = {"person": b'{"name":"Aurelia Brandt"}', "inquiry": b'{"message":"%s"}' % MESSAGE.encode()}
            sealed = {
                part: key.seal(plain.get(part, b"{}"), f"leads.{part}:{lead_id}")
                for part in ("person", "inquiry", "attribution", "answers")
            }
            leads.append({**row, **sealed, "id": lead_id, "reference": new_reference()})
            keys.append({"lead_id": lead_id, "wrapped": wrapped})
        await session.execute(insert(Lead), leads)
        await session.execute(insert(DataKey), keys)


async def test_memory_does_not_grow_with_the_leads(desk: Desk) -> None:
    house = desk.house
    await _multiply(house, (await desk.lead()).reference)
    # Of the three files the workbook is the one that has to be kept together.
    columns = [Column.NAME, Column.MESSAGE, Column.RECEIVED_AT]
    pieces = await export(house.database, house.keyring, LeadFilters(), writer_of(Format.XLSX, columns), columns)
    # By then whatever is loaded once is loaded.
    for _ in range(10):
        await anext(pieces)
    before = most = _resident()
    async for _ in pieces:
        most = max(most, _resident())
    assert most - before < MOST_MORE
