"""A small site that draws the pages, for tests with and without a browser."""

from html.parser import HTMLParser
from http import HTTPStatus
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from app.errors import AppError, FieldProblem
from app.forms.wordings import DEFAULT_TEXTS, PURPOSES
from app.languages.countries import SPOKEN
from app.languages.translations import own_name
from app.pages.assets import SCRIPT_PATH, STYLESHEET_PATH, serve_script, serve_stylesheet
from app.pages.docs import ASSETS_PATH, docs_assets, docs_page
from app.pages.form import form_page, refusal_page, thanks_page
from app.pages.views import FormView

WORDING = "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"
VIEW = FormView(
    key="clinic-es",
    name="Clínica Aurora, Valencia",
    language="en",
    wording_language="en",
    wording_id=WORDING,
    wordings={purpose: text for purpose, text in DEFAULT_TEXTS.items() if purpose in PURPOSES},
    recipients=("Aurora Regenerative Medicine", "Northshore Cell Clinic"),
    notice=DEFAULT_TEXTS["notice"],
    next=DEFAULT_TEXTS["next"],
    action="/v1/quote-requests?form=clinic-es",
    address="/forms/clinic-es",
    token="a-token",
    offered={tag: own_name(tag) for tag in SPOKEN},
    redirect_origins=("https://clinic.example",),
    frame_origins=("https://www.clinic.example",),
)
PROBLEMS = [
    FieldProblem("/email", "invalid-email", "This is not an e-mail address."),
    FieldProblem("/consent/health_data", "consent-required", "This consent is needed."),
    FieldProblem("/patient_age", "invalid-age", "Write the age in figures."),
]
EVERY_FIELD = {
    "condition": "Multiple sclerosis",
    "treatment": "HSCT",
    "message": "\nFirst line\nSecond line",
    "timeline": "asap",
    "budget.amount": "1500.00",
    "budget.currency": "EUR",
    "destination_countries": "ES, DE",
    "relationship": "child",
    "patient_name": "Hanne Marwitz",
    "patient_age": "17",
    "guardian_name": "Ilse Marwitz",
    "name": "Müller-Łukasiewicz",
    "country": "DE",
    "email": "ilse@clinic.example",
    "phone": "(0090) 532 000 00 00",
    "preferred_contact": "whatsapp",
    "language": "de",
}
TRICK = "\u202e\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}"


class TooBusy(AppError):
    """More than we take at once."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too-busy-in-a-test"
    title = "Too many requests"
    explanation = "Wait, then send the same request again."

    def __init__(self) -> None:
        super().__init__("Too many requests.")

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": "8"}


class Drawn(HTMLParser):
    """The tags of a page, and the texts between them."""

    def __init__(self, page: Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(bytes(page.body).decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data

    def attributes(self, name: str) -> list[str]:
        """Return an attribute's values on any tag, in order."""
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]

    def inputs(self, name: str) -> list[dict[str, str | None]]:
        """Return the inputs of that name."""
        return [attributes for tag, attributes in self.tags if tag == "input" and attributes.get("name") == name]

    def value(self, name: str) -> str:
        """Return the value of the one input of that name."""
        (found,) = self.inputs(name)
        return found["value"] or ""


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID."""
    try:
        return bool(UUID(text))
    except ValueError:
        return False


async def _form(_request: Request) -> Response:
    return form_page(VIEW, {})


async def _again(request: Request) -> Response:
    async with request.form() as sent:
        typed: dict[str, list[str]] = {}
        for name, value in sent.multi_items():
            typed.setdefault(name, []).append(str(value))
    return form_page(VIEW, typed, PROBLEMS, 422)


async def _thanks(request: Request) -> Response:
    return thanks_page(VIEW, request.query_params.get("reference"))


async def _refusal(_request: Request) -> Response:
    return refusal_page(TooBusy(), {name: [value] for name, value in EVERY_FIELD.items()}, None)


async def _tricks(_request: Request) -> Response:
    typed = {name: [TRICK] for name in [*EVERY_FIELD, "fq_key", "utm_source", TRICK, "consent.wording"]}
    problems = [FieldProblem(f"/{name}", "odd", TRICK) for name in [*EVERY_FIELD, TRICK, "answers"]]
    texts = dict.fromkeys(VIEW.wordings, TRICK)
    view = FormView(TRICK, TRICK, TRICK, TRICK, TRICK, texts, (TRICK,), TRICK, TRICK, "/v1/quote-requests", TRICK)
    return form_page(view, typed, problems)


async def _refused_tricks(_request: Request) -> Response:
    return refusal_page(TooBusy(), {TRICK: [TRICK], "name": [TRICK]}, None)


async def _docs(_request: Request) -> Response:
    return docs_page("/openapi.json", "Freequote")


async def _contract(_request: Request) -> Response:
    answers = {"200": {"description": "Fine."}}
    paths = {"/v1/keys": {"get": {"operationId": "listKeys", "responses": answers}}}
    return JSONResponse({"openapi": "3.1.0", "info": {"title": "Freequote", "version": "1"}, "paths": paths})


def make_site() -> Starlette:
    """Return a site with every page under an address of its own."""
    return Starlette(
        routes=[
            Route("/form", _form),
            Route("/v1/quote-requests", _again, methods=["POST"]),
            Route("/thanks", _thanks),
            Route("/refusal", _refusal),
            Route("/tricks", _tricks),
            Route("/refused-tricks", _refused_tricks),
            Route("/docs", _docs),
            Route("/openapi.json", _contract),
            Route(STYLESHEET_PATH, serve_stylesheet),
            Route("/static/pages.older.css", serve_stylesheet),
            Route(SCRIPT_PATH, serve_script),
            Mount(ASSETS_PATH, docs_assets()),
        ]
    )
