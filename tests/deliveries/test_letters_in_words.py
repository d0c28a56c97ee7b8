"""Letters say in words what is kept in codes."""

from typing import get_args

import pytest

from app.destinations.mailboxes import LetterSettings
from app.intake.fields import rules
from app.languages.letters import staff_words
from app.leads.schemas import Status
from tests.support.letters import PERSON, document, letter, text_of


def test_countries_and_languages_stand_by_name() -> None:
    person = {**PERSON, "country": "CI", "language": "pt-BR"}
    inquiry = {"destination_countries": ["DE", "MX", "??"]}
    text = text_of(letter(document(person=person, inquiry=inquiry, answers={"country": "ES", "language": "es"})))
    assert "Country: Côte d’Ivoire" in text
    assert "Language: Portuguese (Brazil)" in text
    assert "Destination countries: Germany, Mexico, ??" in text
    # What a site asked besides is shown as it was answered.
    assert "country: ES\r\nlanguage: es" in text


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["Status: Quote sent", "Received: Nov 23, 2026, 10:00:00\u202fAM UTC", "Preferred contact: E-mail"]),
        ("de", ["Stand: Angebot verschickt", "Eingegangen: 23.11.2026, 10:00:00 UTC", "Zeitraum: so bald wie möglich"]),
    ],
)
def test_what_was_chosen_from_a_list_stands_in_the_words_of_the_letter(language: str, lines: list[str]) -> None:
    person = {**PERSON, "preferred_contact": "email", "relationship": "parent"}
    about = document(status="quoted", person=person, inquiry={"timeline": "asap"}, answers={"timeline": "asap"})
    text = text_of(letter(about, settings=LetterSettings(language=language)))
    for line in [*lines, "timeline: asap"]:
        assert line in text, text


def test_every_choice_of_the_form_has_a_word() -> None:
    choices = {*get_args(rules.Contact), *get_args(rules.Relationship), *get_args(rules.Timeline), *Status}
    words = staff_words()["en"]
    assert {choice for choice in choices if f"value_{choice}" not in words} == {"email", "phone"}
