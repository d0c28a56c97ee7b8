"""The catalogue of conditions and treatments."""

import re
from collections.abc import Callable

import pytest

from app.languages.catalogue import Kind, catalogue, condition_code, treatment_code
from app.languages.countries import SPOKEN
from app.languages.folding import fold
from app.pages.choices import choices

KINDS: dict[Kind, Callable[[str], str | None]] = {"conditions": condition_code, "treatments": treatment_code}


@pytest.mark.parametrize(
    "text",
    [
        *("MS", "ms", " Multiple Sclerosis ", "MULTIPLE  SCLEROSIS", "multiple-sclerosis", "Multiple sclerosis (MS)"),
        *("Esclerosis múltiple", "esclerosis multiple (EM)", "Sclérose en plaques", "SEP", "Multiple Sklerose"),
        *("multipl skleroz", "MULTİPL SKLEROZ", "рассеянный склероз", "РС", "التصلب المتعدد", "טרשת נפוצה"),
    ],
)
def test_multiple_sclerosis_is_known_in_many_languages(text: str) -> None:
    assert condition_code(text) == "multiple-sclerosis"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Parkinson’s disease", "parkinsons-disease"),
        ("ELA", "als"),
        ("Diabetes mellitus Typ 1", "type-1-diabetes"),
        ("Артроз", "osteoarthritis"),
        ("ХРОНИЧЕСКАЯ ОБСТРУКТИВНАЯ БОЛЕЗНЬ ЛЕГКИХ", "copd"),
    ],
)
def test_accents_apostrophes_and_case_do_not_matter(text: str, code: str) -> None:
    assert condition_code(text) == code


def test_a_treatment_is_known_by_name_and_abbreviation() -> None:
    assert treatment_code("Mesenchymal stem cells (MSC)") == "mesenchymal-stem-cells"
    assert treatment_code("células madre mesenquimales") == "mesenchymal-stem-cells"
    assert treatment_code("car-t") == "car-t"


@pytest.mark.parametrize("text", ["", "()", "not sure (MS)", "multiple sclerosis (ALS)", "I think it is MS", "(" * 200])
def test_what_is_not_surely_one_condition_gets_no_code(text: str) -> None:
    assert condition_code(text) is None


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_stands_for_two_codes(kind: Kind) -> None:
    meanings: dict[str, set[str]] = {}
    for code, by_language in catalogue()[kind].items():
        for names in by_language.values():
            for name in names:
                meanings.setdefault(fold(name), set()).add(code)
    assert {name: codes for name, codes in meanings.items() if len(codes) > 1} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_a_name_in_every_language_and_is_found_by_it(kind: Kind) -> None:
    for code, by_language in catalogue()[kind].items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert tuple(by_language) == SPOKEN
        for names in by_language.values():
            assert [KINDS[kind](name) for name in names] == [code] * len(names)


def test_what_the_hosted_form_suggests_is_in_the_catalogue() -> None:
    assert all(map(condition_code, choices("en").conditions))
    assert all(map(treatment_code, choices("en").treatments))
