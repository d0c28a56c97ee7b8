"""Routes for staff accounts. Whoever may make keys may invite people: both hand on rights."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from app.access import staff as service
from app.access.errors import MoreThanItsMaker, StaffExists, StaffNotFound
from app.access.permissions import CanWriteKeys, StaffRoute
from app.access.staff_schemas import Invited, NewStaff, StaffChange, StaffOut
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/staff", tags=["staff"], route_class=StaffRoute)


class StaffList(BaseModel):
    """Everyone that you may see."""

    items: list[StaffOut]


@router.get("", operation_id="listStaff")
async def list_staff(house: House, staff: CanWriteKeys) -> StaffList:
    """List members of staff in the order of their addresses."""
    return StaffList(items=await service.list_staff(house.database, by=staff))


@router.post(
    "",
    operation_id="inviteStaff",
    status_code=HTTPStatus.CREATED,
    responses=problems(MoreThanItsMaker, StaffExists),
)
async def invite_staff(new: NewStaff, house: House, staff: CanWriteKeys) -> Invited:
    """Invite somebody; the link is shown this once, and lasts three days. No role beyond your own scopes."""
    return await service.invite(house.database, house.settings.base_url, new, house.clock.now(), by=staff)


@router.patch("/{staff_id}", operation_id="changeStaff", responses=problems(MoreThanItsMaker, StaffNotFound))
async def change_staff(staff_id: UUID, wanted: StaffChange, house: House, staff: CanWriteKeys) -> StaffOut:
    """Change somebody's name, role or forms; it holds from their next request on."""
    return await service.change(house.database, staff_id, wanted, by=staff)


@router.post("/{staff_id}/disable", operation_id="disableStaff", responses=problems(MoreThanItsMaker, StaffNotFound))
async def disable_staff(staff_id: UUID, house: House, staff: CanWriteKeys) -> StaffOut:
    """Let somebody in no more; their sessions end at once."""
    return await service.disable(house.database, staff_id, house.clock.now(), by=staff)


@router.post("/{staff_id}/reset", operation_id="resetStaff", responses=problems(MoreThanItsMaker, StaffNotFound))
async def reset_staff(staff_id: UUID, house: House, staff: CanWriteKeys) -> Invited:
    """Take password and authenticator app away and invite anew; their sessions end at once."""
    return await service.reset(house.database, house.settings.base_url, staff_id, house.clock.now(), by=staff)
