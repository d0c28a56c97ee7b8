"""The contract as OpenAPI 3.1: what FastAPI derives, and what it cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.bodies import BodyTooLarge, RequestTooSlow
from app.problems import Problem

DESCRIPTION = (
    "Takes quote requests from websites, keeps them sealed, and delivers each one to e-mail and CRM webhooks. "
    "Errors are RFC 9457 problems; lists are keyset pages; events follow Standard Webhooks."
)

_TAGS = [
    {"name": "quote requests", "description": "What a website sends."},
    {"name": "forms", "description": "Places on websites that may send requests."},
    {"name": "leads", "description": "Accepted requests, the records staff work on."},
    {"name": "deliveries", "description": "Promises to bring an event to a destination, and every attempt."},
    {"name": "destinations", "description": "Where events go."},
    {"name": "keys", "description": "API keys and their scopes."},
    {"name": "staff", "description": "People who log in."},
    {"name": "session", "description": "Logging in, and one's own account."},
    {"name": "audit", "description": "What was done, and by whom."},
    {"name": "operations", "description": "For load balancers and operators."},
]

_EXAMPLE_DATA: dict[str, Any] = {
    "id": "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3",
    "version": 1,
    "reference": "FQ-7K3M9-QXD4H",
    "form": "clinic-es",
    "status": "new",
    "test": False,
    "received_at": "2026-11-23T10:00:00.000000Z",
    "person": {
        "name": "Inés Ortega Vidal",
        "email": "ines.ortega@mail.example",
        "phone": "+34612345678",
        "country": "ES",
        "language": "es",
        "preferred_contact": "whatsapp",
        "relationship": "self",
    },
    "inquiry": {
        "condition": "esclerosis múltiple",
        "condition_code": "multiple-sclerosis",
        "treatment": None,
        "message": "¿Cuánto costaría y cuánto dura la estancia?",
        "timeline": "3_months",
        "budget": None,
    },
    "consents": [
        {
            "purpose": "privacy",
            "granted": True,
            "wording": "01a20dee-0000-7fbf-9cbd-60cbe829e5a3",
            "at": "2026-11-23T10:00:00.000000Z",
        }
    ],
    "attribution": {"utm_source": "newsletter"},
    "answers": {},
}
_ERASED_DATA = {name: _EXAMPLE_DATA[name] for name in ("id", "reference")}
_EVENTS = {
    "lead.created": ("A lead came in", _EXAMPLE_DATA),
    "lead.updated": ("A lead changed", {**_EXAMPLE_DATA, "version": 2, "status": "contacted", "changed": ["status"]}),
    "lead.erased": ("A lead is erased: delete what you keep of it", _ERASED_DATA),
}
_EVENT_HEADERS = {
    "webhook-id": "The event's id, the same on every attempt and replay.",
    "webhook-timestamp": "Seconds since 1970, of this attempt.",
    "webhook-signature": '`v1,` and base64 of HMAC-SHA256 over "id.timestamp.body"; two during a rotation.',
}


def install(app: FastAPI) -> None:
    """Make the app serve the completed document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _complete(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=app.description,
        routes=app.routes,
        tags=_TAGS,
    )
    schemas = document["components"]["schemas"]
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    schemas["Problem"] = shape
    for operations in document["paths"].values():
        for operation in operations.values():
            _tell_of_problems(operation)
    document["webhooks"] = {name: {"post": _event(name, *told)} for name, told in _EVENTS.items()}
    return document


def _tell_of_problems(operation: dict[str, Any]) -> None:
    """Say that every route answers faults, and routes with keys refusals, as problems."""
    answer = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = operation["responses"]
    if "422" in responses and "application/json" in responses["422"].get("content", {}):
        responses["422"] = {"description": "Some fields are not right", **answer}
    if "requestBody" in operation:
        responses.setdefault("408", {"description": RequestTooSlow.title, **answer})
        responses.setdefault("413", {"description": BodyTooLarge.title, **answer})
    if "security" in operation:
        responses.setdefault("401", {"description": "A valid API key is needed", **answer})
        responses.setdefault("403", {"description": "The key may not do this", **answer})
    responses.setdefault("503", {"description": "Not available for a moment", **answer})


def _event(name: str, summary: str, data: dict[str, Any]) -> dict[str, Any]:
    example = {"type": name, "timestamp": "2026-11-23T10:00:00.000000Z", "data": data}
    return {
        "operationId": "on" + "".join(part.capitalize() for part in name.split(".")),
        "summary": summary,
        "description": "`include` of the destination says how much of `data` it gets. Any 2xx is success.",
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _EVENT_HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _EVENT_SCHEMA, "example": example}},
        },
        "responses": {
            "2XX": {"description": "Received."},
            "410": {"description": "Send no more; the destination is paused."},
        },
    }


_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"type": "string", "enum": ["lead.created", "lead.updated", "lead.erased"]},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {
            "type": "object",
            "required": ["id", "reference"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "version": {"type": "integer", "description": "Grows with every change; drop what is older."},
                "reference": {"type": "string"},
                "person": {"type": "object", "description": "With `include` contact or full."},
                "inquiry": {"type": "object", "description": "Health data; with `include` full."},
            },
        },
    },
}
