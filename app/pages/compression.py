"""Pages and their files go out compressed: a form on a slow phone is there in a fraction of the time."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_PATHS = ("/forms/", "/static/", "/widget.js", "/withdraw/")
_LEVEL = 6


class CompressedPages:
    """Compresses what browsers open, and nothing else: the door and the API's streams pass untouched.

    What packs well beside a guess gives a secret away (BREACH), and a form repeats where its visitor came from. But
    it holds no secret: there is no cookie and no log-in, its token and its key are new in each answer, and anybody gets
    some. What somebody typed is repeated only to a post that brings it along.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressing = GZipMiddleware(app, minimum_size=500, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_page = scope["type"] == "http" and scope["path"].startswith(_PATHS)
        await (self.compressing if is_page else self.app)(scope, receive, send)
