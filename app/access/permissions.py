"""Permissions as routes name them: `staff: CanReadLeads`. Keys and sessions are judged by the same scopes."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from app.access.errors import (
    ForeignOrigin,
    MissingScope,
    MoreThanItsMaker,
    NeedsAllForms,
    NotASession,
    NotAuthenticated,
)
from app.access.principals import Principal
from app.access.refusals import Refusals
from app.access.scopes import Scope
from app.access.service import KeyDesk
from app.access.sessions import Recognised, SessionDesk
from app.errors import AppError
from app.parts import Parts

COOKIE = "__Host-fq"
"""Browsers take it only from us, over TLS, and for no other host (RFC 6265bis §4.1.3.2)."""
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_REFUSALS = (MissingScope, MoreThanItsMaker, NeedsAllForms, NotASession)

bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer fq_…`")
cookie = APIKeyCookie(
    name=COOKIE, auto_error=False, scheme_name="Session", description="A browser that is logged in; from our own pages."
)


async def require(
    request: Request,
    scopes: SecurityScopes,
    _credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    _session: Annotated[str | None, Security(cookie)],
) -> Principal:
    """Return who asks, or refuse: strangers with 401, somebody without the scope with 403."""
    by = await identify(request)
    allow(by, scopes.scopes)
    return by


async def require_session(request: Request, _session: Annotated[str | None, Security(cookie)]) -> Recognised:
    """Return who is logged in, or refuse: strangers with 401, keys with `NotASession`."""
    await identify(request)
    recognised: Recognised | None = getattr(request.state, "recognised", None)
    if recognised is None:
        raise NotASession
    return recognised


async def identify(request: Request) -> Principal:
    """Return who asks, by a key or else by a session, or raise `NotAuthenticated`. Asked twice, it looks up once."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        known = request.state.principal = await _look_up(request)
    return known


async def recognise_again(request: Request, scope: Scope) -> Principal:
    """Return who asks as things are now, for what outlasts a request; errors as of `require`.

    To be looked at again is no use of a session: one that only listens ends like any other that is idle.
    """
    by = await _look_up(request, is_use=False)
    allow(by, [scope.value])
    return by


async def _look_up(request: Request, *, is_use: bool = True) -> Principal:
    credentials = await bearer(request)
    if credentials is not None:
        keys: KeyDesk = request.app.state.key_desk
        return await keys.recognise(credentials.credentials)
    session_id = request.cookies.get(COOKIE)
    if session_id is None or "authorization" in request.headers:
        raise NotAuthenticated
    check_same_origin(request)
    sessions: SessionDesk = request.app.state.session_desk
    recognised = request.state.recognised = await sessions.recognise(session_id, is_use=is_use)
    return recognised.principal


def allow(by: Principal, scopes: Iterable[str]) -> None:
    """Let somebody through who holds the scopes, or raise `MissingScope`."""
    for scope in scopes:
        if scope not in by.scopes:
            raise MissingScope(scope)


def check_same_origin(request: Request) -> None:
    """Refuse what a browser was made to send from elsewhere, or what does not say where it is from: `ForeignOrigin`."""
    if request.method in _SAFE_METHODS:
        return
    house: Parts = request.app.state.parts
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site != "same-origin" and (site is not None or origin != house.settings.base_url):
        raise ForeignOrigin


class StaffRoute(APIRoute):
    """A route that asks who it is before it reads the body: to strangers a broken body is no news of ours.

    What it refuses to somebody known is audited.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make the handler."""
        handle = super().get_route_handler()
        guards = [needed for needed in self.dependant.dependencies if needed.call in {require, require_session}]

        async def handle_staff(request: Request) -> Response:
            try:
                for needed in guards:
                    allow(await identify(request), needed.own_oauth_scopes or [])
                response = await handle(request)
            except _REFUSALS as refusal:
                await self._note(request, refusal)
                raise
            # A browser that is logged in must not keep what staff saw after they have gone.
            if guards:
                response.headers.setdefault("Cache-Control", "no-store")
            return response

        return handle_staff

    async def _note(self, request: Request, refusal: AppError) -> None:
        by, refusals = request.state.principal, request.app.state.refusals
        if isinstance(by, Principal) and isinstance(refusals, Refusals):
            await refusals.note(by, self.operation_id or self.name, refusal.code)


CanReadLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_READ.value])]
CanWriteLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_WRITE.value])]
CanExportLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_EXPORT.value])]
CanEraseLeads = Annotated[Principal, Security(require, scopes=[Scope.LEADS_ERASE.value])]
CanReadDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_READ.value])]
CanWriteDeliveries = Annotated[Principal, Security(require, scopes=[Scope.DELIVERIES_WRITE.value])]
CanReadSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_READ.value])]
CanWriteSetup = Annotated[Principal, Security(require, scopes=[Scope.SETUP_WRITE.value])]
CanReadAudit = Annotated[Principal, Security(require, scopes=[Scope.AUDIT_READ.value])]
CanWriteKeys = Annotated[Principal, Security(require, scopes=[Scope.KEYS_WRITE.value])]
Anyone = Annotated[Principal, Security(require, scopes=[])]
"""Anyone known: a key or somebody who is logged in."""
LoggedIn = Annotated[Recognised, Security(require_session)]
