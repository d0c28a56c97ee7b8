"""Language tags and what browsers prefer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.languages.negotiation import pick_language, preferred_languages, read_language


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("es", "es"),
        ("ES_es", "es-ES"),
        ("pt-br", "pt-BR"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("in-ID", "id-ID"),
        ("zh-yue", "yue"),
        ("de-1996", "de-1996"),
        ("ca-valencia", "ca-valencia"),
        ("en-US-u-ca-buddhist", "en-US-u-ca-buddhist"),
        ("en-x-a", "en-x-a"),
    ],
)
def test_a_tag_gets_its_canonical_spelling(text: str, tag: str) -> None:
    assert read_language(text) == tag


@pytest.mark.parametrize("text", ["", "e", "english", "en-", "-en", "en--US", "*", "en-x", "en\x00", "٢٢", "a" * 40])
def test_what_is_no_tag_is_none(text: str) -> None:
    assert read_language(text) is None


@given(st.text(max_size=40))
def test_a_tag_that_was_read_is_read_again_as_itself(text: str) -> None:
    tag = read_language(text)
    assert tag is None or read_language(tag) == tag


def test_a_browser_s_languages_come_in_the_order_of_their_weights() -> None:
    header = "fr;q=0.8, de-CH, *;q=0.5, en;q=0.9, xx-;q=1, it;q=0, nl;q=nonsense"
    assert preferred_languages(header) == ["de-CH", "en", "fr"]


@pytest.mark.parametrize("header", [None, "", ",,;;=,", "q=1", ";q=0.5", "*" * 100_000])
def test_a_header_without_languages_prefers_nothing(header: str | None) -> None:
    assert preferred_languages(header) == []


def test_the_most_wanted_of_the_available_languages_is_picked() -> None:
    assert pick_language("pt-PT,en;q=0.5", ["en", "pt-BR"]) == "pt-BR"
    assert pick_language("en-GB,de", ["de", "en-GB", "en"]) == "en-GB"
    assert pick_language("fi,sv;q=0.3", ["en", "de"]) is None
