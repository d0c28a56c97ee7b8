"""The route that tests a destination."""

from uuid import UUID

from fastapi import APIRouter, Request

from app.access.permissions import CanWriteSetup, StaffRoute
from app.deliveries.schemas import DeliveryDetail
from app.destinations.errors import DestinationNotFound
from app.intake.trial import try_destination
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/destinations", tags=["destinations"], route_class=StaffRoute)


@router.post("/{destination_id}/test", operation_id="testDestination", responses=problems(DestinationNotFound))
async def test_destination(
    destination_id: UUID, request: Request, house: House, staff: CanWriteSetup
) -> DeliveryDetail:
    """Send an invented lead, marked as a test, to this destination now; the answer holds the attempt."""
    return await try_destination(house, request.app.state.engine, destination_id, by=staff)
