"""The route of figures."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from app.access.permissions import CanReadLeads, StaffRoute
from app.forms.schemas import FORM_KEY_PATTERN
from app.leads.stats import service
from app.leads.stats.asking import USUAL_DAYS
from app.leads.stats.held import held_figures
from app.leads.stats.schemas import HeldFigures, Stats
from app.parts import House

router = APIRouter(prefix="/v1", tags=["leads"], route_class=StaffRoute)
_EARLIEST, _LATEST = date(1970, 1, 1), date(9998, 12, 31)
_From = Annotated[
    date | None, Query(alias="from", ge=_EARLIEST, le=_LATEST, description="The first day (UTC); else 30 days in all.")
]
_To = Annotated[
    date | None, Query(alias="to", ge=_EARLIEST, le=_LATEST, description="The last day (UTC), included; else today.")
]
_Form = Annotated[str | None, Query(pattern=FORM_KEY_PATTERN, description="Only what came through this form.")]


@router.get("/stats", operation_id="getStats")
async def get_stats(
    house: House, staff: CanReadLeads, first: _From = None, last: _To = None, form: _Form = None
) -> Stats:
    """Get the leads of some days in figures: by day, status, source, country and form, answers and deliveries."""
    last = last or house.clock.now().date()
    return await service.stats(house.database, first or last - USUAL_DAYS, last, form, by=staff)


@router.get("/stats/held", operation_id="getHeldStats")
async def get_held_stats(
    house: House, staff: CanReadLeads, first: _From = None, last: _To = None, form: _Form = None
) -> HeldFigures:
    """Get what became of the leads that were held, by reason: how many were released, rejected, and still wait."""
    last = last or house.clock.now().date()
    return await held_figures(house.database, first or last - USUAL_DAYS, last, form, by=staff)
