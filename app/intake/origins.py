"""Which websites may send to a form, and what a browser is told about it (CORS)."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from app.forms.models import Form
from app.forms.schemas import origin_of
from app.intake.errors import OriginNotAllowed
from app.settings import Settings

_ALLOWED_HEADERS = "Content-Type, Idempotency-Key"
_EXPOSED_HEADERS = "Retry-After, Idempotent-Replayed, X-Request-ID"
_PREFLIGHT_SECONDS = "600"


def check_origin(settings: Settings, form: Form, headers: Mapping[str, str]) -> None:
    """Let a request in or raise `OriginNotAllowed`.

    The browser's own word on the site (`Sec-Fetch-Site`) comes first, then `Origin`. A request with neither is no
    browser's: a server or a script, which no origin rule could hold back.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site == "same-origin" or (origin is None and site in {None, "none"}):
        return
    if origin is None or not is_allowed(settings, [form], origin):
        raise OriginNotAllowed


def is_allowed(settings: Settings, forms: Iterable[Form], origin: str) -> bool:
    """Say whether any of some forms takes requests from an origin."""
    if origin == _own_origin(settings):
        return True
    return any(origin in form.origins if form.origins else not settings.production for form in forms)


def cors_headers(settings: Settings, forms: Iterable[Form], origin: str | None) -> dict[str, str]:
    """Return the headers that let a page on that origin read the answer, or only `Vary`."""
    if origin is None or not is_allowed(settings, forms, origin):
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
    }


def preflight_headers(settings: Settings, forms: Iterable[Form], origin: str | None) -> dict[str, str]:
    """Return the answer to a browser that asks before it posts."""
    headers = cors_headers(settings, forms, origin)
    if "Access-Control-Allow-Origin" not in headers:
        return headers
    return {
        **headers,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
    }


def _own_origin(settings: Settings) -> str:
    parts = urlsplit(settings.base_url)
    return origin_of(f"{parts.scheme}://{parts.netloc}")
