"""Routes for deliveries, and for deleting a destination together with what waits for it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.access.permissions import CanReadDeliveries, CanWriteDeliveries, CanWriteSetup
from app.deliveries import service
from app.deliveries.errors import DeliveryNotFound, NotRetriable
from app.deliveries.schemas import DeliveryDetail, DeliveryFilters, DeliveryList
from app.destinations.errors import DestinationNotFound
from app.paging import DEFAULT_LIMIT, MAX_LIMIT, link_next
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1", tags=["deliveries"])


class DeliveryPage(DeliveryFilters):
    """Which deliveries, and where the page begins."""

    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Query(max_length=500)] = None


@router.get("/deliveries", operation_id="listDeliveries")
async def list_deliveries(
    wanted: Annotated[DeliveryPage, Query()],
    house: House,
    staff: CanReadDeliveries,
    request: Request,
    response: Response,
) -> DeliveryList:
    """List deliveries, newest first."""
    page = await service.list_deliveries(house.database, wanted, cursor=wanted.cursor, limit=wanted.limit, by=staff)
    link_next(request, response, house.settings.base_url, page.next_cursor)
    return DeliveryList(items=list(page.items), next_cursor=page.next_cursor)


@router.get("/deliveries/{delivery_id}", operation_id="getDelivery", responses=problems(DeliveryNotFound))
async def get_delivery(delivery_id: UUID, house: House, staff: CanReadDeliveries) -> DeliveryDetail:
    """Get one delivery with every attempt."""
    return await service.show(house.database, delivery_id, by=staff)


@router.post(
    "/deliveries/{delivery_id}/retry",
    operation_id="retryDelivery",
    responses=problems(DeliveryNotFound, NotRetriable),
)
async def retry_delivery(delivery_id: UUID, house: House, staff: CanWriteDeliveries) -> DeliveryDetail:
    """Try a delivery again at once, its schedule begun anew."""
    found = await service.retry(house.database, delivery_id, house.clock.now(), by=staff)
    house.hint()
    return found


@router.delete(
    "/destinations/{destination_id}",
    operation_id="deleteDestination",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(DestinationNotFound),
    tags=["destinations"],
)
async def delete_destination(destination_id: UUID, house: House, staff: CanWriteSetup) -> None:
    """Delete a destination: what waits for it is cancelled, the rows stay."""
    await service.retire_destination(house.database, destination_id, house.clock.now(), by=staff)
