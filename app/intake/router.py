"""The door: `POST /v1/quote-requests`, for scripts, for widgets, and for a browser's own form post."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.bodies import BodyTooLarge, RequestTooSlow
from app.errors import AppError, InvalidRequest, OutOfReach
from app.forms import time_tokens
from app.forms.errors import FormClosed, FormNotFound
from app.forms.models import Form
from app.forms.service import DEFAULT_FORM
from app.intake import service
from app.intake.admission import Admission
from app.intake.aliases import renamed
from app.intake.answers import receipt, refusal, sent_on
from app.intake.body import Submission, UnsupportedMediaType
from app.intake.errors import IdempotencyKeyReused, OriginNotAllowed, RequestBrokenOff
from app.intake.origins import check_origin, preflight_headers
from app.intake.reading import headers_of, idempotency_key, is_browser_post
from app.intake.schemas import quote_request_schema, read_quote_request
from app.intake.service import Accepted, Candidate
from app.intake.visit import Visit
from app.limits import BurstLimit, TooManyRequests, client_behind
from app.parts import House, Parts
from app.problems import problems

_PATH = "/v1/quote-requests"
router = APIRouter(prefix=_PATH, tags=["quote requests"])


class Receipt(BaseModel):
    """The request is on disk, and with it every promise to deliver it."""

    id: Annotated[str, Field(examples=["01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"])]
    reference: Annotated[str, Field(examples=["FQ-7K3M9-QXD4H"])]
    form: Annotated[str, Field(examples=["default"])]
    received_at: Annotated[str, Field(examples=["2026-11-24T10:00:00.000000Z"])]


@router.options("", include_in_schema=False)
async def preflight(request: Request, house: House) -> Response:
    """Tell a browser whether its page may post here. Without a form in the query, any form's sites may ask."""
    admission: Admission = request.app.state.admission
    meant = await admission.configuration.meant(request.query_params.get("form"))
    headers = preflight_headers(house.settings, meant, request.headers.get("origin"))
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


_ENCODINGS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "form",
        "in": "query",
        "description": "Key of the form; wins over the field of the same name.",
        "schema": {"type": "string", "default": DEFAULT_FORM},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same request gets the same answer for 24 hours.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
]


@router.post(
    "",
    operation_id="createQuoteRequest",
    status_code=HTTPStatus.CREATED,
    response_model=Receipt,
    responses={
        HTTPStatus.SEE_OTHER: {"description": "A browser's own form post: on to the thank-you page."},
        **problems(
            RequestBrokenOff,
            RequestTooSlow,
            OriginNotAllowed,
            FormNotFound,
            FormClosed,
            BodyTooLarge,
            UnsupportedMediaType,
            InvalidRequest,
            IdempotencyKeyReused,
            TooManyRequests,
            OutOfReach,
        ),
    },
    openapi_extra={
        "parameters": _PARAMETERS,
        "requestBody": {
            "required": True,
            "content": {encoding: {"schema": quote_request_schema()} for encoding in _ENCODINGS},
        },
    },
)
async def take(request: Request) -> Response:
    """Take a quote request. `201` means: on disk, and every delivery it needs is on disk with it."""
    house: Parts = request.app.state.parts
    visit = Visit(request, house, headers_of(request.scope))
    try:
        accepted, submission = await _receive(visit)
    except AppError as error:
        return await refusal(visit, error)
    return sent_on(visit, accepted, submission) if is_browser_post(visit.headers) else receipt(visit, accepted)


_ROUTE = Route(_PATH, take, methods=["POST"])


class ShortWay:
    """Lets quote requests in before the stack that solves dependencies: they need none of it.

    The route above says the same in the API's description and answers wherever this layer is not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a quote request; pass everything else on."""
        if scope["type"] != "http" or scope["path"] != _PATH or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        response = await take(Request(scope, receive, send))
        await response(scope, receive, send)


async def _receive(visit: Visit) -> tuple[Accepted, Submission]:
    named = visit.query.get("form")
    if named is not None:
        async with visit.in_time():
            await visit.enter(named)
    submission = await visit.read()
    async with visit.in_time():
        return await _let_in(visit, submission)


async def _let_in(visit: Visit, submission: Submission) -> tuple[Accepted, Submission]:
    request, house = visit.request, visit.house
    form = visit.form or await visit.enter(_form_in(submission))
    if form.aliases:
        submission = renamed(submission, form.aliases)
        visit.typed = submission.typed
    await _check_origin(visit, form, submission)
    key = idempotency_key(visit.headers, submission)
    wanted = read_quote_request(submission, accept_language=visit.headers.get("accept-language"))
    client = client_behind(request, house.settings.trusted_proxies)
    candidate = await service.candidate(house, visit.configuration, form.key, wanted, key=key, client=client)
    if known := await _stop_burst(request, house, candidate, client):
        return known, submission
    if form.turnstile:
        # Whoever fetches an answer again waits for nobody else.
        if known := await service.answered_before(house.database, candidate):
            return known, submission
        candidate = await service.vouched(house, request.app.state.turnstile, candidate, wanted)
    admission: Admission = request.app.state.admission
    return await admission.admit(candidate), submission


def _form_in(submission: Submission) -> str:
    named = submission.fields.get("form")
    return named if isinstance(named, str) else DEFAULT_FORM


async def _check_origin(visit: Visit, form: Form, submission: Submission) -> None:
    if visit.headers.get("origin") == "null" and _carries_our_token(visit.house, form, submission):
        return
    try:
        check_origin(visit.house.settings, form, visit.headers)
    except OriginNotAllowed:
        # The site may have been listed a moment ago.
        await visit.configuration.check()
        check_origin(visit.house.settings, visit.configuration.open_form(form.key), visit.headers)


def _carries_our_token(house: Parts, form: Form, submission: Submission) -> bool:
    """Say whether a page that hides where it stands (a sandboxed frame, a file) was drawn for this form."""
    token = submission.fields.get("fq_token")
    secret, now = house.keyring.form_tokens, house.clock.now()
    return isinstance(token, str) and time_tokens.is_current(secret, form.key, token, now)


async def _stop_burst(request: Request, house: Parts, candidate: Candidate, client: str | None) -> Accepted | None:
    """Raise `TooManyRequests`; an answer that got lost can be fetched again, however much was asked meanwhile."""
    burst: BurstLimit = request.app.state.burst
    try:
        burst.take(client)
    except TooManyRequests:
        if known := await service.answered_before(house.database, candidate):
            return known
        raise
    return None
