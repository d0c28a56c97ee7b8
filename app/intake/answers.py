"""What the door answers: JSON to scripts and widgets, pages to browsers that post a form by themselves."""

from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote

import orjson
from fastapi import Response
from fastapi.responses import RedirectResponse

from app.clock import rfc3339
from app.errors import AppError, InvalidRequest, OutOfReach
from app.intake.body import Submission
from app.intake.origins import cors_headers
from app.intake.reading import is_browser_post
from app.intake.service import Accepted
from app.intake.visit import Visit
from app.languages.negotiation import preferred_languages
from app.languages.translations import spoken
from app.pages.form import form_page, refusal_page
from app.pages.mistakes import explained
from app.pages.views import FormView, Wish, form_view
from app.problems import problem_response, request_id_of


def receipt(visit: Visit, accepted: Accepted) -> Response:
    """Say to a script that the request is on disk."""
    replayed = {"Idempotent-Replayed": "true"} if accepted.replayed else {}
    said = {
        "id": str(accepted.id),
        "reference": accepted.reference,
        "form": accepted.form,
        "received_at": rfc3339(accepted.received_at),
    }
    return Response(orjson.dumps(said), HTTPStatus.CREATED, {**visit.cors, **replayed}, "application/json")


def sent_on(visit: Visit, accepted: Accepted, submission: Submission) -> Response:
    """Send a browser on: to the address its form names, if that is allowed, else to the form's own, else to ours."""
    allowed = visit.form.redirects if visit.form else []
    wanted = submission.fields.get("redirect")
    base = visit.house.settings.base_url
    ours = f"{base}/forms/{quote(accepted.form)}/thanks?reference={accepted.reference}"
    if language := visit.language:
        ours += f"&lang={language}"
    address = wanted if wanted in allowed else next(iter(allowed), ours)
    return RedirectResponse(str(address), HTTPStatus.SEE_OTHER)


async def refusal(visit: Visit, error: AppError) -> Response:
    """Say that the request was not received: to a browser with all that was typed, as far as it was read."""
    if not is_browser_post(visit.headers):
        if visit.language and isinstance(error, InvalidRequest):
            error = InvalidRequest(explained(error.problems, visit.language))
        return problem_response(error, request_id_of(visit.request), visit.cors or await _cors_of_nowhere(visit))
    if not visit.was_read:
        # A form that is closed, or a database that is down, must not cost a visitor what they wrote.
        with suppress(AppError):
            await visit.read()
    view = await _view(visit)
    if view is not None and isinstance(error, InvalidRequest):
        return form_page(view, visit.typed, error.problems, int(error.status))
    language = visit.language or spoken(preferred_languages(visit.headers.get("accept-language")))
    return refusal_page(error, visit.typed, view, language)


async def _cors_of_nowhere(visit: Visit) -> dict[str, str]:
    """Return headers for a refusal that came before the form was known: whoever may ask may read it."""
    origin = visit.headers.get("origin")
    try:
        async with visit.in_time():
            meant = await visit.configuration.meant(visit.query.get("form")) if origin else []
    except OutOfReach:
        meant = []
    return cors_headers(visit.house.settings, meant, origin)


async def _view(visit: Visit) -> FormView | None:
    """Return the form to draw again, unless it is not there or the database does not answer either."""
    if visit.form is None:
        return None
    token = next(iter(visit.typed.get("fq_token", ())), "")
    wish = Wish((visit.asked_language,), visit.headers.get("accept-language"), token)
    try:
        async with visit.in_time():
            return await form_view(visit.house, visit.form, wish)
    except OutOfReach:
        return None
