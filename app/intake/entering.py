"""Leads that did not come through the door: entered by staff, or brought from elsewhere."""

from collections.abc import Callable, Sequence

from app.bulk import Rows
from app.destinations.models import Destination
from app.errors import OutOfReach
from app.intake.configuration import DoorConfiguration
from app.leads import arrivals
from app.leads.arrivals import Arrival
from app.parts import Parts

_MOST_TRIES = 4
"""How often it is begun anew because the configuration moved meanwhile."""


def nobody(_form_key: str) -> Sequence[Destination]:
    """Say that nobody hears of a form's leads."""
    return ()


async def write(
    house: Parts,
    configuration: DoorConfiguration,
    form_key: str,
    entered: Sequence[Arrival],
    *,
    actor: str,
    told: Callable[[str], Sequence[Destination]] | None = None,
    beside: Sequence[Rows] = (),
) -> None:
    """Write leads of a form, all or none, for those who hear of it at that moment (`told`: for others).

    Errors: `FormNotFound`, `FormClosed`; `OutOfReach`.
    """
    for _ in range(_MOST_TRIES):
        await configuration.form(form_key)
        hear, unmoved = told or configuration.told, configuration.unmoved
        if await arrivals.write(house.database, entered, hear, beside=beside, actor=actor, only_if=unmoved):
            return
        await configuration.check()
    raise OutOfReach
