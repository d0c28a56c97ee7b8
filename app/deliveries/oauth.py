"""Access tokens (OAuth 2, RFC 6749): fetched when they are needed, kept in memory until shortly before they end."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson

from app.deliveries.policy import Outcome, Verdict
from app.deliveries.webhook import WebhookSender
from app.destinations.connection import OAuth2, basic
from app.destinations.formats.format import FORM_ENCODED

_TOKEN = re.compile(r"[!-~]{1,8000}")
_LIFE_SECONDS = 300
"""How long a token is used whose endpoint does not say."""
_USED_PART = 0.9
"""How much of its life a token is used: our clock and theirs may differ, and a post takes its time."""
_KEPT_SLOTS = 500


class NoToken(Exception):
    """The token endpoint gave none; that is the destination's fault, and the delivery waits like after any other."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        # A 410 of the token endpoint says nothing about the destination itself.
        self.verdict = Verdict.CHANNEL_DOWN if outcome.verdict is Verdict.CHANNEL_DOWN else Verdict.RETRY
        self.reason = f"no access token: {outcome.reason}"
        self.retry_after: timedelta | None = outcome.retry_after


@dataclass(slots=True)
class _Slot:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: str | None = None
    until: float = 0.0


class AccessTokens:
    """The tokens of one process."""

    def __init__(self, webhook: WebhookSender) -> None:
        self._webhook = webhook
        self._slots: dict[OAuth2, _Slot] = {}

    async def get(self, auth: OAuth2, now: datetime, end: float) -> str:
        """Return a token that holds, or raise `NoToken`; of many that ask at once, one fetches it."""
        if len(self._slots) > _KEPT_SLOTS:
            self._slots.clear()
        slot = self._slots.setdefault(auth, _Slot())
        try:
            async with asyncio.timeout_at(end), slot.lock:
                if slot.token is None or slot.until <= asyncio.get_running_loop().time():
                    slot.token, life = await self._fetch(auth, now, end)
                    slot.until = asyncio.get_running_loop().time() + life * _USED_PART
                return slot.token
        except TimeoutError:
            raise NoToken(Outcome(Verdict.RETRY, reason="the token endpoint did not answer in time")) from None

    def forget(self, auth: OAuth2, token: str) -> None:
        """Use a token no more."""
        slot = self._slots.get(auth)
        if slot and slot.token == token:
            slot.token = None

    async def _fetch(self, auth: OAuth2, now: datetime, end: float) -> tuple[str, float]:
        headers = {"content-type": FORM_ENCODED, "accept": "application/json"}
        asked = {"grant_type": "client_credentials"}
        if auth.refresh_token:
            asked = {"grant_type": "refresh_token", "refresh_token": auth.refresh_token}
        if auth.scope:
            asked["scope"] = auth.scope
        if auth.credentials_in == "header":
            # Encoded first: RFC 6749 §2.3.1.
            headers["authorization"] = basic(quote_plus(auth.client_id), quote_plus(auth.client_secret))
        else:
            asked |= {"client_id": auth.client_id, "client_secret": auth.client_secret}
        reply = await self._webhook.post(auth.token_url, headers, urlencode(asked).encode(), now, end)
        if reply.outcome.verdict is not Verdict.DELIVERED:
            raise NoToken(reply.outcome)
        return _read(reply.answer)


def _read(answer: bytes) -> tuple[str, float]:
    """Read a token and its life in seconds (RFC 6749 §5.1); some endpoints answer a refusal with 200, too."""
    try:
        found: Any = orjson.loads(answer)
    except orjson.JSONDecodeError:
        found = None
    token = found.get("access_token") if isinstance(found, dict) else None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise NoToken(Outcome(Verdict.RETRY, reason="the token endpoint's answer holds none"))
    life = found.get("expires_in")
    return token, life if isinstance(life, int | float) and life >= 0 else _LIFE_SECONDS
