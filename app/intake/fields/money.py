"""Amounts of money: decimal text in, the same amount in the currency's own decimals out."""

import re
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision, list_currencies

_BLANKS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_AMOUNT = re.compile(r"(?P<whole>\d{1,12})(?:[.,](?P<decimals>\d{1,4}))?")
_USUAL_DECIMALS = 2


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return every currency code of ISO 4217."""
    return frozenset(map(str, list_currencies()))


def read_amount(text: str, currency: str) -> str | None:
    """Return an amount as `1500.00`; None if it is none.

    `1.500` and `1,500` are refused where a currency has two decimals: to one reader it is a thousand times what it is
    to the other.
    """
    match = _AMOUNT.fullmatch(_BLANKS.sub("", text.strip()))
    if match is None:
        return None
    precision = get_currency_precision(currency)
    decimals = match["decimals"] or ""
    if len(decimals) > max(precision, _USUAL_DECIMALS) or decimals[precision:].strip("0"):
        return None
    amount = Decimal(f"{match['whole']}.{decimals[:precision] or 0}")
    return f"{amount:.{precision}f}"
