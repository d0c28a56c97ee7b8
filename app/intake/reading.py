"""Reading what came over the wire: the body, and the headers that steer the door."""

import re
from collections.abc import Mapping

from starlette.types import Receive, Scope

from app.errors import FieldProblem, InvalidRequest
from app.intake.body import Submission
from app.intake.errors import RequestBrokenOff

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def headers_of(scope: Scope) -> dict[str, str]:
    """Return a request's headers by their small names, the first of each: read once, and asked many times."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


async def read_whole(receive: Receive) -> bytes:
    """Return the body, or raise `RequestBrokenOff`; size and time are limited by the layer that it comes through."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestBrokenOff
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def idempotency_key(headers: Mapping[str, str], submission: Submission) -> str | None:
    """Return the key of the header, or, for plain forms, of the field `fq_key`."""
    given = headers.get("idempotency-key")
    pointer = "/fq_key" if given is None else "/header/idempotency-key"
    key = submission.fields.get("fq_key") if given is None else given
    if key is None or key == "":
        return None
    if not isinstance(key, str) or not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        raise InvalidRequest([FieldProblem(pointer, "invalid-idempotency-key", message)])
    return key


def is_browser_post(headers: Mapping[str, str]) -> bool:
    """Say whether a browser posts a plain form and will show the answer as a page."""
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    return sent in {"application/x-www-form-urlencoded", "multipart/form-data"} and _prefers_html(
        headers.get("accept", "")
    )


def _prefers_html(accept: str) -> bool:
    """Say whether `text/html` is wanted at least as much as JSON, as browsers' own navigation wants it."""
    wanted = {}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        wanted[media] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 0.0
    return wanted.get("text/html", 0.0) > 0 and wanted["text/html"] >= wanted.get("application/json", 0.0)
