"""Permissions as routes name them: `staff: CanReadLeads`."""

from typing import Annotated

from fastapi import Request, Security
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


CanReadLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_READ.value])]
CanWriteLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_WRITE.value])]
CanReadDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_READ.value])]
CanWriteDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_WRITE.value])]
CanReadSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_READ.value])]
CanWriteSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_WRITE.value])]
CanWriteKeys = Annotated[Principal, Security(require, scopes=[Scope.KEYS_WRITE.value])]
