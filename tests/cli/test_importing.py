"""`freequote lead import`: what it says, and what it puts aside."""

import csv
import stat
from pathlib import Path

from app.parts import Parts
from tests.cli.conftest import CommandLine

TABLE = "Name,Email,Country,Diagnosis\nInés,ines@mail.example,ES,MS\n\nMiloš,no address,CZ,MS\n"


async def test_refused_rows_can_be_put_right_in_their_own_file(cli: CommandLine, house: Parts, tmp_path: Path) -> None:
    file, errors = tmp_path / "forms.csv", tmp_path / "forms.errors.csv"
    file.write_text(TABLE, encoding="utf-8")
    tried = await cli("lead", "import", str(file), "--consented", "--dry-run", "--errors", str(tmp_path / "dry.csv"))
    assert (tried.code, "1 would be imported, 0 were there already, 1 refused." in tried.out) == (1, True)
    assert "Diagnosis  →  condition" in tried.out
    ended = await cli("lead", "import", str(file), "--consented")
    assert (ended.code, "1 imported, 0 were there already, 1 refused." in ended.out) == (1, True)
    assert "Miloš" not in ended.out + ended.err
    head, row = list(csv.reader(errors.read_text(encoding="utf-8-sig").splitlines()))
    assert head == ["Name", "Email", "Country", "Diagnosis", "import_line", "import_problems"]
    assert row == ["Miloš", "no address", "CZ", "MS", "4", "email: This is not an e-mail address."]
    assert stat.S_IMODE(errors.stat().st_mode) == 0o600
    # Neither file is ever written over.
    assert (await cli("lead", "import", str(file), "--consented")).code == 1
    errors.write_text(errors.read_text(encoding="utf-8").replace("no address", "m@mail.example"), encoding="utf-8")
    told = await cli.json("lead", "import", str(errors), "--consented", "--source", "forms.csv")
    assert (told["imported"], told["already_there"], told["refused"], told["error_file"]) == (1, 0, 0, None)
    assert told["columns"]["import_line"] == ""
