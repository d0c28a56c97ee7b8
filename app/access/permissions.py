"""Permissions as routes name them: `staff: CanReadLeads`."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from app.access.errors import MissingScope, MoreThanItsMaker, NeedsAllForms, NotAuthenticated
from app.access.principals import Principal
from app.access.refusals import Refusals
from app.access.scopes import Scope
from app.access.service import KeyDesk

bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer fq_…`")


async def require(
    request: Request,
    scopes: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Principal:
    """Return who asks, or refuse: without a good key with 401, without the scope with 403."""
    by = await identify(request, credentials)
    allow(by, scopes.scopes)
    return by


async def identify(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Principal:
    """Return who asks, or raise `NotAuthenticated`."""
    desk: KeyDesk = request.app.state.key_desk
    if credentials is None:
        raise NotAuthenticated
    return await desk.recognise(credentials.credentials)


def allow(by: Principal, scopes: Iterable[str]) -> None:
    """Let somebody through who holds the scopes, or raise `MissingScope`."""
    for scope in scopes:
        if scope not in by.scopes:
            raise MissingScope(scope)


class StaffRoute(APIRoute):
    """A route that asks for the key before it reads the body: to strangers a broken body is no news of ours.

    What it refuses to somebody known is audited.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make the handler."""
        handle = super().get_route_handler()
        guards = [needed for needed in self.dependant.dependencies if needed.call is require]

        async def handle_staff(request: Request) -> Response:
            by = None
            try:
                for needed in guards:
                    by = await identify(request, await bearer(request))
                    allow(by, needed.own_oauth_scopes or [])
                return await handle(request)
            except (MissingScope, MoreThanItsMaker, NeedsAllForms) as refusal:
                if by is not None:
                    refusals: Refusals = request.app.state.refusals
                    await refusals.note(by, self.operation_id or self.name, refusal.code)
                raise

        return handle_staff


CanReadLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_READ.value])]
CanWriteLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_WRITE.value])]
CanReadDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_READ.value])]
CanWriteDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_WRITE.value])]
CanReadSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_READ.value])]
CanWriteSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_WRITE.value])]
CanReadAudit = Annotated[Principal, Security(require, scopes=[Scope.AUDIT_READ.value])]
CanWriteKeys = Annotated[Principal, Security(require, scopes=[Scope.KEYS_WRITE.value])]
