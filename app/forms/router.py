"""Routes for forms: what a page needs, and what staff set. Making and changing one stand where deliveries are known."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.access.permissions import CanReadSetup, CanWriteSetup, StaffRoute
from app.access.principals import Principal
from app.errors import AppError
from app.forms import service
from app.forms.errors import FormClosed, FormNotFound
from app.forms.proofs import Challenge
from app.forms.schemas import FormOut, NewWording, PublicForm, TimeToken, WordingOut
from app.parts import House
from app.problems import problem_response, problems, request_id_of

router = APIRouter(prefix="/v1/forms", tags=["forms"], route_class=StaffRoute)
_ANY_SITE = {"Access-Control-Allow-Origin": "*"}
_A_MINUTE = {"Cache-Control": "public, max-age=60"}
_NEVER = {"Cache-Control": "no-store"}


class FormList(BaseModel):
    """Every form the key may see."""

    items: list[FormOut]


@router.get("", operation_id="listForms")
async def list_forms(house: House, staff: CanReadSetup) -> FormList:
    """List forms in the order of their keys."""
    return FormList(items=await service.list_forms(house.database, sorted(staff.forms)))


@router.get("/{key}", operation_id="getForm", response_model=PublicForm, responses=problems(FormNotFound, FormClosed))
async def get_form(key: str, house: House, request: Request, response: Response) -> PublicForm | Response:
    """Get what a page needs to draw the form."""
    try:
        form = await service.public(house.database, house.settings, key)
    except AppError as error:
        return problem_response(error, request_id_of(request), _ANY_SITE)
    response.headers.update({**_ANY_SITE, **_A_MINUTE})
    return form


@router.get(
    "/{key}/token", operation_id="getFormToken", response_model=TimeToken, responses=problems(FormNotFound, FormClosed)
)
async def get_form_token(key: str, house: House, request: Request, response: Response) -> TimeToken | Response:
    """Get a signed time token, which a page sends along as `fq_token`."""
    try:
        token = await service.time_token(house.database, house.keyring, key, house.clock.now())
    except AppError as error:
        return problem_response(error, request_id_of(request), {**_ANY_SITE, **_NEVER})
    response.headers.update({**_ANY_SITE, **_NEVER})
    return TimeToken(token=token)


@router.get(
    "/{key}/challenge",
    operation_id="getFormChallenge",
    response_model=Challenge,
    responses=problems(FormNotFound, FormClosed),
)
async def get_form_challenge(key: str, house: House, request: Request, response: Response) -> Challenge | Response:
    """Get a challenge of ALTCHA's first protocol; a page solves it and sends the solution along as `fq_altcha`."""
    try:
        challenge = await service.challenge(house.database, house.keyring, key, house.clock.now())
    except AppError as error:
        return problem_response(error, request_id_of(request), {**_ANY_SITE, **_NEVER})
    response.headers.update({**_ANY_SITE, **_NEVER})
    return challenge


@router.get("/{key}/settings", operation_id="getFormSettings", responses=problems(FormNotFound))
async def get_form_settings(key: str, house: House, staff: CanReadSetup) -> FormOut:
    """Get a form's settings."""
    return await service.settings_of(house.database, visible(key, staff))


@router.post(
    "/{key}/wordings", operation_id="addWording", status_code=HTTPStatus.CREATED, responses=problems(FormNotFound)
)
async def add_wording(key: str, new: NewWording, house: House, staff: CanWriteSetup) -> WordingOut:
    """Set new consent texts for one language; the old set stays as it was."""
    return await service.add_wording(house.database, visible(key, staff), new, house.clock.now(), by=staff)


def visible(key: str, staff: Principal) -> str:
    """Return the key of a form that staff may see, or raise `FormNotFound`."""
    if not staff.sees(key):
        raise FormNotFound
    return key
