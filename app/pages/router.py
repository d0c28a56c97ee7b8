"""Routes that a browser opens."""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from app.errors import AppError
from app.forms import service as forms
from app.pages.docs import ASSETS_PATH, docs_assets, docs_page
from app.pages.explanations import problem_page, problems_page
from app.pages.form import absence_page, form_page, thanks_page
from app.pages.rendering import serve_stylesheet
from app.pages.typed import arrival
from app.pages.views import form_view
from app.parts import House
from app.problems import NoSuchRoute

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/forms/{key}")
async def show_form(key: str, house: House, request: Request, lang: str | None = None) -> Response:
    """Show the hosted form."""
    came_from = arrival(request.query_params.multi_items(), request.headers.get("referer"))
    try:
        form = await forms.find(house.database, key)
        return form_page(await form_view(house, form, lang), came_from)
    except AppError as error:
        return absence_page(error)


@router.get("/forms/{key}/thanks")
async def show_thanks(key: str, house: House, reference: str | None = None) -> Response:
    """Say thanks, also where the form was closed in the meantime."""
    try:
        form = await forms.settings_of(house.database, key)
    except AppError as error:
        return absence_page(error)
    return thanks_page(form.name, reference)


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


def mount_docs_assets(app: FastAPI) -> None:
    """Serve Swagger UI's own files; a router cannot carry a mount."""
    app.mount(ASSETS_PATH, docs_assets())
