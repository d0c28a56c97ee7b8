"""Texts of letters: complete in every language."""

from string import Formatter

import pytest

from app.languages.countries import SPOKEN
from app.languages.letters import direction, letter_language, letter_texts, staff_words


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_letters_are_written_in_every_language_that_we_speak() -> None:
    assert set(letter_texts()) == set(SPOKEN)


@pytest.mark.parametrize("language", SPOKEN)
def test_every_sentence_is_there_with_the_same_gaps_to_fill(language: str) -> None:
    english, texts = letter_texts()["en"], letter_texts()[language]
    assert list(texts) == list(english)
    for name, text in texts.items():
        assert placeholders(text) == placeholders(english[name]), name
        assert text == text.strip() != ""
        assert text.isprintable()


@pytest.mark.parametrize("language", [language for language in SPOKEN if language != "en"])
def test_no_sentence_was_left_in_english(language: str) -> None:
    english = letter_texts()["en"]
    assert [name for name, text in letter_texts()[language].items() if text == english[name]] == []


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (["ar-EG", "es"], "ar"),
        (["ja", "pt-BR"], "pt"),
        ([None, "he"], "he"),
        (["ja"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_we_write_is_taken(wanted: list[str | None], language: str) -> None:
    assert letter_language(wanted) == language


def test_arabic_and_hebrew_run_from_right_to_left() -> None:
    assert [language for language in SPOKEN if direction(language) == "rtl"] == ["ar", "he"]


def test_staff_are_written_to_in_every_language_that_we_speak() -> None:
    assert set(staff_words()) == set(SPOKEN)
    english = staff_words()["en"]
    for words in staff_words().values():
        assert list(words) == list(english)
        assert all(text == text.strip() != "" and text.isprintable() for text in words.values())
        assert not any(placeholders(text) for text in words.values())
