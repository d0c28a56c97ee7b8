"""Countries, as people and pages write them."""

import pytest

from app.languages.countries import SPOKEN, country_codes, country_names, read_country


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ES", "ES"),
        ("es", "ES"),
        (" de ", "DE"),
        ("ESP", "ES"),
        ("tur", "TR"),
        ("Spain", "ES"),
        ("SPAIN", "ES"),
        ("españa", "ES"),
        ("Espana", "ES"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("USA", "US"),
        ("Holland", "NL"),
        ("the Netherlands", "NL"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("TÜRKİYE", "TR"),
        ("Côte d’Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Korea, Republic of", "KR"),
        ("Deutschland", "DE"),
        ("Россия", "RU"),
        ("الإمارات العربية المتحدة", "AE"),
        ("ישראל", "IL"),
        ("Kosovo", "XK"),
    ],
)
def test_a_country_is_understood_by_code_and_by_name(text: str, code: str) -> None:
    assert read_country(text) == code


@pytest.mark.parametrize("text", ["", " ", "XX", "ZZ", "EU", "UN", "QQQ", "Atlantis", "S" * 101, "\ud800", "\x00"])
def test_what_is_no_country_is_none(text: str) -> None:
    assert read_country(text) is None


@pytest.mark.parametrize("language", SPOKEN)
def test_every_name_on_a_page_is_read_back_as_its_country(language: str) -> None:
    assert {code: read_country(name) for code, name in country_names(language).items()} == {
        code: code for code in country_codes()
    }


def test_there_are_the_countries_of_iso_3166_and_kosovo() -> None:
    assert len(country_codes()) == 250


def test_names_are_sorted_for_a_reader_of_the_language() -> None:
    assert list(country_names("de").items())[:3] == [("AF", "Afghanistan"), ("EG", "Ägypten"), ("AX", "Ålandinseln")]


def test_a_page_in_an_unknown_language_gets_names_it_can_show() -> None:
    assert country_names("pt-BR")["DE"] == "Alemanha"
    assert country_names("tlh")["DE"] == country_names("")["DE"] == "Germany"
