"""What became of held leads, by the reasons that they were held for: which sign deserves its weight."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from app.access.principals import Principal
from app.database import Database
from app.leads.stats import queries
from app.leads.stats.asking import check_days, forms_asked
from app.leads.stats.schemas import HeldFigures, ReasonFigure


async def held_figures(
    database: Database, first: date, last: date, form: str | None = None, *, by: Principal | None = None
) -> HeldFigures:
    """Return the figures of the held leads that were received from one day to another (UTC), both included.

    Errors: `InvalidRequest` when the days are too many or in the wrong order.
    """
    check_days(first, last)
    async with database.read() as session:
        rows = (await session.execute(queries.held(first, last, forms_asked(form, by)))).all()
    whole: Counter[str] = Counter()
    by_reason: dict[str, Counter[str]] = defaultdict(Counter)
    for reasons, is_held, is_rejected, count, _ in rows:
        became = "rejected" if is_rejected else "waiting" if is_held else "released"
        for counter in (whole, *(by_reason[reason] for reason in reasons)):
            counter.update({"held": count, became: count})
    ranked = sorted(by_reason.items(), key=lambda one: (-one[1]["held"], one[0]))
    return HeldFigures(
        first_day=first,
        last_day=last,
        oldest_waiting_at=min((oldest for *state, _, oldest in rows if _waits(state)), default=None),
        reasons=[ReasonFigure(reason=reason, **counts) for reason, counts in ranked],
        **whole,
    )


def _waits(state: list[Any]) -> bool:
    _, is_held, is_rejected = state
    return is_held and not is_rejected
