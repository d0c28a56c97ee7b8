"""The door: `POST /v1/quote-requests`, for scripts, for widgets, and for a browser's own form post."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.bodies import BodyTooLarge
from app.clock import rfc3339
from app.errors import AppError, InvalidRequest, OutOfReach
from app.forms import time_tokens
from app.forms.errors import FormClosed, FormNotFound
from app.forms.models import Form
from app.forms.service import DEFAULT_FORM
from app.intake import service
from app.intake.admission import Admission
from app.intake.aliases import renamed
from app.intake.body import Submission, UnsupportedMediaType, read_body
from app.intake.configuration import DoorConfiguration
from app.intake.errors import IdempotencyKeyReused, OriginNotAllowed, RequestBrokenOff, RequestTooSlow
from app.intake.origins import check_origin, cors_headers, preflight_headers
from app.intake.reading import headers_of, idempotency_key, is_browser_post, read_whole
from app.intake.schemas import quote_request_schema, read_quote_request
from app.intake.service import Accepted, Candidate
from app.languages.negotiation import preferred_languages
from app.languages.translations import spoken
from app.limits import BurstLimit, TooManyRequests, client_of
from app.pages.form import form_page, refusal_page
from app.pages.mistakes import explained
from app.pages.views import FormView, Wish, form_view
from app.parts import House, Parts
from app.problems import problem_response, problems, request_id_of

_PATH = "/v1/quote-requests"
router = APIRouter(prefix=_PATH, tags=["quote requests"])


class Receipt(BaseModel):
    """The request is on disk, and with it every promise to deliver it."""

    id: Annotated[str, Field(examples=["01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"])]
    reference: Annotated[str, Field(examples=["FQ-7K3M9-QXD4H"])]
    form: Annotated[str, Field(examples=["default"])]
    received_at: Annotated[str, Field(examples=["2026-11-24T10:00:00.000000Z"])]


@dataclass(slots=True)
class _Visit:
    """What is known of one request so far: a refusal is drawn from as much as was read."""

    headers: Mapping[str, str]
    form: Form | None = None
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    was_read: bool = False
    """Whether the body was read, or at least begun: it comes only once."""
    cors: dict[str, str] = field(default_factory=dict)
    asked_language: str | None = None
    """The one of the page or script that sent it, where it named one."""

    @property
    def language(self) -> str | None:
        """The language to answer in, one of those that we speak; None: nobody asked for one."""
        return spoken([self.asked_language]) if self.asked_language else None


@router.options("", include_in_schema=False)
async def preflight(request: Request, house: House) -> Response:
    """Tell a browser whether its page may post here. Without a form in the query, any form's sites may ask."""
    meant = await _configuration(request).meant(request.query_params.get("form"))
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
    visit = _Visit(headers_of(request.scope))
    try:
        accepted, submission = await _receive(request, house, visit)
    except AppError as error:
        return await _refusal(request, house, visit, error)
    if is_browser_post(visit.headers):
        return _sent_on(house, visit, accepted, submission)
    replayed = {"Idempotent-Replayed": "true"} if accepted.replayed else {}
    body = orjson.dumps(_receipt(accepted))
    return Response(body, HTTPStatus.CREATED, {**visit.cors, **replayed}, "application/json")


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


async def _receive(request: Request, house: Parts, visit: _Visit) -> tuple[Accepted, Submission]:
    named = _form_named(request)
    if named is not None:
        await _enter(request, house, visit, named)
    submission = await _read(request, house, visit)
    form = visit.form or await _enter(request, house, visit, _form_in(submission))
    submission = renamed(submission, form.aliases)
    visit.typed = submission.typed
    await _check_origin(request, house, visit, form, submission)
    key = idempotency_key(visit.headers, submission)
    wanted = read_quote_request(submission, accept_language=visit.headers.get("accept-language"))
    client = _client(request, house)
    candidate = await service.candidate(house, _configuration(request), form.key, wanted, key=key, client=client)
    return await _admit(request, house, candidate, client), submission


def _form_named(request: Request) -> str | None:
    """Return the form that the query names."""
    return request.query_params.get("form") if request.scope["query_string"] else None


def _client(request: Request, house: Parts) -> str | None:
    forwarded = request.headers.getlist("x-forwarded-for") if house.settings.trusted_proxies else ()
    return client_of(request.client.host if request.client else None, forwarded, house.settings.trusted_proxies)


def _configuration(request: Request) -> DoorConfiguration:
    admission: Admission = request.app.state.admission
    return admission.configuration


async def _check_origin(request: Request, house: Parts, visit: _Visit, form: Form, submission: Submission) -> None:
    if visit.headers.get("origin") == "null" and _carries_our_token(house, form, submission):
        return
    try:
        check_origin(house.settings, form, visit.headers)
    except OriginNotAllowed:
        # The site may have been listed a moment ago.
        configuration = _configuration(request)
        await configuration.check()
        check_origin(house.settings, configuration.open_form(form.key), visit.headers)


def _carries_our_token(house: Parts, form: Form, submission: Submission) -> bool:
    """Say whether a page that hides where it stands (a sandboxed frame, a file) was drawn for this form."""
    token = submission.fields.get("fq_token")
    secret, now = house.keyring.form_tokens, house.clock.now()
    return isinstance(token, str) and time_tokens.is_current(secret, form.key, token, now)


async def _admit(request: Request, house: Parts, candidate: Candidate, client: str | None) -> Accepted:
    burst: BurstLimit = request.app.state.burst
    admission: Admission = request.app.state.admission
    try:
        burst.take(client)
    except TooManyRequests:
        # An answer that got lost can be fetched again, however much was asked meanwhile.
        if known := await service.answered_before(house.database, candidate):
            return known
        raise
    return await admission.admit(candidate)


async def _read(request: Request, house: Parts, visit: _Visit) -> Submission:
    visit.was_read = True
    raw = await read_whole(request.receive, house.settings.max_body_seconds)
    submission = read_body(visit.headers.get("content-type"), raw)
    visit.typed = submission.typed
    told = submission.fields.get("fq_lang")
    visit.asked_language = told if isinstance(told, str) else request.query_params.get("lang")
    return submission


async def _enter(request: Request, house: Parts, visit: _Visit, key: str) -> Form:
    form = await _configuration(request).form(key)
    visit.form = form
    visit.cors = cors_headers(house.settings, [form], visit.headers.get("origin"))
    return form


def _form_in(submission: Submission) -> str:
    named = submission.fields.get("form")
    return named if isinstance(named, str) else DEFAULT_FORM


def _receipt(accepted: Accepted) -> dict[str, str]:
    return {
        "id": str(accepted.id),
        "reference": accepted.reference,
        "form": accepted.form,
        "received_at": rfc3339(accepted.received_at),
    }


def _sent_on(house: Parts, visit: _Visit, accepted: Accepted, submission: Submission) -> Response:
    """Send a browser on: to the address its form names, if that is allowed, else to the form's own, else to ours."""
    allowed = visit.form.redirects if visit.form else []
    wanted = submission.fields.get("redirect")
    ours = f"{house.settings.base_url}/forms/{quote(accepted.form)}/thanks?reference={accepted.reference}"
    if language := visit.language:
        ours += f"&lang={language}"
    address = wanted if wanted in allowed else next(iter(allowed), ours)
    return RedirectResponse(str(address), HTTPStatus.SEE_OTHER)


async def _refusal(request: Request, house: Parts, visit: _Visit, error: AppError) -> Response:
    if not is_browser_post(visit.headers):
        if visit.language and isinstance(error, InvalidRequest):
            error = InvalidRequest(explained(error.problems, visit.language))
        return problem_response(error, request_id_of(request), visit.cors or await _cors_of_nowhere(request, house))
    if not visit.was_read:
        # A form that is closed, or a database that is down, must not cost a visitor what they wrote.
        with suppress(AppError):
            await _read(request, house, visit)
    accepted = request.headers.get("accept-language")
    view = await _view(house, visit, accepted)
    if view is not None and isinstance(error, InvalidRequest):
        return form_page(view, visit.typed, error.problems, int(error.status))
    language = visit.language or spoken(preferred_languages(accepted))
    return refusal_page(error, visit.typed, view, language)


async def _cors_of_nowhere(request: Request, house: Parts) -> dict[str, str]:
    """Return headers for a refusal that came before the form was known: whoever may ask may read it."""
    origin = request.headers.get("origin")
    try:
        meant = await _configuration(request).meant(request.query_params.get("form")) if origin else []
    except OutOfReach:
        meant = []
    return cors_headers(house.settings, meant, origin)


async def _view(house: Parts, visit: _Visit, accept_language: str | None) -> FormView | None:
    """Return the form to draw again, unless it is not there or the database does not answer either."""
    if visit.form is None:
        return None
    try:
        token = next(iter(visit.typed.get("fq_token", ())), "")
        return await form_view(house, visit.form, Wish((visit.asked_language,), accept_language, token))
    except OutOfReach:
        return None
