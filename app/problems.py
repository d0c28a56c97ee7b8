"""Problems (RFC 9457): every error as one shape, and never a word of what was sent."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.errors import AppError, FieldProblem, InvalidRequest, OutOfReach

MEDIA_TYPE = "application/problem+json"

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# What pydantic says of these quotes a part of the value.
_PLAIN_MESSAGES = {
    "json_invalid": "The body is not valid JSON.",
    "uuid_parsing": "This is not a UUID.",
    "uuid_type": "This is not a UUID.",
    "extra_forbidden": "There is no such field.",
    "union_tag_invalid": "This kind is not known.",
}
_QUOTING_PREFIXES = ("date", "time", "url", "decimal", "int_parsing", "bool_parsing", "float_parsing")


class NoSuchRoute(AppError):
    """There is nothing at that address."""

    status = HTTPStatus.NOT_FOUND
    code = "no-such-route"
    title = "Nothing is here"
    explanation = "There is no such route. The routes are listed under /docs."


class MethodNotAllowed(AppError):
    """The address is right, the method is not."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method-not-allowed"
    title = "Not with this method"
    explanation = "The route exists, but not for this HTTP method. `Allow` names those it takes."


class FieldProblemOut(BaseModel):
    """What is wrong with one field."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901).", examples=["/email"])]
    code: Annotated[str, Field(examples=["invalid-email"])]
    message: Annotated[str, Field(examples=["This is not an e-mail address."])]


class Problem(BaseModel):
    """An error, as RFC 9457 shapes it."""

    type: Annotated[str, Field(examples=["/problems/invalid-request"])]
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblemOut] | None = None


def problem_response(error: AppError, request_id: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Turn an error into its answer."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": int(error.status),
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
    }
    if isinstance(error, InvalidRequest):
        body["errors"] = [
            {"pointer": problem.pointer, "code": problem.code, "message": problem.message} for problem in error.problems
        ]
    return JSONResponse(body, int(error.status), {**error.headers, **(headers or {})}, MEDIA_TYPE)


def problems(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Describe, for OpenAPI, the errors that a route can answer with."""
    by_status: dict[int | str, list[type[AppError]]] = {}
    for error in errors:
        by_status.setdefault(int(error.status), []).append(error)
    return {status: _described(kinds) for status, kinds in by_status.items()}


def _described(kinds: Sequence[type[AppError]]) -> dict[str, Any]:
    return {
        "description": " / ".join(kind.title for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
            }
        },
    }


def _example(kind: type[AppError]) -> dict[str, Any]:
    return {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": int(kind.status),
        "detail": kind.explanation,
        "code": kind.code,
        "request_id": "3f0c9d2e5b8a4c1f9e7d6a5b4c3d2e1f",
    }


def from_validation(errors: Iterable[Any], body: Any = None) -> InvalidRequest:
    """Turn pydantic's findings, about a body for instance, into field problems that repeat no value."""
    found = []
    for error in errors:
        # A key that is wrong is found at itself, with a word of pydantic's behind it.
        place = [part for part in error["loc"] if part != "[key]"]
        if place and place[0] == "body":
            place = [] if error["type"] == "json_invalid" else _place_in(body, place[1:])
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)
        found.append(FieldProblem(pointer, error["type"].replace("_", "-").replace(".", "-"), _plain(error)))
    return InvalidRequest(found)


def _place_in(body: Any, place: Sequence[str | int]) -> list[str | int]:
    """Return a place without the names of a union's members, which pydantic puts between but nobody sent."""
    found: list[str | int] = []
    for depth, part in enumerate(place, 1):
        if depth < len(place) and isinstance(body, dict) and part not in body:
            continue
        found.append(part)
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and isinstance(part, int):
            body = body[part]
    return found


def _plain(error: Any) -> str:
    kind: str = error["type"]
    if kind in _PLAIN_MESSAGES:
        return _PLAIN_MESSAGES[kind]
    if kind.startswith(_QUOTING_PREFIXES):
        return "This cannot be read as the field needs it."
    message: str = error["msg"]
    return message.removeprefix("Value error, ") + ("" if message.endswith(".") else ".")


def request_id_of(request: Request) -> str:
    """Return the id that the request goes by in answers and logs."""
    request_id: str = request.state.request_id
    return request_id


async def answer_app_error(request: Request, error: Exception) -> JSONResponse:
    """Answer one of our own errors."""
    if not isinstance(error, AppError):
        error = OutOfReach()
    return problem_response(error, request_id_of(request))


async def _answer_validation(request: Request, error: Exception) -> JSONResponse:
    invalid = from_validation(error.errors(), error.body) if isinstance(error, RequestValidationError) else OutOfReach()
    return problem_response(invalid, request_id_of(request))


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    # FastAPI wraps whatever goes wrong while it reads a body.
    if isinstance(error.__cause__, AppError):
        return problem_response(error.__cause__, request_id_of(request))
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.SERVICE_UNAVAILABLE
    if status == HTTPStatus.NOT_FOUND:
        return problem_response(NoSuchRoute("There is nothing at this address."), request_id_of(request))
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = MethodNotAllowed("This address does not take that method.")
        return problem_response(refusal, request_id_of(request), {"Allow": ", ".join(_allowed(request))})
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        found = [FieldProblem("", "unreadable", "The request cannot be read.")]
        return problem_response(InvalidRequest(found), request_id_of(request))
    return problem_response(OutOfReach(), request_id_of(request))


def _allowed(request: Request) -> list[str]:
    """Return every method of the address; Starlette itself names only those of the first route that has it."""
    scopes = ((method, {**request.scope, "method": method}) for method in _METHODS)
    return [
        method
        for method, scope in scopes
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)
    ]


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem."""
    app.add_exception_handler(AppError, answer_app_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
