"""Routes for destinations. Deleting, testing and routing stand where deliveries and leads are known."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from app.access.errors import MoreThanItsMaker
from app.access.permissions import CanReadSetup, CanWriteSetup, StaffRoute
from app.destinations import service
from app.destinations.errors import BuiltIn, DestinationNotFound, NothingToRotate
from app.destinations.guard import Guard
from app.destinations.preview import preview
from app.destinations.schemas import (
    DestinationChange,
    DestinationMade,
    DestinationOut,
    NewDestination,
    NewWebhook,
    Preview,
    SecretMade,
)
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/destinations", tags=["destinations"], route_class=StaffRoute)


class DestinationList(BaseModel):
    """Every destination the key may see."""

    items: list[DestinationOut]


@router.get("", operation_id="listDestinations")
async def list_destinations(house: House, staff: CanReadSetup) -> DestinationList:
    """List destinations in the order they were made."""
    return DestinationList(items=await service.list_destinations(house.database, house.keyring, by=staff))


@router.post("", operation_id="createDestination", status_code=HTTPStatus.CREATED, responses=problems(MoreThanItsMaker))
async def create_destination(new: NewDestination, house: House, staff: CanWriteSetup) -> DestinationMade:
    """Make a destination. A webhook's signing secret is shown this once."""
    guard = Guard(house.settings.allow_networks)
    return await service.add(house.database, house.keyring, guard, new, house.clock.now(), by=staff)


@router.post("/preview", operation_id="previewDestination")
async def preview_destination(new: NewWebhook, house: House, _staff: CanWriteSetup) -> Preview:
    """Show the exact requests that an invented lead would make there. Nothing is sent or saved."""
    return preview(new, Guard(house.settings.allow_networks))


@router.get("/{destination_id}", operation_id="getDestination", responses=problems(DestinationNotFound))
async def get_destination(destination_id: UUID, house: House, staff: CanReadSetup) -> DestinationOut:
    """Get one destination."""
    return await service.read(house.database, house.keyring, destination_id, by=staff)


@router.patch(
    "/{destination_id}",
    operation_id="changeDestination",
    responses=problems(DestinationNotFound, MoreThanItsMaker, BuiltIn),
)
async def change_destination(
    destination_id: UUID, wanted: DestinationChange, house: House, staff: CanWriteSetup
) -> DestinationMade:
    """Change a destination; what is left out stays, and what waits goes out the new way."""
    guard = Guard(house.settings.allow_networks)
    return await service.change(house.database, house.keyring, guard, destination_id, wanted, by=staff)


@router.post(
    "/{destination_id}/rotate-secret",
    operation_id="rotateSecret",
    responses=problems(DestinationNotFound, NothingToRotate),
)
async def rotate_secret(destination_id: UUID, house: House, staff: CanWriteSetup) -> SecretMade:
    """Give a webhook a new signing secret, shown this once; for 24 hours both sign, so that nothing is refused."""
    return await service.rotate_secret(house.database, house.keyring, destination_id, house.clock.now(), by=staff)


@router.post("/{destination_id}/pause", operation_id="pauseDestination", responses=problems(DestinationNotFound))
async def pause_destination(destination_id: UUID, house: House, staff: CanWriteSetup) -> DestinationOut:
    """Hold back what is promised to a destination; nothing is lost, it waits."""
    return await service.set_state(house.database, house.keyring, destination_id, "paused", by=staff)


@router.post("/{destination_id}/resume", operation_id="resumeDestination", responses=problems(DestinationNotFound))
async def resume_destination(destination_id: UUID, house: House, staff: CanWriteSetup) -> DestinationOut:
    """Set a destination going again."""
    return await service.set_state(house.database, house.keyring, destination_id, "active", by=staff)
