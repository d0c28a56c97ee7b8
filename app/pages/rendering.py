"""Pages, made of templates in the visitor's language."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.languages.countries import SPOKEN
from app.languages.letters import direction
from app.languages.translations import SOURCE, translation
from app.pages.assets import SCRIPT_PATH, STYLESHEET_PATH
from app.pages.styles import PLAIN
from app.pages.themes import OUR_ACCENT


@lru_cache(maxsize=len(SPOKEN))
def _templates(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("app.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translation(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "lang": language,
        "dir": direction(language),
        "stylesheet": STYLESHEET_PATH,
        "script": SCRIPT_PATH,
        "styles": PLAIN,
        "scheme": "auto",
        "fill": OUR_ACCENT,
        "on_fill": "#ffffff",
    }
    environment.filters["field_id"] = _field_id
    return environment


def _field_id(name: str) -> str:
    return "f-" + re.sub(r"[\W_]+", "-", name)


def render(
    template: str, headers: Mapping[str, str], *, language: str = SOURCE, status: int = 200, **values: Any
) -> HTMLResponse:
    """Draw a page in one of the `SPOKEN` languages; `styles`, if it is among the values, is what it wears."""
    return HTMLResponse(rendered(template, language, status=status, **values), status, headers)


def rendered(template: str, language: str, **values: Any) -> str:
    """Return what a template draws in one of the `SPOKEN` languages."""
    return _templates(language).get_template(template).render(values)
