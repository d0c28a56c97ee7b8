"""Destinations from the command line: formats, previews, routes and rotation."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.destinations.making import OAUTH
from tests.support.house import Desk

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is stored is proved elsewhere."""
    return sqlite_url


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    file = tmp_path / "zoho.json"
    auth = {**OAUTH, "token_url": "https://accounts.zoho.eu/oauth/v2/token"}
    file.write_text(json.dumps({"settings": {"reference_field": "Our_Reference"}, "auth": auth}))
    return file


async def test_a_preview_is_what_is_then_made(cli: CommandLine, beside: Path) -> None:
    options = ("--format", "zoho", "--include", "contact", "--with", str(beside))
    shown = await cli.json("destination", "preview", *options)
    (request,) = shown["requests"]
    assert request["url"] == "https://www.zohoapis.com/crm/v8/Leads/upsert"
    assert "s3cret" not in json.dumps(shown)
    assert (await cli.json("destination", "list"))["items"] == []
    made = await cli.json("destination", "add", "webhook", *options, "--country", "ES", "--event", "lead.created")
    assert (made["secret"], made["settings"], made["auth"]) == (None, {"reference_field": "Our_Reference"}, "oauth2")
    assert (made["countries"], made["events"]) == (["ES"], ["lead.created"])


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kind": "s3cret"}'])
async def test_a_file_that_holds_something_else_is_refused(cli: CommandLine, tmp_path: Path, text: str) -> None:
    file = tmp_path / "beside.json"
    file.write_text(text)
    url = "https://crm.example/"
    ended = await cli("destination", "preview", url, "--include", "contact", "--with", str(file))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("with: ")
    assert "s3cret" not in ended.err


async def test_a_route_says_who_would_be_told(cli: CommandLine) -> None:
    for address, country in (("es@clinic.example", "ES"), ("pt@clinic.example", "PT")):
        await cli.json("destination", "add", "email", address, "--include", "contact", "--country", country)
    found = await cli.json("destination", "route", "--country", "ES")
    assert [(one["name"], one["outcome"]) for one in found["items"]] == [
        ("es@clinic.example", "told"),
        ("pt@clinic.example", "passed-over"),
    ]
    assert "it takes other countries" in (await cli("destination", "route", "--country", "ES")).out


async def test_a_route_takes_a_lead_that_is_there_instead(cli: CommandLine, desk: Desk) -> None:
    for address, country in (("es@clinic.example", "ES"), ("pt@clinic.example", "PT")):
        await cli.json("destination", "add", "email", address, "--include", "contact", "--country", country)
    lead = await desk.lead(country="PT")
    found = await cli.json("destination", "route", lead.reference)
    assert [one["outcome"] for one in found["items"]] == ["passed-over", "told"]
    both = await cli("destination", "route", lead.reference, "--country", "ES")
    assert (both.code, both.err) == (1, "country: There is no such field.\n")


async def test_a_secret_is_rotated_and_printed_this_once(cli: CommandLine) -> None:
    made = await cli.json("destination", "add", "webhook", "https://crm.example/", "--include", "full")
    rotated = await cli.json("destination", "rotate-secret", made["id"])
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    assert "whsec_" not in (await cli("destination", "list", "--json")).out


async def test_a_change_names_what_changes_and_empties_what_limits(cli: CommandLine, beside: Path) -> None:
    options = ("--include", "contact", "--country", "ES", "--recipient", "Clinic A")
    made = await cli.json("destination", "add", "webhook", "https://crm.example/", *options)
    changed = await cli.json("destination", "change", made["id"], "--format", "zoho", "--with", str(beside))
    assert (changed["address"], changed["format"], changed["secret"]) == (*("https://www.zohoapis.com/", "zoho", None),)
    assert (changed["countries"], changed["recipient"], changed["include"]) == (["ES"], "Clinic A", "contact")
    freed = await cli.json("destination", "change", made["id"], "--country", "", "--recipient", "", "--name", "Zoho")
    assert (freed["countries"], freed["recipient"], freed["name"]) == ([], None, "Zoho")
    refused = await cli("destination", "change", made["id"], "--url", "https://10.0.0.7/")
    assert (refused.code, refused.err.startswith("url: ")) == (1, True)


async def test_a_mailbox_is_written_to_in_its_language(cli: CommandLine) -> None:
    letter = ("--letter-language", "es", "--subject", "Web: {reference}")
    made = await cli.json("destination", "add", "email", "es@clinic.example", "--include", "contact", *letter)
    assert made["settings"] == {"language": "es", "subject": "Web: {reference}"}
