"""Permissions as routes name them: `staff: CanReadLeads`."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from app.access.errors import MissingScope, NotAuthenticated
from app.access.scopes import Scope
from app.access.service import KeyDesk, Principal

bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer fq_…`")


async def require(
    request: Request,
    scopes: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Principal:
    """Return who asks, or refuse: without a good key with 401, without the scope with 403."""
    desk: KeyDesk = request.app.state.key_desk
    if credentials is None:
        raise NotAuthenticated
    principal = await desk.recognise(credentials.credentials)
    for scope in scopes.scopes:
        if scope not in principal.scopes:
            raise MissingScope(scope)
    return principal


class StaffRoute(APIRoute):
    """A route that asks for the key before it reads the body: to strangers a broken body is no news of ours."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make the handler."""
        handle = super().get_route_handler()
        guards = [needed for needed in self.dependant.dependencies if needed.call is require]

        async def handle_staff(request: Request) -> Response:
            for needed in guards:
                await require(request, SecurityScopes(needed.own_oauth_scopes), await bearer(request))
            return await handle(request)

        return handle_staff


CanReadLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_READ.value])]
CanWriteLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_WRITE.value])]
CanReadDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_READ.value])]
CanWriteDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_WRITE.value])]
CanReadSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_READ.value])]
CanWriteSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_WRITE.value])]
CanWriteKeys = Annotated[Principal, Security(require, scopes=[Scope.KEYS_WRITE.value])]
