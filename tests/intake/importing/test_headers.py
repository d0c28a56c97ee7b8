"""Columns are known by their headings, in whatever language and spelling."""

import pytest

from app.intake.importing.headers import guess

SERVICES = {
    "a survey": (
        ["#", "Full name", "E-mail address", "Phone number", "Country", "Diagnosis", "Submit Date (UTC)", "Token"],
        ["#", "name", "email", "phone", "country", "condition", "received_at", "source_id"],
    ),
    "a Spanish form": (
        ["Fecha", "Nombre", "Apellidos", "Correo electrónico", "Teléfono", "País", "Mensaje", "Edad"],
        ["received_at", "name", "last_name", "email", "phone", "country", "message", "patient_age"],
    ),
    "our own words": (["first_name", "utm_source", "page_url"], ["first_name", "utm_source", "page_url"]),
}


@pytest.mark.parametrize(("headings", "fields"), SERVICES.values(), ids=SERVICES.keys())
def test_headings_are_known(headings: list[str], fields: list[str]) -> None:
    assert list(guess(headings, {}).values()) == fields


def test_what_is_said_comes_before_what_is_guessed_and_a_field_is_guessed_once() -> None:
    found = guess(["Mail", "E-mail", "Age"], {"E-mail": "email", "Age": ""})
    assert found == {"E-mail": "email", "Age": "", "Mail": "Mail"}


def test_what_is_no_field_becomes_an_answer_whose_name_is_no_path() -> None:
    headings = ["Do you smoke? [yes/no]", "budget", "fq_key", "x" * 300]
    assert list(guess(headings, {}).values()) == ["Do you smoke? (yes/no)", "budget_", "fq_key_", "x" * 99]
