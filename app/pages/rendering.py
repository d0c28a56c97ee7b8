"""Templates, the one stylesheet, and pages made of them."""

import re
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.pages.typed import DRAWN

_STYLES = (files("app.pages") / "static" / "pages.css").read_bytes()
STYLESHEET_PATH = f"/static/pages.{sha256(_STYLES).hexdigest()[:16]}.css"
"""Its name changes with its content, so browsers may keep it for good."""


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # Every text in the templates goes through gettext already; today each stands for itself.
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.globals["stylesheet"] = STYLESHEET_PATH
    environment.globals["drawn"] = DRAWN
    environment.filters["field_id"] = _field_id
    return environment


def _field_id(name: str) -> str:
    return "f-" + re.sub(r"[\W_]+", "-", name)


_TEMPLATES = _environment()


def render(template: str, headers: Mapping[str, str], *, status: int = 200, **values: Any) -> HTMLResponse:
    """Draw a page."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(values, status=status), status, headers)


async def serve_stylesheet(request: Request) -> Response:
    """Serve the stylesheet under any of its names.

    While old and new processes run side by side, a page of one may ask the other: it gets what there is,
    unkept.
    """
    keep = "public, max-age=31536000, immutable" if request.url.path.endswith(STYLESHEET_PATH) else "no-store"
    return Response(
        _STYLES, media_type="text/css", headers={"Cache-Control": keep, "X-Content-Type-Options": "nosniff"}
    )
