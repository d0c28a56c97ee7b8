"""What a webhook would be sent: its exact requests for an invented lead, with every secret left out."""

from typing import Any

from app import VERSION
from app.destinations.connection import BasicAuth, Connection, settings_of
from app.destinations.formats import FORMATS
from app.destinations.formats.format import Request
from app.destinations.guard import Guard
from app.destinations.schemas import NewWebhook, Preview, RequestShown
from app.destinations.shapes import shape
from app.destinations.vetting import vetted

SAMPLE: dict[str, Any] = {
    "type": "lead.created",
    "timestamp": "2026-11-24T10:00:00.000000Z",
    "data": {
        "id": "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3",
        "version": 1,
        "reference": "FQ-7K3M9-QXD4H",
        "form": "clinic-es",
        "status": "new",
        "test": False,
        "received_at": "2026-11-24T10:00:00.000000Z",
        "person": {
            "name": "Inés Ortega Vidal",
            "email": "ines.ortega@mail.example",
            "phone": "+34612345678",
            "phone_raw": "612 34 56 78",
            "phone_valid": True,
            "preferred_contact": "whatsapp",
            "relationship": "parent",
            "timezone": "Europe/Madrid",
            "country": "ES",
            "language": "es",
        },
        "inquiry": {
            "condition": "esclerosis múltiple",
            "condition_code": "multiple-sclerosis",
            "treatment": None,
            "treatment_code": None,
            "message": "¿Cuánto dura la estancia?",
            "timeline": "3_months",
            "budget": {"amount": "15000.00", "currency": "EUR"},
            "destination_countries": ["ES", "PT"],
            "patient": {"name": "Nerea Ortega", "age": 16, "guardian_name": None},
        },
        "consents": [
            {
                "purpose": purpose,
                "granted": granted,
                "wording": "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a4",
                "wording_hash": "0f" * 32,
                "shown": "shown",
                "at": "2026-11-24T10:00:00.000000Z",
            }
            for purpose, granted in (("privacy", True), ("health_data", True), ("marketing", False))
        ],
        "attribution": {"utm_source": "newsletter", "page_url": "https://clinic.example/es/presupuesto"},
        "answers": {"How did you hear of us?": "A friend"},
    },
}
"""An invented lead, whole."""
_SECRET = "…"  # noqa: S105 - what stands in the place of one


def preview(new: NewWebhook, guard: Guard) -> Preview:
    """Return what `new` would be sent, or raise `InvalidRequest` as if it were made. Nothing is sent or saved."""
    url, connection = vetted(new, guard)
    form = FORMATS[new.format]
    document, settings = shape(SAMPLE, new.include), settings_of(form, connection)
    headers = _headers(connection, form.auth_scheme, is_signed=form.is_signed)
    shown, kept = [], dict[str, str | int]()
    for call in form.calls:
        request = call.write(url, document, settings, kept)
        if request is not None:
            shown.append(_shown(request, headers))
            kept |= call.read(call.example)
    return Preview(requests=shown)


def _shown(request: Request, headers: dict[str, str]) -> RequestShown:
    told = {**request.headers, **headers}
    return RequestShown(method=request.method, url=request.url, headers=told, body=request.body.decode())


def _headers(connection: Connection, scheme: str, *, is_signed: bool) -> dict[str, str]:
    headers = {"user-agent": f"Freequote/{VERSION}"}
    if is_signed:
        headers |= {"webhook-id": _SECRET, "webhook-timestamp": _SECRET, "webhook-signature": f"v1,{_SECRET}"}
    if connection.auth:
        headers["authorization"] = f"{'Basic' if isinstance(connection.auth, BasicAuth) else scheme} {_SECRET}"
    return headers | dict.fromkeys(connection.headers, _SECRET)
