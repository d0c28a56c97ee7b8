"""Routes for logging in and out, for taking up an invitation, and for one's own account."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from app.access import own_account, staff
from app.access.errors import CodeNeeded, ForeignOrigin, InvitationNotFound, LogInFailed, NotASession, TooManyLogIns
from app.access.permissions import COOKIE, Anyone, LoggedIn, StaffRoute, check_same_origin
from app.access.sessions import ABSOLUTE, Recognised, SessionDesk
from app.access.staff_schemas import Confirmed, Enrolment, Joining, LogIn, Me, PasswordChange, StaffOut, TotpCode
from app.limits import client_behind
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1", tags=["session"], route_class=StaffRoute)


def _desk(request: Request) -> SessionDesk:
    desk: SessionDesk = request.app.state.session_desk
    return desk


@router.post(
    "/session",
    operation_id="logIn",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(LogInFailed, CodeNeeded, ForeignOrigin, TooManyLogIns),
)
async def log_in(given: LogIn, request: Request, response: Response, house: House) -> None:
    """Log in: the answer sets the session's cookie, for 30 minutes without use and 12 hours in all."""
    check_same_origin(request)
    client = client_behind(request, house.settings.trusted_proxies)
    made = await _desk(request).log_in(given, client, before=request.cookies.get(COOKIE))
    set_session(response, made)


@router.delete("/session", operation_id="logOut", status_code=HTTPStatus.NO_CONTENT, responses=problems(ForeignOrigin))
async def log_out(request: Request, response: Response) -> None:
    """Log out. Whoever is not logged in is out already."""
    check_same_origin(request)
    await _desk(request).log_out(request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


@router.post(
    "/invitations/accept", operation_id="acceptInvitation", responses=problems(InvitationNotFound, ForeignOrigin)
)
async def accept_invitation(joining: Joining, request: Request, house: House) -> StaffOut:
    """Set the password with the token of an invitation (what stands behind the `#` of its link); then log in."""
    check_same_origin(request)
    return await staff.join(house.database, _desk(request).passwords, joining, house.clock.now())


@router.get("/me", operation_id="getMe")
async def get_me(request: Request, by: Anyone) -> Me:
    """Say who asks, and what they may do."""
    me = Me(kind=by.kind, id=by.id, name=by.name, scopes=sorted(by.scopes), forms=sorted(by.forms))
    who: Recognised | None = getattr(request.state, "recognised", None)
    if who is None:
        return me
    without = "needed" if who.is_lacking else "off"
    return me.model_copy(update={"role": who.role, "totp": "on" if who.totp else without})


@router.put(
    "/me/password",
    operation_id="changePassword",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(LogInFailed, NotASession, TooManyLogIns),
)
async def change_password(
    wanted: PasswordChange, request: Request, response: Response, house: House, who: LoggedIn
) -> None:
    """Change your password. All your sessions end; this browser gets a new one."""
    set_session(response, await own_account.change_password(house, _desk(request), who.principal.id, wanted))


@router.post("/me/totp", operation_id="beginTotp", responses=problems(LogInFailed, NotASession, TooManyLogIns))
async def begin_totp(given: Confirmed, request: Request, house: House, who: LoggedIn) -> Enrolment:
    """Get a secret for an authenticator app; it counts once you send a code of it."""
    return await own_account.begin_totp(house, _desk(request), who.principal.id, given.password)


@router.post(
    "/me/totp/confirm",
    operation_id="confirmTotp",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(LogInFailed, NotASession, TooManyLogIns),
)
async def confirm_totp(given: TotpCode, request: Request, response: Response, house: House, who: LoggedIn) -> None:
    """Let codes of the new app count from now on. All your sessions end; this browser gets a new one."""
    set_session(response, await own_account.confirm_totp(house, _desk(request), who.principal.id, given.code))


def set_session(response: Response, session_id: str) -> None:
    """Let the browser keep a new session."""
    lasts = int(ABSOLUTE.total_seconds())
    response.set_cookie(COOKIE, session_id, max_age=lasts, path="/", secure=True, httponly=True, samesite="lax")
