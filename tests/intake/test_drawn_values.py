"""Values drawn at random: what is read is what was written, in one spelling, and reading it again changes nothing."""

from decimal import Decimal
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidRequest
from app.intake.fields.contact import normalise_email, parse_phone
from app.intake.fields.money import currencies, read_amount
from app.intake.fields.numbering import read_plain
from app.languages.countries import SPOKEN, country_codes, country_names, read_country
from app.languages.negotiation import preferred_languages, read_language
from tests.intake.reading import read

COUNTRIES = st.sampled_from(sorted(country_codes()))
REGIONS = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS))
MARKS = st.sampled_from([" ", "-", ".", "/", "\u00a0", "\u202a", ""])
ANYTHING = (
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | st.text(max_size=40)
)


@given(REGIONS, st.lists(MARKS, min_size=20, max_size=20), st.sampled_from(["+", "00"]))
def test_a_number_of_any_country_is_read_however_it_is_parted(region: str, marks: list[str], start: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    written = start + "".join(mark + digit for mark, digit in zip(["", *marks], digits, strict=False))
    phone = parse_phone(written, "ES")
    assert phone is not None
    assert phone.e164 == f"+{digits}"


@given(REGIONS, st.sampled_from(["NATIONAL", "INTERNATIONAL", "RFC3966"]))
def test_a_number_as_its_own_country_writes_it_is_read(region: str, form: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    written = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
    phone = parse_phone(written, region)
    assert phone is not None
    assert phone.e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.text("+0123456789 ()-./", max_size=40), COUNTRIES)
def test_a_number_that_was_read_is_read_again_as_itself(text: str, country: str) -> None:
    phone = parse_phone(text, country)
    assert phone is None or parse_phone(phone.e164, country) == phone


@given(st.text("aZ9._+-'@éßŁ例.x", max_size=40))
def test_an_address_that_was_read_is_read_again_as_itself(text: str) -> None:
    address = normalise_email(text)
    assert address is None or normalise_email(address) == address


@given(COUNTRIES, st.sampled_from(SPOKEN), st.sampled_from([str.upper, str.lower, str.title, str.strip]))
def test_a_country_is_known_by_its_name_in_any_language_and_case(code: str, language: str, change: Any) -> None:
    name = country_names(language)[code]
    # Some letters have no way back from their capitals: what is not known then must be nobody else's name.
    assert read_country(change(name)) in {code, None}
    assert read_country(f"  {name}\u00a0") == code


@given(st.decimals("0", "999999999", places=2), st.sampled_from(["", ".", ","]))
def test_an_amount_keeps_its_value_and_gets_its_currency_s_decimals(amount: Decimal, mark: str) -> None:
    written = f"{amount:.2f}".replace(".", mark) if mark else f"{amount:.0f}"
    read_back = read_amount(written, "EUR")
    assert read_back is not None
    assert Decimal(read_back) == (amount if mark else Decimal(f"{amount:.0f}"))
    assert read_amount(read_back, "EUR") == read_back


@given(st.text(max_size=30), st.sampled_from(sorted(currencies())))
def test_no_text_is_an_amount_that_reads_otherwise_the_second_time(text: str, currency: str) -> None:
    amount = read_amount(text, currency)
    assert amount is None or read_amount(amount, currency) == amount


@given(
    st.integers(0, 120),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"]),
    st.booleans(),
)
def test_an_age_is_the_same_number_in_any_digits(age: int, digits: str, as_text: bool) -> None:  # noqa: FBT001
    written: int | str = "".join(digits[int(digit)] for digit in str(age)) if as_text else age
    assert read(patient_age=written, relationship="parent").patient_age == age


@pytest.mark.parametrize("field", ["patient_age", "budget", "language", "timezone", "country", "phone", "email"])
@given(value=ANYTHING)
def test_any_value_is_read_or_refused(field: str, value: object) -> None:
    try:
        read(**{field: value})
    except InvalidRequest as refused:
        assert all(problem.pointer for problem in refused.problems)  # noqa: PT017 - either will do


@given(st.lists(st.tuples(st.sampled_from(["es", "pt-BR", "zh-Hant", "de-1996"]), st.integers(0, 1000)), max_size=5))
def test_the_languages_of_a_header_come_by_their_weights(wanted: list[tuple[str, int]]) -> None:
    header = ", ".join(f"{tag};q={weight / 1000:.3f}" for tag, weight in wanted)
    ranked = preferred_languages(header)
    weights = [max(weight for other, weight in wanted if other == tag) for tag in ranked]
    assert weights == sorted(weights, reverse=True)
    assert set(ranked) == {tag for tag, weight in wanted if weight}
    assert [read_language(tag) for tag in ranked] == ranked


@given(
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)), st.text("0123456789", min_size=3, max_size=13)
)
def test_a_plan_says_of_a_plain_number_what_the_library_says(calling_code: int, national: str) -> None:
    plain = read_plain(f"+{calling_code}{national}")
    assert plain is None or plain == by_the_library(f"+{calling_code}{national}")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_plan_knows_the_numbers_of_every_country_and_kind(region: str) -> None:
    for kind in phonenumbers.PhoneNumberType.values():
        number = phonenumbers.example_number_for_type(region, kind)
        for text in neighbours(number) if number else ():
            plain = read_plain(text)
            assert plain is None or plain == by_the_library(text)


def neighbours(number: phonenumbers.PhoneNumber) -> list[str]:
    """Return a number and what one digit more, less or other makes of it."""
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return [text, f"{text}0", text[:-1], *(f"{text[:place]}7{text[place + 1 :]}" for place in range(2, len(text)))]


def by_the_library(text: str) -> tuple[str, bool] | None:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, phonenumbers.is_valid_number(number)
