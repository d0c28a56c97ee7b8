"""Letters to enquirers, read back as a mail program reads them."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from app.deliveries.acknowledgements import MOST_A_DAY, Occasion, acknowledgement, reason_to_withhold
from app.deliveries.writing import Posting
from app.languages.countries import SPOKEN
from app.languages.letters import letter_texts
from tests.support.letters import text_of

REFERENCE = "FQ-7K3M9-QXD4H"
SENDER = "Freequote <freequote@clinic.example>"
ENQUIRER = "ines.ortega@mail.example"


def data(**person: Any) -> dict[str, Any]:
    whole = {"name": "Canary Ortega", "email": ENQUIRER, "phone": "+34612345678", "country": "ES", "language": "es"}
    return {"reference": REFERENCE, "form": "clinic-es", "test": False, "person": {**whole, **person}}


def occasion(**changes: Any) -> Occasion:
    values = {"form_name": "Clínica Aurora", "reply_to": "hola@clinic.example", "languages": ["en"], "earlier": 0}
    return Occasion(**{**values, **changes})


def letter(about: dict[str, Any], on: Occasion | None = None) -> EmailMessage:
    date = datetime(2026, 11, 23, 10, tzinfo=UTC)
    posting = Posting(SENDER, about["person"]["email"], "<0199a0b0@clinic.example>", date)
    made = acknowledgement(posting, about, on or occasion())
    return message_from_bytes(made.as_bytes(), policy=policy.default)


def test_it_says_what_arrived_and_whom_to_write_to_in_the_enquirers_language() -> None:
    message = letter(data())
    assert message["Subject"] == f"Hemos recibido su solicitud {REFERENCE}"
    assert (message["To"], message["Reply-To"]) == (ENQUIRER, "hola@clinic.example")
    assert message["Content-Language"] == "es"
    for kind in ("plain", "html"):
        text = text_of(message, kind)
        for word in (REFERENCE, "Clínica Aurora", "hola@clinic.example", "le responderá"):
            assert word in text


def test_no_machine_takes_it_for_a_letter_to_answer() -> None:
    message = letter(data())
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_no_word_of_the_enquirer_stands_in_it() -> None:
    message = letter(data(language="en"))
    for part in (str(message), text_of(message), text_of(message, "html")):
        for word in ("Canary", "Ortega", "612345678", "Spain"):
            assert word not in part.replace(ENQUIRER, "")


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_survives_the_mail(language: str) -> None:
    message = letter(data(language=language))
    texts = letter_texts()[language]
    assert message["Subject"] == texts["subject"].format(reference=REFERENCE)
    assert texts["next"] in text_of(message)
    page = text_of(message, "html")
    assert texts["next"] in page
    way = "rtl" if language in {"ar", "he"} else "ltr"
    assert f'<html lang="{language}" dir="{way}">' in page


def test_in_arabic_what_runs_the_other_way_is_set_apart() -> None:
    text = text_of(letter(data(language="ar")))
    assert f"\u2068{REFERENCE}\u2069" in text
    assert "\u2068hola@clinic.example\u2069" in text
    assert "\u2068" not in text_of(letter(data(language="de")))


def test_a_language_that_we_do_not_write_gives_way_to_the_forms_own() -> None:
    assert letter(data(language="ja"), occasion(languages=["fr", "en"]))["Content-Language"] == "fr"
    assert letter(data(language=None), occasion(languages=["ja"]))["Content-Language"] == "en"


def test_without_an_address_for_replies_they_go_to_the_sender() -> None:
    message = letter(data(), occasion(reply_to=None))
    assert message["Reply-To"] is None
    assert "freequote@clinic.example" in text_of(message)


@pytest.mark.parametrize(
    "address",
    [
        "a@mail.example\r\nBcc: everyone@mail.example",
        "=?UTF-8?Q?=0ABcc=3A?=@mail.example",
        "a@mail.example, b@mail.example",
        '"a\r\nBcc: b@mail.example"@mail.example',
        "Name <a@mail.example>",
    ],
)
def test_an_address_that_would_be_more_than_one_header_carries_no_letter(address: str) -> None:
    with pytest.raises(ValueError, match="not a single e-mail address") as refused:
        letter(data(email=address))
    assert address not in str(refused.value)


def test_markup_in_a_forms_name_is_inert() -> None:
    page = text_of(letter(data(), occasion(form_name="<script>alert(1)</script>{reference}")), "html")
    assert "<script>" not in page
    assert "{reference}" in page


@pytest.mark.parametrize(
    ("person", "changes", "reason"),
    [
        ({}, {"earlier": MOST_A_DAY}, "the address got 3 acknowledgements within a day"),
        ({"email": None}, {}, "the enquirer left no e-mail address"),
        *[
            ({"email": f"{local}@mail.example"}, {}, "nobody reads letters at the enquirer's address")
            for local in ("MAILER-DAEMON", "noreply", "no-reply", "No_Reply", "do.not.reply", "postmaster", "bounces+7")
        ],
        ({"email": "Freequote@clinic.example"}, {}, "nobody reads letters at the enquirer's address"),
        ({"email": "hola@clinic.example"}, {}, "nobody reads letters at the enquirer's address"),
    ],
)
def test_it_is_withheld_where_it_could_flood_or_go_round_in_circles(
    person: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    assert reason_to_withhold(data(**person), occasion(**changes), SENDER) == reason


def test_it_goes_to_a_person_and_never_about_a_test() -> None:
    assert reason_to_withhold(data(email="norah.eply@mail.example"), occasion(earlier=2), SENDER) is None
    assert reason_to_withhold({**data(), "test": True}, occasion(), SENDER) == "a test has no enquirer"
