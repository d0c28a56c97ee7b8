"""Every text of the pages in every language: none is missing, none is stale, none lost a gap or a mark."""

import re

import pytest
from babel.messages.pofile import read_po

from app.languages.countries import SPOKEN
from app.languages.translations import LOCALE, SOURCE, own_name, spoken, translation
from docs.texts import catalogues, template

FOREIGN = [language for language in SPOKEN if language != SOURCE]
_GAP = re.compile(r"\{\w+\}|%\(\w+\)s")
SAME_EVERYWHERE = {"WhatsApp"}


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalogue_holds_the_texts_of_today_and_each_is_translated(language: str) -> None:
    committed = (LOCALE / f"{language}.po").read_bytes()
    wanted = {file.stem: content for file, content in catalogues()}[language]
    assert committed == wanted, "A text has changed: run `make generate` and translate what is empty."
    with (LOCALE / f"{language}.po").open("rb") as file:
        texts = {message.id: message.string for message in read_po(file) if message.id}
    assert [text for text, translated in texts.items() if not translated] == []
    assert len(texts) == len([message for message in template() if message.id])


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_keeps_what_is_filled_in(language: str) -> None:
    gettext = translation(language).gettext
    for message in template():
        text = str(message.id)
        if text:
            assert sorted(_GAP.findall(gettext(text))) == sorted(_GAP.findall(text)), text


@pytest.mark.parametrize("language", FOREIGN)
def test_sentences_are_not_left_in_english(language: str) -> None:
    gettext = translation(language).gettext
    sentences = [str(message.id) for message in template() if " " in str(message.id)]
    assert [text for text in sentences if gettext(text) == text] == []


def test_there_is_a_catalogue_for_every_language_and_for_no_other() -> None:
    assert sorted(file.stem for file in LOCALE.glob("*")) == sorted(FOREIGN)


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["pt-BR"], "pt"),
        ([None, "xx", "ar-EG"], "ar"),
        (["iw"], "he"),
        (["xx"], "en"),
        (["\x00", "de"], "de"),
        ([], "en"),
    ],
)
def test_a_tag_leads_to_the_language_that_we_speak(tags: list[str | None], language: str) -> None:
    assert spoken(tags) == language


def test_languages_bear_the_names_that_they_give_themselves() -> None:
    assert [own_name(tag) for tag in ("es", "he", "tr", "pt-BR", "zz")] == [
        *("Español", "עברית", "Türkçe", "Português (Brasil)", "zz")
    ]
