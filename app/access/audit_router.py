"""Routes for the audit. They stand here, since the audit itself knows nothing of keys."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.access.errors import NeedsAllForms
from app.access.permissions import CanReadAudit, StaffRoute
from app.access.principals import Principal
from app.audit import service
from app.audit.checkpoints import CheckpointFile
from app.audit.schemas import AuditFilters, AuditList, Verification
from app.audit.verifying import verify
from app.paging import DEFAULT_LIMIT, MAX_LIMIT, link_next
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=StaffRoute)


class AuditPage(AuditFilters):
    """Which entries, and where the page begins."""

    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Query(max_length=500)] = None


@router.get("", operation_id="listAudit", responses=problems(NeedsAllForms))
async def list_audit(
    wanted: Annotated[AuditPage, Query()], house: House, staff: CanReadAudit, request: Request, response: Response
) -> AuditList:
    """List who did what, newest first."""
    _check_whole(staff)
    page = await service.list_entries(house.database, wanted, cursor=wanted.cursor, limit=wanted.limit)
    link_next(request, response, house.settings.base_url, page.next_cursor)
    return AuditList(items=list(page.items), next_cursor=page.next_cursor)


@router.get("/verify", operation_id="verifyAudit", responses=problems(NeedsAllForms))
async def verify_audit(house: House, staff: CanReadAudit) -> Verification:
    """Check that no entry was edited, deleted, moved or cut off. It reads them all, so it takes its time."""
    _check_whole(staff)
    return await verify(house.database, house.keyring.audit, CheckpointFile(house.settings.audit_dir))


def _check_whole(staff: Principal) -> None:
    """Refuse whoever may see some forms only: the audit names leads of all."""
    if staff.forms:
        raise NeedsAllForms
