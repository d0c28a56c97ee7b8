"""What a lead can be found by."""

import pytest

from app.leads.tokens import digits_of, mail_of, phone_of, values_of, words_of
from app.sealing.tokens import Tokens


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Müller-Łukasiewicz", ["muller", "lukasiewicz", "mullerlukasiewicz"]),
        ("Siobhán O’Brien", ["siobhan", "obrien", "brien"]),
        ("Straße", ["strasse"]),
        ("IŞIK Yılmaz", ["isik", "yilmaz"]),
        ("  José\tMaría ", ["jose", "maria"]),
        ("李小龙", ["李小龙"]),
        ("محمد علي", ["محمد", "علي"]),
        ("Ёлкина", ["елкина"]),
        ("山田 太郎", ["山田", "太郎", "山田太郎"]),
        ("김민준", ["김민준"]),
    ],
)
def test_words_lose_case_accents_and_marks(name: str, words: list[str]) -> None:
    assert words_of(name) == words


def test_a_long_word_is_found_by_its_beginnings() -> None:
    values = set(values_of({"name": "Brandt"}, {}))
    assert {("prefix-2", "br"), ("prefix-3", "bra"), ("prefix-5", "brand"), ("word", "brandt")} <= values


def test_a_chinese_name_is_found_by_each_character_and_pair() -> None:
    values = set(values_of({"name": "李小龙"}, {}))
    assert {("prefix-1", "李"), ("prefix-1", "龙"), ("prefix-2", "李小"), ("prefix-2", "小龙")} <= values


def test_two_addresses_that_differ_by_case_are_one() -> None:
    assert mail_of("Aurelia.Brandt@Mail.Example") == mail_of("aurelia.brandt@mail.example")


def test_a_domain_is_one_in_letters_and_in_punycode() -> None:
    assert mail_of("ana@müller.example") == mail_of("ana@XN--MLLER-KVA.example")


def test_a_number_is_its_digits_in_any_grouping_and_script() -> None:
    assert phone_of("+34 612-34 56 78") == phone_of("+34612345678")
    assert digits_of("٠١٢٣") == "0123"


def test_a_lead_is_found_by_mail_phone_and_condition() -> None:
    person = {"name": "Aurelia Brandt", "email": "a.brandt@mail.example", "phone": "+4930123456"}
    values = set(values_of(person, {"condition_code": "multiple-sclerosis"}))
    assert {
        ("mail", "a.brandt@mail.example"),
        ("domain", "mail"),
        ("phone", "4930123456"),
        ("phone-4", "3456"),
        ("phone-7", "0123456"),
        ("condition", "multiple-sclerosis"),
    } <= values


def test_tokens_depend_on_the_key_and_on_the_kind() -> None:
    one, other = Tokens(b"1" * 32), Tokens(b"2" * 32)
    assert one.of("mail", "x") != other.of("mail", "x")
    assert one.of("mail", "x") != one.of("phone", "x")
    assert -(2**63) <= one.of("mail", "x") < 2**63
