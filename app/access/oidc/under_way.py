"""Sign-ins under way: begun in one browser, good for ten minutes, used up by the first answer."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.models import StaffSignIn
from app.access.oidc.errors import SignInNotBegun

LASTS = timedelta(minutes=10)
HOME = "/console"
_SECRET_BYTES = 32
_PAGE = re.compile(r"/console(?:[/?][A-Za-z0-9\-._~!$&'()*+,;=:@%/?]{0,500})?")
"""A page of the console, on our own address: nothing that a browser could read as another host's."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What hangs on one sign-in; all of it follows from what the browser keeps in its cookie, one way."""

    cookie: str
    """256 random bits. Whoever saw all else, the provider included, cannot tell it."""

    @property
    def state(self) -> str:
        """Comes back with the browser: it was this one that began (RFC 6749 §10.12)."""
        return _encoded(sha256(f"state {self.cookie}".encode()).digest())

    @property
    def nonce(self) -> str:
        """Comes back in the token: it was made for this sign-in (OpenID Connect Core 1.0 §15.5.2)."""
        return _encoded(sha256(f"nonce {self.cookie}".encode()).digest())

    @property
    def verifier(self) -> str:
        """Goes with the code: whoever stole the code alone cannot use it (RFC 7636 §4.1)."""
        return _encoded(sha256(f"verifier {self.cookie}".encode()).digest())

    @property
    def challenge(self) -> str:
        """Announces the verifier (S256, RFC 7636 §4.2)."""
        return _encoded(sha256(self.verifier.encode()).digest())


def new_secrets() -> Secrets:
    """Make the secrets of a new sign-in."""
    return Secrets(secrets.token_urlsafe(_SECRET_BYTES))


def page_of(wanted: str | None) -> str:
    """Return the page of the console that was wanted, or its first page: any other is ignored, never followed."""
    return wanted if wanted and _PAGE.fullmatch(wanted) else HOME


def write(session: AsyncSession, begun: Secrets, page: str, now: datetime) -> None:
    """Write down that a sign-in is under way."""
    session.add(StaffSignIn(hash=_hash(begun), page=page, created_at=now))


async def use_up(session: AsyncSession, begun: Secrets, now: datetime) -> str:
    """Take a sign-in that is under way and return where it leads; it works once. Errors: `SignInNotBegun`."""
    taken = delete(StaffSignIn).where(StaffSignIn.hash == _hash(begun)).returning(StaffSignIn)
    found = await session.scalar(taken)
    if found is None or not found.created_at <= now < found.created_at + LASTS:
        raise SignInNotBegun
    return found.page


def is_state_of(begun: Secrets, state: str) -> bool:
    """Say whether a state that came back is the one that this browser went out with."""
    return hmac.compare_digest(begun.state.encode(), state.encode())


async def forget_unfinished(session: AsyncSession, now: datetime) -> None:
    """Delete the sign-ins that nobody came back from."""
    await session.execute(delete(StaffSignIn).where(StaffSignIn.created_at <= now - LASTS))


def _hash(begun: Secrets) -> bytes:
    return sha256(begun.cookie.encode()).digest()


def _encoded(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
