"""Tables on a real terminal, narrow and wide."""

import asyncio
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.house import Desk
from tests.support.process import Service

NAMES = ("Inés Ortega Vidal", "李小龙", "Wilhelmina Sophia Charlotte von der Heydenreich", "محمد عبد الله")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give SQLite only: a table does not know where its rows come from."""
    return sqlite_url


@pytest.fixture
def terminal(environ: dict[str, str], tmp_path: Path) -> Service:
    """Give the command line as a process of its own."""
    return Service(tmp_path, environ, port=0)


@pytest.mark.parametrize("columns", [80, 120])
async def test_leads_fit_the_terminal_and_references_stay_whole(columns: int, terminal: Service, desk: Desk) -> None:
    leads = [
        await desk.lead(person={"name": name, "email": f"someone.{number}@mail.example", "phone": "+34612345678"})
        for number, name in enumerate(NAMES)
    ]
    printed = await asyncio.to_thread(terminal.on_terminal, "lead", "list", columns=columns)
    lines = _ESCAPES.sub("", printed).splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    assert all(sum(lead.reference in line for line in lines) == 1 for lead in leads)
    assert len(re.findall(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b", printed)) == len(leads)
    assert lines[0].startswith("reference")
    assert "received (UTC)" in lines[0]
    assert "name" in lines[0]
    assert ("phone" in lines[0]) is (columns == 120)


async def test_destinations_and_deliveries_keep_their_ids_whole_at_80_columns(terminal: Service, desk: Desk) -> None:
    made = await desk.webhook("https://hooks.crm.clinic.example/inbound/freequote/7f3c", name="Clinic CRM, Valencia")
    await desk.lead()
    for words in (("destination", "list"), ("delivery", "list")):
        printed = _ESCAPES.sub("", await asyncio.to_thread(terminal.on_terminal, *words, columns=80))
        assert all(cell_len(line) <= 80 for line in printed.splitlines())
        if words[0] == "destination":
            assert str(made.id) in printed
            assert "active" in printed
        else:
            assert "pending" in printed
