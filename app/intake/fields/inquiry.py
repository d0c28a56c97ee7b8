"""What is asked for."""

from typing import Any

from app.intake.fields import rules
from app.intake.fields.money import currencies, read_amount
from app.intake.fields.reader import Fields
from app.languages.catalogue import condition_code, treatment_code
from app.languages.countries import read_country


def read_inquiry(fields: Fields) -> dict[str, Any]:
    """Return what is to be treated, how, when, where and for how much."""
    condition = fields.line("condition", rules.LONGEST_TOPIC)
    treatment = fields.line("treatment", rules.LONGEST_TOPIC)
    if not fields.has("condition") and not fields.has("treatment") and not fields.is_wrong("treatment"):
        fields.note("condition", "condition-or-treatment-required", "Write a condition or a treatment.")
    return {
        "condition": condition,
        "condition_code": condition_code(condition) if condition else None,
        "treatment": treatment,
        "treatment_code": treatment_code(treatment) if treatment else None,
        "message": fields.prose("message", rules.LONGEST_MESSAGE),
        "timeline": fields.choice("timeline", rules.TIMELINES),
        "budget": _budget(fields),
        "destination_countries": _destinations(fields),
    }


def _budget(fields: Fields) -> dict[str, str] | None:
    budget = fields.group("budget")
    # Forms send the currency that a list happens to show, whether or not an amount was written.
    if not budget.has("amount"):
        return None
    currency = (budget.line("currency", len("EUR")) or "").upper()
    if not budget.has("currency"):
        budget.note("currency", "required", "Choose a currency.")
    elif currency not in currencies():
        budget.note("currency", "unknown-currency", "Send a currency's code (ISO 4217), for example EUR.")
    else:
        amount = read_amount(_decimal_text(budget.given["amount"]), currency)
        if amount is not None:
            return {"amount": amount, "currency": currency}
        budget.note("amount", "invalid-amount", "Write the amount in digits, for example 1500.00.")
    return None


def _decimal_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _destinations(fields: Fields) -> list[str]:
    items = fields.items("destination_countries")
    if items is None or len(items.given) > rules.MOST_COUNTRIES:
        message = f"Send a list of at most {rules.MOST_COUNTRIES} countries."
        fields.note("destination_countries", "invalid-list", message)
        return []
    found: dict[str, None] = {}
    for place in items.given:
        text = items.line(place, rules.LONGEST_TOPIC) or ""
        codes = _countries_in(text)
        if None in codes:
            items.note(place, "unknown-country", "Send a country's code (ISO 3166-1) or its name.")
        found.update(dict.fromkeys(code for code in codes if code))
    return list(found)


def _countries_in(text: str) -> list[str | None]:
    """Read a country or several: a comma parts two, or belongs to one (`Korea, Republic of`)."""
    whole = read_country(text)
    return [whole] if whole else [read_country(name) for name in text.split(",") if name.strip()]
