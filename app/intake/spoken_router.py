"""The route by which staff enter a telephone enquiry."""

from fastapi import APIRouter, Request, Response

from app.access.permissions import CanWriteLeads, StaffRoute
from app.bodies import BodyTooLarge
from app.clock import rfc3339
from app.errors import InvalidRequest
from app.forms.errors import FormClosed, FormNotFound
from app.intake.body import UnsupportedMediaType, read_body
from app.intake.reading import read_whole
from app.intake.router import Receipt
from app.intake.schemas import quote_request_schema, read_quote_request
from app.intake.spoken import enter
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/leads", tags=["leads"], route_class=StaffRoute)


@router.post(
    "",
    operation_id="createLead",
    status_code=201,
    responses=problems(FormNotFound, FormClosed, BodyTooLarge, UnsupportedMediaType, InvalidRequest),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": quote_request_schema()}}}
    },
)
async def create_lead(request: Request, response: Response, house: House, staff: CanWriteLeads) -> Receipt:
    """Enter a telephone enquiry: the fields of a quote request, its consents as they were spoken."""
    raw = await read_whole(request.receive)
    wanted = read_quote_request(read_body(request.headers.get("content-type"), raw), accept_language=None)
    entered = await enter(house, wanted, by=staff)
    house.hint()
    response.headers["Location"] = f"{house.settings.base_url}/v1/leads/{entered.id}"
    return Receipt(
        id=str(entered.id),
        reference=entered.reference,
        form=entered.form,
        received_at=rfc3339(entered.received_at),
    )
