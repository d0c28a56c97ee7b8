"""What reading a token may come to, and what reads one: known without the extra, too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, cast

from app.access.oidc.errors import SignInNotSetUp

_READING = "app.access.oidc.tokens"


class UnknownKey(Exception):
    """The token names a key that is not among those known."""


class BadToken(Exception):
    """The token does not hold; the reason is the name of what is wrong, for the audit, and nothing out of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must have been made of."""

    issuer: str
    client_id: str
    nonce: str
    """Of this very sign-in."""
    access_token: str | None
    """The one that came with it."""


ReadsTokens = Callable[[str, Sequence[dict[str, Any]], datetime, Expected], dict[str, Any]]
"""Of an ID token, the provider's keys, the moment and what is expected, makes claims: `tokens.read_id_token`."""


def load_reader() -> ReadsTokens:
    """Return what reads tokens: only where somebody signs in is it worth its place in memory.

    Errors: `SignInNotSetUp` where the extra is not installed.
    """
    try:
        return cast("ReadsTokens", import_module(_READING).read_id_token)
    except ModuleNotFoundError:
        raise SignInNotSetUp(
            "The package authlib is not installed: `pip install 'freequote[oidc]'`. Log in with your password."
        ) from None
