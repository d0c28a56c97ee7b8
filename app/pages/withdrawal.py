"""The page behind the link in an acknowledgement: what was agreed to, and taking it back."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app.errors import AppError
from app.languages.negotiation import preferred_languages
from app.languages.translations import spoken
from app.leads.errors import LeadNotFound
from app.leads.withdrawal import Agreements, agreements, take_back
from app.pages.form import absence_page
from app.pages.policy import page_headers
from app.pages.rendering import render
from app.parts import House

router = APIRouter(prefix="/withdraw/{token}", include_in_schema=False, default_response_class=HTMLResponse)
_MOST_FIELDS = 200


@router.get("")
async def show_agreements(token: str, house: House, request: Request, lang: str | None = None) -> Response:
    """Show what was agreed to. Nothing happens yet: what scans mail opens every link."""
    try:
        return _page(await agreements(house.database, house.keyring, token), request, lang)
    except AppError as error:
        return _absent(error, request, lang)


@router.post("")
async def take_agreements_back(token: str, house: House, request: Request, lang: str | None = None) -> Response:
    """Take back what is ticked."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as sent:
        ticked = list(_ids(sent.getlist("take_back")))
    try:
        now = house.clock.now()
        standing = await take_back(house.database, house.keyring, token, ticked, now)
        house.hint()
        return _page(standing, request, lang, done=bool(ticked))
    except AppError as error:
        return _absent(error, request, lang)


def _ids(values: Iterable[object]) -> Iterable[UUID]:
    for value in values:
        try:
            yield UUID(str(value))
        except ValueError:
            continue


def _page(standing: Agreements, request: Request, lang: str | None, *, done: bool = False) -> HTMLResponse:
    return render(
        "withdrawal.html",
        page_headers(),
        language=_language(request, lang, standing.language),
        reference=standing.reference,
        given=[one for one in standing.given if not one.withdrawn],
        taken_back=[one for one in standing.given if one.withdrawn],
        done=done,
    )


def _absent(error: AppError, request: Request, lang: str | None) -> HTMLResponse:
    language = _language(request, lang, None)
    if isinstance(error, LeadNotFound):
        return render("no_agreements.html", page_headers(), language=language, status=int(error.status))
    return absence_page(error, language)


def _language(request: Request, lang: str | None, theirs: str | None) -> str:
    return spoken([lang, theirs, *preferred_languages(request.headers.get("accept-language"))])
