"""The route of figures."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from app.access.permissions import CanReadLeads, StaffRoute
from app.forms.schemas import FORM_KEY_PATTERN
from app.leads.stats import service
from app.leads.stats.schemas import Stats
from app.parts import House

router = APIRouter(prefix="/v1", tags=["leads"], route_class=StaffRoute)
_USUAL_DAYS = timedelta(days=29)
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
    return await service.stats(house.database, first or last - _USUAL_DAYS, last, form, by=staff)
