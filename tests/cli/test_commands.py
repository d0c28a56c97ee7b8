"""What the commands do and print, on both databases."""

import io
import re
from uuid import uuid4

import pytest

from app.ids import new_reference
from app.parts import Parts
from tests.cli.conftest import CommandLine
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink

pytestmark = pytest.mark.usefixtures("house")


async def test_a_lead_is_listed_and_shown_by_the_reference_as_people_write_it(cli: CommandLine, desk: Desk) -> None:
    lead = await desk.lead()
    listed = await cli.json("lead", "list")
    assert ([item["reference"] for item in listed["items"]], listed["next_cursor"]) == ([lead.reference], None)
    shown = await cli.json("lead", "show", lead.reference.lower().replace("-", " "))
    assert (shown["id"], shown["person"]["name"]) == (str(lead.id), "Aurelia Brandt")
    for_people = (await cli("lead", "show", str(lead.id))).out
    assert "\nperson\n  name" in for_people
    assert "\nconsents 2\n  purpose" in for_people


async def test_a_form_asks_for_a_proof_of_work_or_no_more(cli: CommandLine) -> None:
    made = await cli.json("form", "add", "guarded", "--name", "Guarded", "--proof-of-work")
    changed = await cli.json("form", "change", "guarded", "--no-proof-of-work")
    same = await cli.json("form", "change", "guarded", "--name", "Guarded still")
    assert [form["proof_of_work"] for form in (made, changed, same)] == [True, False, False]


async def test_a_form_has_turnstile_only_where_the_installation_has_its_keys(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (("add", "fenced", "--name", "Fenced"), ("change", "default")):
        refused = await cli("form", *command, "--turnstile")
        assert (refused.code, "FREEQUOTE_TURNSTILE_SECRET" in refused.err) == (1, True)
    monkeypatch.setenv("FREEQUOTE_TURNSTILE_SITE_KEY", "0x4AAAAAAA-invented_site")
    monkeypatch.setenv("FREEQUOTE_TURNSTILE_SECRET", "0x4AAAAAAA-invented-secret")
    made = await cli.json("form", "add", "fenced", "--name", "Fenced", "--turnstile")
    changed = await cli.json("form", "change", "fenced", "--no-turnstile")
    assert [form["turnstile"] for form in (made, changed)] == [True, False]


async def test_what_became_of_held_leads_is_told_by_reason(cli: CommandLine, desk: Desk) -> None:
    for reasons in (["pitch-seo", "link"], ["link"], []):
        await desk.lead(held_reasons=reasons)
    found = await cli.json("lead", "held-figures", "--from", "2026-03-02", "--to", "2026-03-02")
    assert (found["from"], found["held"], found["waiting"]) == ("2026-03-02", 2, 2)
    assert [(one["reason"], one["held"]) for one in found["reasons"]] == [("link", 2), ("pitch-seo", 1)]
    for_people = (await cli("lead", "held-figures", "--to", "2026-03-02")).out
    assert "2 held: 0 released, 0 rejected, 2 waiting" in for_people
    assert "pitch-seo" in for_people
    assert (await cli.json("lead", "held-figures", "--to", "2026-03-01"))["held"] == 0
    assert (await cli("lead", "held-figures", "--to", "yesterday")).code == 2


async def test_leads_are_found_by_the_filters_of_the_api_and_show_their_timeline(cli: CommandLine, desk: Desk) -> None:
    lead = await desk.lead(language="es")
    await desk.lead(person={"name": "Clara Voss", "email": "voss@mail.example"}, language="de")
    for words in (
        ("-q", "brandt aur"),
        ("--phone", "+34 612 34 56 78"),
        ("--email", "A.Brandt@mail.example"),
        ("--language", "es", "--unanswered", "--sort", "-updated_at"),
        ("--search", "5678", "--condition", "multiple-sclerosis", "--received-from", "2026-03-02"),
    ):
        found = await cli.json("lead", "list", *words)
        assert [item["reference"] for item in found["items"]] == [lead.reference], words
    for nothing in (["--answered"], ["--tag", "vip"], ["--assignee", "Marta"], ["--received-to", "2026-03-02"]):
        assert (await cli.json("lead", "list", *nothing))["items"] == []
    (entry,) = (await cli.json("lead", "timeline", lead.reference))["items"]
    assert entry["kind"] == "received"
    assert "received" in (await cli("lead", "timeline", lead.reference)).out


async def test_lists_are_turned_page_by_page_or_printed_whole(
    cli: CommandLine, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.turning.MAX_LIMIT", 2)
    made = [(await desk.lead()).reference for _ in range(5)][::-1]
    first = await cli.json("lead", "list", "--limit", "2")
    rest = await cli.json("lead", "list", "--cursor", first["next_cursor"], "--all")
    whole = await cli.json("lead", "list", "--all")
    assert [item["reference"] for item in (*first["items"], *rest["items"])] == made
    assert ([item["reference"] for item in whole["items"]], whole["next_cursor"]) == (made, None)
    await desk.mailbox("crm@clinic.example")
    told = (await desk.lead()).reference
    one = await cli.json("lead", "timeline", told, "--limit", "1")
    then = await cli.json("lead", "timeline", told, "--cursor", one["next_cursor"])
    whole = await cli.json("lead", "timeline", told, "--all")
    assert [entry["kind"] for entry in whole["items"]] == ["received", "promised"]
    assert one["items"] + then["items"] == whole["items"]
    assert len((await cli.json("delivery", "list", "--all"))["items"]) == 1
    opened = (await cli.json("audit", "list", "--action", "lead.opened", "--all"))["items"]
    assert len(opened) == 3, "each page is an opening"


async def test_what_is_looked_for_need_not_stand_on_the_command_line(
    cli: CommandLine, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await desk.lead()
    await desk.lead(person={"name": "Clara Voss", "email": "voss@mail.example"})
    monkeypatch.setattr("sys.stdin", io.StringIO("a.brandt@mail.example\n"))
    found = await cli.json("lead", "list", "--email", "-")
    assert [item["reference"] for item in found["items"]] == [lead.reference]


async def test_a_list_without_a_terminal_leaves_nothing_out_and_breaks_nothing(cli: CommandLine, desk: Desk) -> None:
    long_name = "Wilhelmina Sophia Charlotte von der Heydenreich-Oppersdorff zu Altenburg"
    lead = await desk.lead(person={"name": long_name, "email": "w.heydenreich@mail.example", "phone": "+34612345678"})
    heading, line = (await cli("lead", "list")).out.splitlines()
    assert heading.split("  ")[0] == "reference"
    columns = [part.strip() for part in line.split("  ") if part.strip()]
    assert columns[0] == lead.reference
    assert columns[1].startswith("20")
    assert columns[1].endswith("Z")
    assert columns[-3:] == [long_name, "w.heydenreich@mail.example", "+34612345678"]


async def test_what_a_visitor_typed_cannot_colour_a_terminal(cli: CommandLine, desk: Desk) -> None:
    lead = await desk.lead(person={"name": "\x1b[31mRed[/red] \u202eknil", "email": None})
    for words in (("lead", "list"), ("lead", "show", lead.reference)):
        out = (await cli(*words)).out
        assert "[31mRed[/red]" in out
        assert "\x1b" not in out
        assert "\u202e" not in out


async def test_more_than_a_page_says_how_to_go_on(cli: CommandLine, desk: Desk) -> None:
    for _ in range(2):
        await desk.lead()
    first = await cli("lead", "list", "--limit", "1")
    cursor = first.err.split("--cursor ")[1].strip()
    second = await cli("lead", "list", "--limit", "1", "--cursor", cursor)
    assert first.out.splitlines()[1] != second.out.splitlines()[1]
    assert second.err == ""


async def test_keys_are_made_listed_and_revoked(cli: CommandLine) -> None:
    assert (await cli("key", "list")).out == "none\n"
    made = await cli.json("key", "create", "--name", "Front desk", "--scope", "leads:read", "--expires", "90d")
    assert made["secret"].startswith("fq_")
    assert "secret" not in (await cli.json("key", "list"))["items"][0]
    assert (await cli.json("key", "revoke", made["id"]))["revoked_at"]


async def test_a_form_is_told_to_acknowledge_and_where_answers_go(cli: CommandLine) -> None:
    change = ("form", "change", "default")
    changed = await cli.json(*change, "--acknowledge", "--reply-to", "hola@clinic.example")
    assert (changed["acknowledge"], changed["reply_to"]) == (True, "hola@clinic.example")
    listed = await cli.json("destination", "list")
    assert [(place["kind"], place["forms"]) for place in listed["items"]] == [("enquirer", ["default"])]
    changed = await cli.json(*change, "--reply-to", "", "--name", "Spain")
    assert (changed["acknowledge"], changed["reply_to"], changed["name"]) == (True, None, "Spain")
    refused = await cli(*change, "--reply-to", "nobody")
    assert (refused.code, refused.err) == (1, "reply_to: This is not a single e-mail address.\n")


async def test_a_form_changes_who_may_send_where_it_leads_and_whether_it_is_open(cli: CommandLine) -> None:
    change = ("form", "change", "default")
    there = ("--origin", "https://Clinic.example:443", "--redirect", "https://clinic.example/thanks")
    changed = await cli.json(*change, *there, "--closed")
    assert (changed["origins"], changed["redirects"]) == (["https://clinic.example"], ["https://clinic.example/thanks"])
    assert changed["is_open"] is False
    changed = await cli.json(*change, "--open", "--redirect", "")
    assert (changed["origins"], changed["redirects"], changed["is_open"]) == (["https://clinic.example"], [], True)
    refused = await cli(*change, "--origin", "clinic")
    assert refused.code == 1
    assert "origins" in refused.err


async def test_a_form_is_added_and_listed(cli: CommandLine) -> None:
    added = await cli("form", "add", "clinic-es", "--name", "Spain", "--origin", "https://clinic.example")
    assert added.code == 0
    assert re.search(r"^is open +yes$", added.out, re.MULTILINE)
    letter = ("--acknowledge", "--reply-to", "hola@clinic.example")
    made = await cli.json("form", "add", "clinic-pt", "--name", "Portugal", *letter)
    assert (made["acknowledge"], made["reply_to"]) == (True, "hola@clinic.example")
    keys = {item["key"] for item in (await cli.json("form", "list"))["items"]}
    assert keys == {"default", "clinic-es", "clinic-pt"}


async def test_a_destination_is_added_tried_paused_and_resumed(cli: CommandLine, http_sink: HttpSink) -> None:
    made = await cli.json("destination", "add", "webhook", http_sink.url("/crm"), "--include", "full")
    assert made["secret"].startswith("whsec_")
    tried = await cli("destination", "test", made["id"])
    assert (tried.code, len(http_sink.requests)) == (0, 1)
    assert tried.err == "", "progress is for terminals"
    http_sink.otherwise = Answer(500)
    assert (await cli("destination", "test", made["id"])).code == 1
    assert (await cli.json("destination", "pause", made["id"]))["state"] == "paused"
    assert (await cli.json("destination", "resume", made["id"]))["state"] == "active"
    mailbox = await cli("destination", "add", "email", "desk@clinic.example", "--include", "contact")
    assert "secret" not in mailbox.out, "a mailbox has none"
    assert {item["kind"] for item in (await cli.json("destination", "list"))["items"]} == {"webhook", "email"}


async def test_a_failed_delivery_is_found_shown_and_tried_again(
    cli: CommandLine, desk: Desk, http_sink: HttpSink
) -> None:
    http_sink.answers.append(Answer(410))
    await desk.webhook(http_sink.url())
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    (found,) = (await cli.json("delivery", "list", "--lead", str(lead.id)))["items"]
    shown = await cli.json("delivery", "show", found["id"])
    assert [attempt["status_code"] for attempt in shown["attempts"]] == [410]
    assert (await cli.json("delivery", "retry", found["id"]))["state"] == "pending"


@pytest.mark.parametrize(
    "words",
    [
        ("key", "revoke", "abc"),
        ("delivery", "show", "abc"),
        ("delivery", "list", "--destination", "abc"),
        ("destination", "pause", "abc"),
    ],
)
async def test_what_is_no_id_is_wrong_usage_and_said_plainly(words: tuple[str, ...], cli: CommandLine) -> None:
    ended = await cli(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "this is no id" in ended.err


async def test_a_stretch_of_time_is_replayed_and_figures_say_how_it_stands(
    cli: CommandLine, desk: Desk, http_sink: HttpSink
) -> None:
    made = await desk.webhook(http_sink.url("/crm"), name="Clinic CRM")
    await desk.lead()
    await desk.engine.run_until_idle()
    ordered = await cli.json("delivery", "replay", str(made.id), "--from", "2020-01-01", "--only", "all")
    assert (ordered["state"], ordered["found"]) == ("running", 1)
    assert (await cli.json("delivery", "replays", str(made.id)))["items"] == [ordered]
    (figures,) = (await cli.json("delivery", "figures"))["items"]
    assert (figures["destination"], figures["promised"], figures["delivered"]) == ("Clinic CRM", 1, 1)
    assert (await cli("delivery", "alerts")).out == "none\n"
    refused = await cli("delivery", "replay", str(made.id), "--from", "2026-11-02", "--to", "2026-11-01")
    assert "The end must lie behind the beginning." in refused.err


@pytest.mark.parametrize("words", [("key", "revoke"), ("delivery", "retry"), ("destination", "test"), ("lead", "show")])
async def test_an_id_of_nothing_is_refused(words: tuple[str, str], cli: CommandLine) -> None:
    ended = await cli(*words, str(uuid4()))
    assert (ended.code, ended.out) == (1, "")
    assert "There is no" in ended.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("lead", "list", "--country", "Spain"), "country: "),
        (("key", "create", "--name", "N", "--scope", "everything"), "scopes/0: "),
        (("key", "create", "--name", "N", "--scope", "leads:read", "--expires", "soon"), "expires: "),
        (("form", "add", "Not A Key", "--name", "N"), "key: "),
        (("destination", "add", "webhook", "ftp://crm.example", "--include", "full"), "url: "),
    ],
)
async def test_a_value_that_breaks_a_rule_is_refused_by_its_name(
    words: tuple[str, ...], named: str, cli: CommandLine
) -> None:
    ended = await cli(*words)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(named)


async def test_a_reference_that_nobody_has_is_refused(cli: CommandLine, house: Parts) -> None:
    assert (await cli("lead", "show", new_reference())).code == 1
