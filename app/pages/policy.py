"""Headers that say what a page may do in a browser (CSP Level 3)."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from app.pages.styles import PLAIN, Styles

TURNSTILE = "https://challenges.cloudflare.com"
"""The one place outside that a page may have to do with, where its form switched Turnstile on."""
_NOWHERE = "'none'"
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")


def origins_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the origins of web addresses, as they may stand in a policy, each once.

    An address that has none is left out: a stray `;` would start a directive of its own.
    """
    found = (_origin(address) for address in addresses)
    return tuple(dict.fromkeys(origin for origin in found if origin))


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2].encode("idna").decode("ascii")
    except ValueError:
        return None
    origin = f"{parts.scheme}://{host}".lower()
    return origin if _ORIGIN.fullmatch(origin) else None


def page_headers(
    styles: Styles = PLAIN,
    *,
    form_action: Iterable[str] | None = (),
    frame_ancestors: Iterable[str] = (),
    private: bool = True,
    turnstile: bool = False,
) -> dict[str, str]:
    """Return the headers of a page that runs our own file alone, wears `styles`, and loads nothing from elsewhere.

    With `turnstile` it may also run Cloudflare's script and show its frame; that script still connects to nowhere.
    `form_action` names where its forms may lead to beside us; None: nowhere, not even to us.
    `private` pages show what somebody sent: no cache may keep them. The others may be shown again on the way
    back, which is how a browser keeps what was typed.
    """
    scripts = f"script-src 'self' {TURNSTILE}; frame-src {TURNSTILE}" if turnstile else "script-src 'self'"
    policy = (
        f"default-src 'none'; style-src {styles.source}; {scripts}; img-src 'self' data:; base-uri 'none'; "
        f"form-action {_NOWHERE if form_action is None else _sources(form_action)}; "
        f"frame-ancestors {_sources(frame_ancestors)}"
    )
    return {**_everywhere(policy), "Cache-Control": "no-store" if private else "private, no-cache"}


def staff_headers() -> dict[str, str]:
    """Return the headers of a page for staff: in nobody's frame, and its script speaks with us alone."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {**_everywhere(policy), "Cache-Control": "no-store"}


def docs_headers(script_hash: str) -> dict[str, str]:
    """Return the headers of the API's documentation, the one page with a script and with styles set by it."""
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{script_hash}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return _everywhere(policy)


def _sources(origins: Iterable[str]) -> str:
    return " ".join(("'self'", *origins))


def _everywhere(policy: str) -> dict[str, str]:
    # Not no-referrer: that makes browsers send `Origin: null` with a form post.
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
