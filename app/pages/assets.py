"""The one stylesheet and the scripts; nothing of a page comes from anybody else."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib.resources import files

import orjson
from starlette.requests import Request
from starlette.responses import Response

_FOLDER = files("app.pages") / "static"
_UNREAD = re.compile(r"/\*.*?\*/|^ +|\n(?=\n)", re.DOTALL | re.MULTILINE)
STYLES = _UNREAD.sub("", (_FOLDER / "pages.css").read_text(encoding="utf-8"))
"""What every page wears, without what only people read."""
_STYLES = STYLES.encode()
_COMFORT = (_FOLDER / "form.js").read_bytes()
_SCRIPT = _COMFORT + b"\ncomfort(document);\n"
# The widget carries its styles: a site's own policy may forbid to load any, and one request is faster than two.
WIDGET = b"(() => {\n" + b"\n".join(
    [
        _COMFORT,
        b"const STYLES = " + orjson.dumps(STYLES) + b";",
        (_FOLDER / "widget.js").read_bytes(),
        b"})();\n",
    ]
)
"""What a site's one script tag loads."""
_SAFE = {"X-Content-Type-Options": "nosniff"}


def _named(kind: str, content: bytes) -> str:
    return f"/static/pages.{sha256(content).hexdigest()[:16]}.{kind}"


STYLESHEET_PATH = _named("css", _STYLES)
"""Its name changes with its content, so browsers may keep it for good."""
SCRIPT_PATH = _named("js", _SCRIPT)
_JOINING = (_FOLDER / "join.js").read_bytes()
JOINING_PATH = f"/static/join.{sha256(_JOINING).hexdigest()[:16]}.js"


def _serving(path: str, content: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        """Serve a file under any of its names.

        While old and new processes run side by side, a page of one may ask the other: it gets what there is,
        unkept.
        """
        keep = "public, max-age=31536000, immutable" if request.url.path.endswith(path) else "no-store"
        return Response(content, media_type=media_type, headers={"Cache-Control": keep, **_SAFE})

    return serve


serve_stylesheet = _serving(STYLESHEET_PATH, _STYLES, "text/css")
serve_script = _serving(SCRIPT_PATH, _SCRIPT, "text/javascript")
serve_joining = _serving(JOINING_PATH, _JOINING, "text/javascript")


async def serve_widget(request: Request) -> Response:
    """Serve the widget, which keeps its name: a site's page is never edited for a new one."""
    tag = f'"{sha256(WIDGET).hexdigest()[:16]}"'
    headers = {"Cache-Control": "public, max-age=3600", "ETag": tag, "Cross-Origin-Resource-Policy": "cross-origin"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(WIDGET, media_type="text/javascript", headers={**headers, **_SAFE})
