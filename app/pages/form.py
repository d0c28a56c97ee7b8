"""The hosted form, the page that says thanks, and the page that says that nothing was received."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from starlette.responses import HTMLResponse

from app.errors import AppError, FieldProblem, InvalidRequest
from app.forms.themes import USUAL, Theme
from app.ids import read_reference
from app.languages.translations import SOURCE
from app.pages.choices import choices
from app.pages.mistakes import explained
from app.pages.policy import page_headers
from app.pages.rendering import render
from app.pages.themes import mark_of, widget_rules, worn
from app.pages.typed import CONSENTS, HONEYPOT, Typed, by_field, drawn_names
from app.pages.views import FormView

_REQUEST_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_YES = frozenset({"on", "true", "1", "yes"})
_FOLDED = {
    "travel": ("budget.amount", "budget.currency", "destination_countries"),
    "others": ("patient_name",),
    "guardian": ("guardian_name",),
}
"""Fields that stay folded away until somebody needs them."""
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def form_page(
    view: FormView,
    typed: Mapping[str, Sequence[str]],
    problems: Sequence[FieldProblem] = (),
    status: int = 200,
) -> HTMLResponse:
    """Draw the form, filled in with what was typed, each problem at the top and beside its field."""
    return _draw(view, Typed(typed), problems, status=status)


def widget_fragment(view: FormView) -> HTMLResponse:
    """Draw the same questions for the widget, which any site may read: nothing in it is anybody's."""
    values = {**_values(view, Typed({})), "rules": widget_rules(view.theme)}
    return render("widget.html", _ANYWHERE, language=view.page_language, **values)


def thanks_page(view: FormView, reference: str | None) -> HTMLResponse:
    """Say that the request arrived, and what happens next. A reference that is none is not shown."""
    shown = read_reference(reference) if reference else None
    return render(
        "thanks.html", page_headers(worn(view.theme)), language=view.page_language, reference=shown, **_look(view)
    )


def refusal_page(
    error: AppError, typed: Mapping[str, Sequence[str]], view: FormView | None, language: str = SOURCE
) -> HTMLResponse:
    """Say that the request was not received, and why; what was typed stays, to be sent again or copied."""
    sent = Typed(typed)
    if view is not None:
        return _draw(view, sent, status=int(error.status), refusal=error)
    headers = {**page_headers(), **error.headers}
    written = list(sent.written())
    return render(
        "refusal.html",
        headers,
        language=language,
        status=int(error.status),
        view=None,
        refusal=error,
        written=written,
    )


def absence_page(error: AppError, language: str = SOURCE, theme: Theme = USUAL) -> HTMLResponse:
    """Say that there is no form to fill in, for good or for the moment."""
    headers = {**page_headers(worn(theme), private=False), **error.headers}
    return render("absent.html", headers, language=language, status=int(error.status), **_dressed(theme))


def _draw(
    view: FormView,
    typed: Typed,
    problems: Sequence[FieldProblem] = (),
    *,
    status: int,
    refusal: AppError | None = None,
) -> HTMLResponse:
    headers = page_headers(
        worn(view.theme),
        form_action=None if view.is_preview else view.redirect_origins,
        frame_ancestors=view.frame_origins,
        private=view.is_preview or typed.is_personal or bool(problems) or refusal is not None,
        turnstile=bool(view.turnstile),
    )
    values = _values(view, typed, problems, refusal)
    headers |= refusal.headers if refusal else {}
    return render("form.html", headers, language=view.page_language, status=status, **values)


def _values(
    view: FormView, typed: Typed, problems: Sequence[FieldProblem] = (), refusal: AppError | None = None
) -> dict[str, Any]:
    drawn = drawn_names(view.fields)
    place = {name: number for number, name in enumerate(drawn)}
    found = by_field(explained(problems, view.page_language))
    wrong = dict(sorted(found.items(), key=lambda field: place.get(field[0], len(place))))
    # A field that the form does not show can be mended only where it is shown.
    others = [(name, value) for name, value in typed.carried(drawn) if name in wrong or "answers" in wrong]
    topics = [place for place, name in enumerate(view.fields["inquiry"], 1) if name in {"condition", "treatment"}]
    return {
        **_look(view),
        "typed": typed,
        "drawn": drawn,
        "carried": [pair for pair in typed.carried(drawn) if pair not in others],
        "others": others,
        "ticked": _ticks(view, typed),
        "problems": wrong,
        "refusal": refusal,
        "choices": choices(view.page_language),
        "request_key": _request_key(typed, refusal),
        "honeypot": HONEYPOT,
        "unfolded": {part for part, names in _FOLDED.items() if typed.any(*names) or wrong.keys() & set(names)},
        "notice_after": topics[-1],
    }


def _look(view: FormView) -> dict[str, Any]:
    return {"view": view, **_dressed(view.theme)}


def _dressed(theme: Theme) -> dict[str, Any]:
    return {"styles": worn(theme), "scheme": theme.scheme, **mark_of(theme)}


def _ticks(view: FormView, typed: Typed) -> Mapping[str, Sequence[str]]:
    """Return the consents that were given. Only for the very texts on this page; nothing else is ticked."""
    same_texts = typed.first("consent.wording") == view.wording_id
    given = {purpose: typed.all(f"consent.{purpose}") if same_texts else [] for purpose in CONSENTS}
    # A hidden `off` before a checkbox is how many sites send an empty tick: the later one counts.
    return {
        purpose: values if purpose == "sharing" else [value for value in values[-1:] if value.strip().lower() in _YES]
        for purpose, values in given.items()
    }


def _request_key(typed: Typed, refusal: AppError | None) -> str:
    """Return the Idempotency-Key of the page: kept while the same request is tried again.

    A refusal of the request itself (422) means that the key is spent or stands for another request.
    """
    spent = refusal is not None and refusal.status == InvalidRequest.status
    kept = typed.first("fq_key")
    return kept if _REQUEST_KEY.fullmatch(kept) and not spent else str(uuid4())
