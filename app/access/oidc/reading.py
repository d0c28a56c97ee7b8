"""What reading a token may come to, and what reads one: known without the extra, too."""

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from app.access.oidc.errors import SignInNotSetUp

_READING = "app.access.oidc.tokens"


class UnknownKey(Exception):
    """The token names a key that is not among those known."""


class BadToken(Exception):
    """The token does not hold; the reason is the name of what is wrong, for the audit, and nothing out of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReadsTokens(Protocol):
    """Judges an ID token."""

    def __call__(
        self,
        id_token: str,
        keys: Sequence[dict[str, Any]],
        now: datetime,
        *,
        issuer: str,
        client_id: str,
        nonce: str,
        access_token: str | None,
    ) -> dict[str, Any]:
        """Return the claims, or raise `UnknownKey` or `BadToken`."""


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
