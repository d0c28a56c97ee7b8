"""Letters about leads."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from pydantic import ValidationError

from app.deliveries.letters import lead_letter
from app.deliveries.writing import Posting
from app.destinations.mailboxes import LetterSettings
from app.destinations.shapes import Include
from app.languages.letters import direction, staff_words
from tests.support.letters import PERSON, document, letter, text_of

SCRIPT = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a mail program would see of a page: its elements, what they would do, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.words = ""
        self.directions = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "background"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.directions += ("dir", "auto") in attrs

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words += data


def test_a_letter_has_the_headers_that_keep_machines_from_answering_it() -> None:
    message = letter(document())
    assert message["From"].addresses[0].display_name == "Clinic, Inc"
    assert message["From"].addresses[0].addr_spec == "freequote@clinic.example"
    assert message["To"] == "quotes@clinic.example"
    assert message["Reply-To"] == "ona@mail.example"
    assert message["Subject"] == "New quote request FQ-7K3M9-QXD4H (clinic-es)"
    assert message["Message-ID"] == "<0199a0b0@clinic.example>"
    assert message["Date"].datetime == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_full_letter_says_everything_in_text_and_on_the_page(kind: str) -> None:
    text = text_of(letter(document(), form_name="Clinic Barcelona"), kind)
    for word in (
        "FQ-7K3M9-QXD4H",
        "Clinic Barcelona",
        "Nov 23, 2026, 10:00:00",
        *(value for key, value in PERSON.items() if key != "country"),
        "Spain",
        "Multiple sclerosis",
        "1500.00 EUR",
        "Health data",
        "Sharing: Clinic A",
        "leaflet",
        "When?",
        "spring, autumn",
    ):
        assert word in text, word


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize(
    ("include", "hidden"),
    [
        (Include.CONTACT, ["sclerosis", "1500", "leaflet", "spring"]),
        (Include.REFERENCE, ["sclerosis", "1500", "leaflet", "spring", "Ona", "mail.example", "600000000"]),
    ],
)
def test_a_letter_says_no_more_than_its_share(kind: str, include: Include, hidden: list[str]) -> None:
    message = letter(document(), include)
    assert "FQ-7K3M9-QXD4H" in text_of(message, kind)
    for word in hidden:
        assert word not in text_of(message, kind), word


def test_a_letter_by_reference_alone_names_nobody_to_reply_to() -> None:
    about = document()
    assert letter(about, Include.REFERENCE)["Reply-To"] is None
    # Even if somebody hands over more than the share.
    made = lead_letter(
        about,
        Posting("a@b.example", "c@d.example", "<1@b.example>", datetime(2026, 11, 23, tzinfo=UTC)),
        include=Include.REFERENCE,
    )
    assert made["Reply-To"] is None


def test_a_test_lead_says_so_before_anything_else() -> None:
    message = letter(document(test=True))
    assert message["Subject"] == "[Test] New quote request FQ-7K3M9-QXD4H (clinic-es)"
    assert text_of(message).startswith("This is a test")
    assert "This is a test" in text_of(message, "html")


def test_a_change_says_what_changed() -> None:
    message = letter(document("lead.updated", changed=["status", "assignee"]), Include.REFERENCE)
    assert message["Subject"] == "Quote request changed FQ-7K3M9-QXD4H (clinic-es)"
    assert "Changed: Status, assignee" in text_of(message)


def test_an_erasure_gives_the_reference_alone() -> None:
    message = letter(document("lead.erased"), Include.FULL)
    assert message["Subject"] == "Quote request erased FQ-7K3M9-QXD4H"
    assert message["Reply-To"] is None
    for kind in ("plain", "html"):
        assert "erased for good" in text_of(message, kind)
        for word in ("Ona", "clinic-es", "sclerosis"):
            assert word not in text_of(message, kind)


def test_the_page_for_staff_is_the_only_link() -> None:
    address = "https://quotes.clinic.example/console/leads/0199a0b0"
    message = letter(document(), console_url=address)
    assert Page(text_of(message, "html")).links == [address]
    assert f"Open the request: {address}" in text_of(message)
    assert Page(text_of(letter(document()), "html")).links == []


def test_a_script_in_every_field_is_inert() -> None:
    inner = {"a": [SCRIPT, {SCRIPT: SCRIPT}]}
    hostile = f"{SCRIPT}\"'><img src=x onerror=alert(1)><a href=javascript:alert(1)>"
    about = document(
        form=hostile,
        status=hostile,
        received_at=hostile,
        changed=[hostile],
        person=dict.fromkeys((*PERSON, hostile), hostile),
        inquiry={"message": hostile, hostile: hostile, "budget": {"amount": hostile, "currency": hostile}},
        consents=[{"purpose": hostile, "granted": True, "recipient": hostile}],
        attribution={"page_url": "javascript:alert(1)", "referrer": hostile},
        answers={hostile: hostile, "deep": inner},
    )
    message = letter(about, form_name=hostile)
    page = Page(text_of(message, "html"))
    assert page.tags.isdisjoint({"script", "img", "a", "iframe", "form", "link", "object", "svg"})
    assert page.links == []
    assert page.handlers == []
    assert hostile in page.words
    assert "Reply-To" not in message


def test_no_header_holds_a_visitors_words() -> None:
    word = "canary"
    about = document(
        person={"name": word, "email": f"{word} @mail.example"},
        inquiry={"message": word, "condition": word},
        answers={word: word},
        attribution={"utm_source": word},
    )
    message = letter(about)
    assert word in text_of(message)
    assert not any(word in str(value) for value in message.values())


def test_text_that_runs_from_right_to_left_keeps_its_own_direction_and_whole_words() -> None:
    words = {"name": "سارة العلي", "email": "s@mail.example", "city": "ירושלים 😀 李小龙"}
    message = letter(document(person=words))
    page = Page(text_of(message, "html"))
    for word in words.values():
        assert word in text_of(message)
        assert word in page.words
    assert page.directions > len(words)


def test_lines_of_a_visitor_cannot_pose_as_lines_of_ours() -> None:
    posing = "ill\nStatus: won\r\n== Who asks ==\u2028Form: other\x0bName: x"
    lines = text_of(letter(document(inquiry={"message": posing}, answers={posing: posing}))).splitlines()
    assert [line for line in lines if line.startswith("Status:")] == ["Status: New"]
    assert [line for line in lines if line.startswith("Form:")] == ["Form: clinic-es"]
    assert lines.count("== Who asks ==") == 1


def test_an_empty_answer_takes_no_line() -> None:
    text = text_of(letter(document(person={"name": "Ona", "phone": None, "city": ""}, attribution={}, answers={})))
    assert "Phone" not in text
    assert "City" not in text
    assert "Where from" not in text
    assert "Further answers" not in text


@pytest.mark.parametrize("language", sorted(staff_words()))
def test_the_letters_own_words_are_in_the_language_of_the_staff(language: str) -> None:
    words, settings = staff_words()[language], LetterSettings(language=language)
    message = letter(document(test=True, message="How long?"), settings=settings)
    assert message["Content-Language"] == language
    assert message["Subject"] == f"[{words['test']}] {words['created']} FQ-7K3M9-QXD4H (clinic-es)"
    text, page = text_of(message), text_of(message, "html")
    for name in ("is_test", "created", "person", "inquiry", "agreed", "form", "condition", "health_data", "notice"):
        assert words[name] in text, name
        assert words[name] in Page(page).words, name
    assert f'<html lang="{language}" dir="{direction(language)}">' in page
    # What a visitor wrote stays as it is.
    assert "Multiple sclerosis" in text
    assert words["gone"] in text_of(letter(document("lead.erased"), settings=settings))


def test_a_subject_of_the_clinics_own_is_filled_in() -> None:
    settings = LetterSettings(language="es", subject="{form}: {headline} {reference}")
    assert letter(document(), settings=settings)["Subject"] == (
        "clinic-es: Nueva solicitud de presupuesto FQ-7K3M9-QXD4H"
    )
    erased = letter(document("lead.erased"), settings=LetterSettings(subject="{form}{reference}"))
    assert erased["Subject"] == "FQ-7K3M9-QXD4H"


@pytest.mark.parametrize(
    "subject",
    [
        "{name}",
        "{person}",
        "{reference.__class__}",
        "{reference!r}",
        "{{reference}}",
        "one line\u2028and another",
        "{reference:>9}",
        "{}",
        "{",
        "=?UTF-8?Q?=0A?=",
        "\n",
    ],
)
def test_a_subject_that_could_hold_more_is_refused(subject: str) -> None:
    with pytest.raises(ValidationError):
        LetterSettings(subject=subject)
