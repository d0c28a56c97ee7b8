"""The API's documentation, drawn by Swagger UI from our own address."""

import base64
import re
from hashlib import sha256
from importlib.resources import files

from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

from app.pages.policy import docs_headers

ASSETS_PATH = "/docs/assets"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def docs_assets() -> StaticFiles:
    """Return the files of Swagger UI, to be mounted at `ASSETS_PATH`."""
    return StaticFiles(directory=str(files("fastapi_offline") / "static"))


def docs_page(openapi_url: str, title: str) -> HTMLResponse:
    """Draw the documentation of the contract at `openapi_url`."""
    page = get_swagger_ui_html(
        openapi_url=openapi_url,
        title=title,
        swagger_js_url=f"{ASSETS_PATH}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS_PATH}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS_PATH}/favicon.png",
    )
    page.headers.update(docs_headers(_script_hash(bytes(page.body))))
    return page


def _script_hash(page: bytes) -> str:
    """Return what CSP calls the page's one inline script by."""
    (script,) = _INLINE_SCRIPT.findall(page)
    return base64.b64encode(sha256(script).digest()).decode("ascii")
