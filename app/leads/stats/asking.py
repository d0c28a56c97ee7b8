"""Which days and which forms figures are asked for."""

from datetime import date, timedelta

from app.access.principals import Principal
from app.errors import FieldProblem, InvalidRequest

USUAL_DAYS = timedelta(days=29)
"""How far back the first day lies where none is named: 30 days in all."""
_MOST_DAYS = 3660
_NO_FORM = "-"
"""What no form is called."""


def check_days(first: date, last: date) -> None:
    """See that days are in order and not too many, or raise `InvalidRequest`."""
    if not 0 <= (last - first).days < _MOST_DAYS:
        message = f"The last day must not lie before the first one, nor {_MOST_DAYS} days or more behind it."
        raise InvalidRequest([FieldProblem("/query/to", "invalid-range", message)])


def forms_asked(form: str | None, by: Principal | None) -> list[str]:
    """Return the keys of the forms that `by` may count of those asked for; none: every form."""
    if form and by is not None and not by.sees(form):
        # As of a form that nothing came through.
        return [_NO_FORM]
    return [form] if form else sorted(by.forms) if by else []
