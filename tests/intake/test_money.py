"""Amounts and countries, as people write them."""

from typing import Any

import pytest

from app.intake.schemas import Money
from tests.intake.reading import problems, read


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [
        ("1500", "EUR", "1500.00"),
        ("1500.5", "EUR", "1500.50"),
        ("1500,50", "EUR", "1500.50"),
        ("1 500", "EUR", "1500.00"),
        ("1'234'567.89", "CHF", "1234567.89"),
        (1500, "USD", "1500.00"),
        (1500.5, "USD", "1500.50"),
        ("150000", "JPY", "150000"),
        ("150000.00", "JPY", "150000"),
        ("1500.125", "KWD", "1500.125"),
        ("٢٥٠٠", "SAR", "2500.00"),
    ],
)
def test_an_amount_is_kept_in_the_decimals_of_its_currency(amount: Any, currency: str, kept: str) -> None:
    assert read(budget={"amount": amount, "currency": currency}).budget == Money(amount=kept, currency=currency)


@pytest.mark.parametrize("amount", ["1.500", "1,500", "1.500,00", "1e3", "-5", "€5", "1" * 13, "12 34", 1e30])
def test_an_amount_that_can_be_read_in_two_ways_is_refused(amount: Any) -> None:
    assert problems(budget={"amount": amount, "currency": "EUR"}) == [("/budget/amount", "invalid-amount")]


def test_countries_may_be_parted_by_commas_or_have_one_in_their_name() -> None:
    assert read(destination_countries="ES, Turkey,de").destination_countries == ["ES", "TR", "DE"]
    assert read(destination_countries=["Korea, Republic of", "ES,TR"]).destination_countries == ["KR", "ES", "TR"]
    assert problems(destination_countries="ES,Atlantis") == [("/destination_countries/0", "unknown-country")]
