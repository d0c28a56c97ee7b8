"""Routes for signing in through the provider: out of the house, and back into it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from app.access.errors import ForeignOrigin, TooManyLogIns
from app.access.oidc.desk import CALLBACK, Returned, SignInDesk
from app.access.oidc.errors import (
    ProviderOutOfReach,
    SecondFactorMissing,
    SignInNotBegun,
    SignInNotSetUp,
    SignInRefused,
)
from app.access.oidc.under_way import LASTS
from app.access.permissions import COOKIE, StaffRoute
from app.access.session_router import set_session
from app.limits import client_behind
from app.parts import House
from app.problems import problems

UNDER_WAY = "__Host-fq-oidc"
_ELSEWHERE = {"cross-site", "same-site"}
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

router = APIRouter(tags=["session"], route_class=StaffRoute)


def _desk(request: Request) -> SignInDesk:
    desk: SignInDesk = request.app.state.sign_in_desk
    return desk


@router.get(
    "/v1/session/oidc",
    operation_id="beginSignIn",
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    responses=problems(SignInNotSetUp, ForeignOrigin, TooManyLogIns, ProviderOutOfReach),
)
async def begin_sign_in(
    request: Request,
    house: House,
    page: Annotated[
        str | None,
        Query(alias="next", max_length=2000, description="A page under `/console` to go to; any other is ignored."),
    ] = None,
) -> RedirectResponse:
    """Go to the clinic's sign-in provider. For browsers, from our own pages or by hand."""
    if request.headers.get("sec-fetch-site") in _ELSEWHERE:
        raise ForeignOrigin
    url, begun = await _desk(request).begin(client_behind(request, house.settings.trusted_proxies), page)
    answer = RedirectResponse(url, HTTPStatus.SEE_OTHER, _HEADERS)
    lasts = int(LASTS.total_seconds())
    # Lax, since the way back begins on the provider's page.
    answer.set_cookie(UNDER_WAY, begun.cookie, max_age=lasts, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.get(
    CALLBACK,
    operation_id="finishSignIn",
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    responses=problems(
        *(SignInNotBegun, SignInRefused, SecondFactorMissing, SignInNotSetUp, TooManyLogIns, ProviderOutOfReach)
    ),
)
async def finish_sign_in(
    request: Request,
    house: House,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str | None, Query(max_length=4000)] = None,
    iss: Annotated[str | None, Query(max_length=2000)] = None,
    error: Annotated[str | None, Query(max_length=500)] = None,
) -> RedirectResponse:
    """Come back from the provider: the answer sets the session's cookie, as logging in does. It works once."""
    client = client_behind(request, house.settings.trusted_proxies)
    returned = Returned(state, code, iss, error)
    kept, before = request.cookies.get(UNDER_WAY), request.cookies.get(COOKIE)
    signed_in = await _desk(request).finish(returned, kept, client, before)
    answer = RedirectResponse(signed_in.page, HTTPStatus.SEE_OTHER, _HEADERS)
    answer.delete_cookie(UNDER_WAY, path="/", secure=True, httponly=True, samesite="lax")
    set_session(answer, signed_in.session_id)
    return answer
