"""`freequote form embed`: what a site's owner pastes works as it is."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is stored is proved elsewhere."""
    return sqlite_url


async def test_each_way_names_the_form_and_the_language(cli: CommandLine) -> None:
    await cli.json("form", "add", "clinic-es", "--name", "Clínica", "--language", "es", "--language", "ar")
    fields = ("condition", "name", "country", "email")
    options = [part for field in fields for part in ("--field", field)]
    changed = await cli.json(
        "form", "change", "clinic-es", *options, "--alias", "your-name=name", "--alias", "a=b=email"
    )
    assert changed["fields"] == list(fields)
    assert changed["aliases"] == {"your-name": "name", "a=b": "email"}
    found = await cli.json("form", "embed", "clinic-es")
    assert re.fullmatch(r'<a href="http[^"]+/forms/clinic-es\?lang=es">Pida un presupuesto gratuito</a>', found["link"])
    assert re.fullmatch(
        r'<script src="http[^"]+/widget\.js" data-form="clinic-es" data-lang="es" async></script>', found["widget"]
    )
    names = re.findall(r'name="([^"]+)"', found["html"])
    consents = ["consent.privacy", "consent.health_data", "consent.marketing"]
    assert names == ["consent.wording", "fq_lang", "condition", "your-name", "country", "a=b", *consents]
    assert "checked" not in found["html"]


async def test_people_get_all_three_and_another_language(cli: CommandLine) -> None:
    shown = await cli("form", "embed", "default", "--language", "ar")
    assert shown.code == 0
    assert [shown.out.count(way) for way in ("<!-- A link -->", "<!-- The widget -->", "<!-- Plain HTML -->")] == [
        1
    ] * 3
    assert "أوافق" in shown.out


async def test_a_form_that_is_not_there_cannot_be_embedded(cli: CommandLine) -> None:
    assert (await cli("form", "embed", "nowhere")).code == 1


async def test_an_alias_needs_a_field_of_ours(cli: CommandLine) -> None:
    refused = await cli("form", "change", "default", "--alias", "your-name=shoe_size")
    assert refused.code != 0
    assert "shoe_size" in refused.err


async def test_a_preview_is_an_address_or_a_file_and_changes_nothing(cli: CommandLine, tmp_path: Path) -> None:
    options = ("--theme-accent", "#7A1F5C", "--answer-within", "1_week", "--show-in", "de")
    found = await cli("form", "preview", "default", *options)
    assert re.fullmatch(r"http[^ ]+/forms/default/preview/[\w=-]+\n", found.out)
    assert (await cli.json("form", "preview", "default", *options))["address"].startswith("http")
    file = tmp_path / "preview.html"
    assert await cli.json("form", "preview", "default", *options, "--output", str(file)) == {"address": file.as_uri()}
    page = file.read_text(encoding="utf-8")
    assert "<strong>Vorschau.</strong>" in page
    assert "innerhalb einer Woche" in page
    assert "#7a1f5c" in page
    (form,) = (await cli.json("form", "list"))["items"]
    assert (form["theme"]["accent"], form["answer_within"]) == (None, None)


async def test_limits_are_set_by_the_piece_and_taken_away(cli: CommandLine) -> None:
    made = await cli.json("form", "add", "tablet", "--name", "In the waiting room", "--flood", "500/1h")
    assert made["limits"] == {"flood": "500/1h", "same_text": None}
    changed = await cli.json("form", "change", "tablet", "--flood", "", "--same-text", "9/1h")
    assert changed["limits"] == {"flood": None, "same_text": "9/1h"}
    refused = await cli("form", "change", "tablet", "--flood", "much")
    assert (refused.code, "limits/flood" in refused.err) == (1, True)


async def test_a_look_is_set_by_the_piece_and_taken_away(cli: CommandLine) -> None:
    look = ("--theme-accent", "#7a1f5c", "--theme-scheme", "dark", "--theme-corners", "round", "--theme-font", "serif")
    changed = await cli.json("form", "change", "default", *look, "--answer-within", "4_hours")
    assert changed["theme"] == {"accent": "#7a1f5c", "scheme": "dark", "corners": "round", "font": "serif"}
    assert changed["answer_within"] == "4_hours"
    back = await cli.json("form", "change", "default", "--theme-accent", "", "--answer-within", "")
    assert back["theme"] == {**changed["theme"], "accent": None}
    assert back["answer_within"] is None
    refused = await cli("form", "change", "default", "--theme-accent", "plum")
    assert (refused.code, "theme/accent" in refused.err) == (1, True)
