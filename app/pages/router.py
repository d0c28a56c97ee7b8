"""Routes that a browser opens."""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from app.errors import AppError
from app.forms import service as forms
from app.forms.errors import FormClosed
from app.forms.themes import USUAL
from app.languages.negotiation import preferred_languages
from app.languages.translations import spoken
from app.pages.assets import JOINING_PATH, serve_joining, serve_script, serve_stylesheet, serve_widget
from app.pages.docs import ASSETS_PATH, docs_assets, docs_page
from app.pages.explanations import problem_page, problems_page
from app.pages.form import absence_page, form_page, thanks_page, widget_fragment
from app.pages.policy import staff_headers
from app.pages.preview import previewed
from app.pages.rendering import render
from app.pages.typed import arrival
from app.pages.views import Wish, form_view
from app.parts import House, Parts
from app.problems import NoSuchRoute

_MOST_FIELDS = 1000
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/forms/{key}")
async def show_form(key: str, house: House, request: Request, lang: str | None = None) -> Response:
    """Show the hosted form."""
    came_from = arrival(request.query_params.multi_items(), request.headers.get("referer"))
    try:
        form = await forms.find(house.database, key)
        return form_page(await form_view(house, form, _wish(request, lang)), came_from)
    except AppError as error:
        return await _absence(house, key, error, _language(request, lang))


@router.post("/forms/{key}")
async def change_language(key: str, house: House, request: Request) -> Response:
    """Draw the hosted form in another language, with what was typed so far; nothing is kept of it here."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as sent:
        typed: dict[str, list[str]] = {}
        for name, value in sent.multi_items():
            typed.setdefault(name, []).append(str(value))
    chosen = typed.pop("fq_into", [""])[0]
    try:
        form = await forms.find(house.database, key)
        wish = _wish(request, chosen, token=typed.get("fq_token", [""])[0])
        return form_page(await form_view(house, form, wish), typed)
    except AppError as error:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return await _absence(house, key, error, _language(request, chosen))


@router.get("/forms/{key}/widget")
async def show_widget(key: str, house: House, request: Request, lang: str | None = None) -> Response:
    """Hand out the form as a fragment for a site's own page."""
    try:
        form = await forms.find(house.database, key)
        return widget_fragment(await form_view(house, form, _wish(request, lang)))
    except AppError as error:
        page = absence_page(error, _language(request, lang))
        page.headers["Access-Control-Allow-Origin"] = "*"
        return page


@router.get("/forms/{key}/preview/{ticket}")
async def show_preview(key: str, ticket: str, house: House, request: Request) -> Response:
    """Show a form as it would be."""
    try:
        return await previewed(house, key, ticket, request.headers.get("accept-language"))
    except AppError as error:
        return absence_page(error, _language(request))


@router.get("/forms/{key}/thanks")
async def show_thanks(
    key: str, house: House, request: Request, reference: str | None = None, lang: str | None = None
) -> Response:
    """Say thanks, also where the form was closed in the meantime."""
    try:
        form = await forms.settings_of(house.database, key)
        return thanks_page(await form_view(house, form, _wish(request, lang)), reference)
    except AppError as error:
        return absence_page(error, _language(request, lang))


@router.get("/console/join")
async def show_joining() -> Response:
    """Let somebody who is invited set a password. The token stands behind the `#` of the link, and never comes here."""
    return render("join.html", staff_headers(), joining=JOINING_PATH)


@router.get("/problems")
async def show_problems() -> Response:
    """List the errors that the service answers with."""
    return problems_page()


@router.get("/problems/{code}")
async def show_problem(code: str) -> Response:
    """Explain one error."""
    page = problem_page(code)
    if page is None:
        raise NoSuchRoute("There is no problem of that name.")
    return page


@router.get("/docs")
async def show_docs(request: Request) -> Response:
    """Show the API's documentation."""
    app: FastAPI = request.app
    return docs_page(app.openapi_url or "/openapi.json", app.title)


router.add_api_route("/static/pages.{name}.css", serve_stylesheet)
router.add_api_route("/static/pages.{name}.js", serve_script)
router.add_api_route("/static/join.{name}.js", serve_joining)
router.add_api_route("/widget.js", serve_widget)


def mount_docs_assets(app: FastAPI) -> None:
    """Serve Swagger UI's own files; a router cannot carry a mount."""
    app.mount(ASSETS_PATH, docs_assets())


async def _absence(house: Parts, key: str, error: AppError, language: str) -> Response:
    """Say that there is no form to fill in; one that was closed says so in its own look."""
    closed = isinstance(error, FormClosed)
    theme = (await forms.settings_of(house.database, key)).theme if closed else USUAL
    return absence_page(error, language, theme)


def _wish(request: Request, *languages: str | None, token: str = "") -> Wish:
    return Wish(languages, request.headers.get("accept-language"), token)


def _language(request: Request, *languages: str | None) -> str:
    return spoken([*languages, *preferred_languages(request.headers.get("accept-language"))])
