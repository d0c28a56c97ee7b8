"""The route of exports."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from app.access.permissions import CanExportLeads, StaffRoute
from app.leads.errors import SearchNeedsContact
from app.leads.export.columns import Column
from app.leads.export.service import Format, export, writer_of
from app.leads.schemas import LeadFilters
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/leads", tags=["leads"], route_class=StaffRoute)
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILES: dict[str, Any] = {writer_of(kind, []).media_type: _BINARY for kind in Format}


class LeadExport(LeadFilters):
    """Which leads, as what kind of file, with which columns."""

    format: Format = Format.CSV
    columns: list[Column] = Field(default_factory=list, description="Repeatable, in the order of the file; none: all.")


@router.get(
    "/export",
    operation_id="exportLeads",
    status_code=HTTPStatus.OK,
    response_class=StreamingResponse,
    responses={HTTPStatus.OK: {"content": _FILES}, **problems(SearchNeedsContact)},
)
async def export_leads(
    wanted: Annotated[LeadExport, Query()], house: House, staff: CanExportLeads
) -> StreamingResponse:
    """Export the leads that a list with the same filters shows, as CSV, as an Excel workbook or as JSON lines.

    A file that breaks off was not exported whole. Without `leads:contact`, contact data is masked and not looked for.
    """
    writer = writer_of(wanted.format, wanted.columns)
    name = f"leads-{house.clock.now():%Y-%m-%d}.{wanted.format.value}"
    return StreamingResponse(
        await export(house.database, house.keyring, wanted, writer, wanted.columns, by=staff),
        media_type=writer.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
