"""`freequote form letter`, on both databases."""

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("house")
_ES = ("--letter", "acknowledgement", "--language", "es")


async def test_a_letters_text_is_set_listed_and_removed(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("Gracias.\n\nSu referencia: {reference}.\n", encoding="utf-8")
    command = ("form", "letter", "set", "default", *_ES, "--subject", "Recibida {reference}")
    made = await cli.json(*command, "--text-file", str(file))
    assert (made["subject"], made["text"]) == ("Recibida {reference}", "Gracias.\n\nSu referencia: {reference}.")
    assert (await cli.json("form", "letter", "list", "default"))["items"] == [made]
    assert "Recibida {reference}" in (await cli("form", "letter", "list", "default")).out
    assert await cli.json("form", "letter", "remove", "default", *_ES) == {"removed": True}
    assert (await cli("form", "letter", "list", "default")).out == "none\n"
    assert (await cli("form", "letter", "remove", "default", *_ES)).code == 1


async def test_a_letter_is_looked_at_before_it_is_set(cli: CommandLine) -> None:
    command = ("form", "letter", "preview", "default", *_ES, "--text", "Gracias, {form}.")
    shown = (await cli(*command)).out
    assert shown.startswith("Subject: Hemos recibido su solicitud FQ-7K3M9-QXD4H\n\n")
    assert "Gracias, Quote request." in shown
    assert "Gracias, Quote request." in (await cli.json(*command))["html"]
    assert (await cli.json("form", "letter", "list", "default"))["items"] == []


async def test_what_is_wrong_is_said_by_its_field(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(b"Gr\xe0cies")
    for options, word in (
        (("--subject", "{name}"), "subject"),
        (("--text", "{"), "text"),
        (("--text-file", str(file)), "UTF-8"),
        (("--text", "a", "--text-file", str(file)), "not both"),
        ((), "text"),
    ):
        refused = await cli("form", "letter", "set", "default", *_ES, *options)
        assert (refused.code, word in refused.err) == (1, True), refused.err
