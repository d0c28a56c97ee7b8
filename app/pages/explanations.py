"""The pages behind a problem's `type`: what each error means and what to do."""

from starlette.responses import HTMLResponse

from app.errors import AppError
from app.pages.policy import page_headers
from app.pages.rendering import render


def problem_page(code: str) -> HTMLResponse | None:
    """Explain one error; None where there is no such code."""
    kind = _kinds().get(code)
    if kind is None:
        return None
    return render("problem.html", page_headers(private=False), kind=kind)


def problems_page() -> HTMLResponse:
    """List every error that the service can answer with."""
    return render("problems.html", page_headers(private=False), kinds=list(_kinds().values()))


def _kinds() -> dict[str, type[AppError]]:
    found: dict[str, type[AppError]] = {}
    waiting = [AppError]
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.code, kind)
        waiting.extend(kind.__subclasses__())
    return dict(sorted(found.items()))
