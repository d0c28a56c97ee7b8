"""`freequote lead erase`: asks first, and tells nothing of a person."""

import asyncio
from pathlib import Path

import pytest

from app.parts import Parts
from tests.cli.conftest import CommandLine
from tests.intake.enquiry import WORDS_OF_HERS
from tests.support.house import Desk
from tests.support.process import Service

pytestmark = pytest.mark.usefixtures("house")


async def test_a_lead_is_erased_by_its_reference_as_people_write_it(cli: CommandLine, desk: Desk) -> None:
    gone, other = await desk.lead(), await desk.lead()
    found = await cli.json("lead", "erase", gone.reference.lower().replace("-", " "), "--yes")
    assert (found["lead_id"], found["reference"], found["by"]) == (str(gone.id), gone.reference, "cli")
    assert [item["reference"] for item in (await cli.json("lead", "list"))["items"]] == [other.reference]
    again = await cli("lead", "erase", gone.reference, "--yes")
    assert (again.code, "There is no lead" in again.err) == (1, True)
    for_people = await cli("lead", "erase", str(other.id), "--yes")
    assert other.reference in for_people.out
    assert not [word for word in WORDS_OF_HERS if word in for_people.out + str(found)]


async def test_without_a_terminal_it_must_be_said_that_it_is_meant(cli: CommandLine, desk: Desk) -> None:
    lead = await desk.lead()
    ended = await cli("lead", "erase", lead.reference)
    assert (ended.code, "--yes" in ended.err) == (1, True)
    assert len((await cli.json("lead", "list"))["items"]) == 1


async def test_on_a_terminal_it_asks(desk: Desk, house: Parts, environ: dict[str, str], tmp_path: Path) -> None:
    lead = await desk.lead()
    terminal = Service(tmp_path, environ, 0)
    for typed, code, left in (("n\n", 1, 1), ("y\n", 0, 0)):
        printed = await asyncio.to_thread(
            terminal.on_terminal, "lead", "erase", lead.reference, columns=80, typed=typed, code=code
        )
        assert f"Erase {lead.reference} for good?" in printed
        assert len((await asyncio.to_thread(terminal.run, "lead", "list"))["items"]) == left
