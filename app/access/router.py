"""Routes for API keys."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from app.access import service
from app.access.errors import KeyNotFound, MoreThanItsMaker
from app.access.permissions import CanWriteKeys, StaffRoute
from app.access.schemas import KeyOut, MintedKey, NewKey
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=StaffRoute)


class KeyList(BaseModel):
    """Every key that yours may see."""

    items: list[KeyOut]


@router.get("", operation_id="listKeys")
async def list_keys(house: House, staff: CanWriteKeys) -> KeyList:
    """List API keys, newest first, without their secrets."""
    return KeyList(items=await service.list_keys(house.database, by=staff))


@router.post("", operation_id="createKey", status_code=HTTPStatus.CREATED, responses=problems(MoreThanItsMaker))
async def create_key(new: NewKey, house: House, staff: CanWriteKeys) -> MintedKey:
    """Make a key with a subset of your own scopes and forms. The secret is shown this once."""
    return await service.mint(house.database, new, house.clock.now(), by=staff)


@router.delete("/{key_id}", operation_id="revokeKey", responses=problems(KeyNotFound))
async def revoke_key(key_id: UUID, house: House, staff: CanWriteKeys) -> KeyOut:
    """End a key for good."""
    return await service.revoke(house.database, key_id, house.clock.now(), by=staff)
