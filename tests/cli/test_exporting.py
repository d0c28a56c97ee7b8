"""`freequote lead export`: a file that only its owner reads, whole or not at all."""

import stat
from pathlib import Path

import orjson

from app.parts import Parts
from tests.cli.conftest import CommandLine
from tests.support.house import PERSON, Desk


async def test_it_writes_a_file_for_its_owner_alone(cli: CommandLine, desk: Desk, house: Parts, tmp_path: Path) -> None:
    lead, file = await desk.lead(), tmp_path / "leads.csv"
    told = await cli.json("lead", "export", str(file), "--column", "reference", "--column", "name")
    assert told == {"file": str(file), "bytes": file.stat().st_size}
    assert file.read_text(encoding="utf-8-sig") == f"reference,name\n{lead.reference},Aurelia Brandt\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_it_takes_the_filters_of_a_list(cli: CommandLine, desk: Desk, house: Parts, tmp_path: Path) -> None:
    lead, file = await desk.lead(language="es"), tmp_path / "leads.csv"
    await desk.lead(person={"name": "Clara Voss", "email": "voss@mail.example"}, language="de")
    filters = ("-q", "brandt", "--language", "es", "--received-from", "2026-03-02", "--unanswered")
    await cli.json("lead", "export", str(file), "--column", "reference", *filters)
    assert file.read_text(encoding="utf-8-sig") == f"reference\n{lead.reference}\n"


async def test_it_never_overwrites_and_never_leaves_half_a_file(cli: CommandLine, house: Parts, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("mine", encoding="ascii")
    assert (await cli("lead", "export", str(tmp_path / "leads.csv"))).code == 1
    assert (tmp_path / "leads.csv").read_text(encoding="ascii") == "mine"
    ended = await cli("lead", "export", str(tmp_path / "leads.pdf"))
    assert (ended.code, (tmp_path / "leads.pdf").exists()) == (1, False)


async def test_all_that_is_held_on_somebody_is_printed_or_written_for_its_owner_alone(
    cli: CommandLine, desk: Desk, tmp_path: Path
) -> None:
    lead = await desk.lead()
    printed = await cli.json("lead", "subject-export", lead.reference)
    assert (printed["lead"]["reference"], printed["lead"]["person"]["name"]) == (lead.reference, PERSON["name"])
    file = tmp_path / "held.json"
    told = await cli("lead", "subject-export", str(lead.id), str(file))
    assert (told.code, PERSON["name"] in told.out) == (0, False)
    assert file.stat().st_mode & 0o777 == 0o600
    assert orjson.loads(file.read_bytes())["lead"] == printed["lead"]
    again = await cli("lead", "subject-export", lead.reference, str(file))
    assert (again.code, "cannot be made" in again.err) == (1, True)
    nobody = await cli("lead", "subject-export", "FQ-00000-00000", str(tmp_path / "none.json"))
    assert (nobody.code, (tmp_path / "none.json").exists()) == (1, False)
