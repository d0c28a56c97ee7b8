"""Routes for deliveries, and for what changes together with them: destinations retired or replayed, forms."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.access.errors import MoreThanItsMaker
from app.access.permissions import CanReadDeliveries, CanWriteDeliveries, CanWriteSetup, StaffRoute
from app.deliveries import acknowledging, figures, replays, service
from app.deliveries.errors import DeliveryNotFound, NotRetriable, ReplayUnderWay
from app.deliveries.schemas import (
    AlertList,
    DeliveryDetail,
    DeliveryFilters,
    DeliveryList,
    Figures,
    NewReplay,
    ReplayList,
    ReplayOut,
)
from app.destinations.errors import BuiltIn, DestinationNotFound
from app.forms.errors import FormExists, FormNotFound
from app.forms.router import visible
from app.forms.schemas import FormChange, FormOut, NewForm
from app.paging import DEFAULT_LIMIT, MAX_LIMIT, Limit, link_next
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1", tags=["deliveries"], route_class=StaffRoute)


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


@router.get("/deliveries/figures", operation_id="getDeliveryFigures")
async def get_figures(house: House, staff: CanReadDeliveries) -> Figures:
    """Count what was promised, delivered, given up and waits, for each destination."""
    return Figures(items=await figures.per_destination(house.database, by=staff))


@router.get("/deliveries/alerts", operation_id="listAlerts")
async def list_alerts(house: House, staff: CanReadDeliveries, limit: Limit = DEFAULT_LIMIT) -> AlertList:
    """List when destinations began to fail, recovered, or asked to be left alone; newest first."""
    return AlertList(items=await figures.alerts(house.database, limit, by=staff))


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


@router.post(
    "/destinations/{destination_id}/replay",
    operation_id="replayDestination",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems(DestinationNotFound, ReplayUnderWay),
)
async def replay_destination(
    destination_id: UUID, wanted: NewReplay, house: House, staff: CanWriteDeliveries
) -> ReplayOut:
    """Send a stretch of time to a destination again, slowly and after what is fresh. Events keep their ids."""
    return await replays.order(house.database, destination_id, wanted, house.clock.now(), by=staff)


@router.get(
    "/destinations/{destination_id}/replays", operation_id="listReplays", responses=problems(DestinationNotFound)
)
async def list_replays(destination_id: UUID, house: House, staff: CanReadDeliveries) -> ReplayList:
    """List the latest replays of a destination and how far they have come; newest first."""
    return ReplayList(items=await replays.list_of(house.database, destination_id, by=staff))


@router.delete(
    "/destinations/{destination_id}",
    operation_id="deleteDestination",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(DestinationNotFound, BuiltIn),
    tags=["destinations"],
)
async def delete_destination(destination_id: UUID, house: House, staff: CanWriteSetup) -> None:
    """Delete a destination: what waits for it is cancelled, the rows stay."""
    await service.retire_destination(house.database, destination_id, house.clock.now(), by=staff)


@router.post(
    "/forms",
    operation_id="createForm",
    status_code=HTTPStatus.CREATED,
    responses=problems(FormExists, MoreThanItsMaker),
    tags=["forms"],
)
async def create_form(new: NewForm, house: House, staff: CanWriteSetup) -> FormOut:
    """Make a form, with the default wording."""
    if not staff.sees(new.key):
        raise MoreThanItsMaker("that form")
    return await acknowledging.add_form(house, new, by=staff)


@router.patch("/forms/{key}", operation_id="changeForm", responses=problems(FormNotFound), tags=["forms"])
async def change_form(key: str, wanted: FormChange, house: House, staff: CanWriteSetup) -> FormOut:
    """Change a form's settings; what is left out stays. `"reply_to": null` takes the address away."""
    return await acknowledging.change_form(house, visible(key, staff), wanted, by=staff)
