"""The provider: where its doors are, which keys it signs with, and what it gives for a code."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, NoReturn, Protocol, TypeVar
from urllib.parse import quote_plus, urlencode

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from app.access.oidc.errors import ProviderOutOfReach, SignInRefused
from app.clock import Clock
from app.settings import Settings
from app.telemetry import logger

_KNOWN_FOR = timedelta(hours=1)
_KEYS_AFRESH_EVERY = timedelta(minutes=1)
"""A token that names an unknown key makes us look for new ones: so often at most, for anybody can name one."""
_SCOPE = "openid email"
_FORM = "application/x-www-form-urlencoded"

# Visible ASCII without a fragment; without TLS only where the issuer itself has none, as `_check` sees to.
Endpoint = Annotated[str, StringConstraints(pattern=r"^https?://[!$-\[\]-~]+$", max_length=2000)]
Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server outside answered."""

    status: int | None
    """None: nothing came, or the network guard did not let us ask."""
    reason: str
    """Short words for the log, without anything that was sent."""
    body: bytes = b""


class Asks(Protocol):
    """The guarded way out of the house. It raises nothing that the network can cause."""

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Ask once, and follow no redirect."""


class Described(BaseModel):
    """What the provider says about itself (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: Endpoint
    token_endpoint: Endpoint
    jwks_uri: Endpoint
    userinfo_endpoint: Endpoint | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class KeySetOut(BaseModel):
    """Its public keys (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


class Tokens(BaseModel):
    """What it gives for a code."""

    id_token: Annotated[str, Field(max_length=16_000)]
    access_token: Annotated[str | None, Field(max_length=16_000)] = None


class _Fault(BaseModel):
    error: str = ""


class Provider:
    """The one provider that is set."""

    def __init__(self, settings: Settings, asks: Asks, clock: Clock) -> None:
        self.issuer = settings.oidc_issuer
        self.client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._asks = asks
        self._clock = clock
        self._described: tuple[datetime, Described] | None = None
        self._keys: tuple[datetime, list[dict[str, Any]]] | None = None

    async def describe(self) -> Described:
        """Return what the provider says about itself, at most an hour old. Errors: `ProviderOutOfReach`."""
        now = self._clock.now()
        if self._described is None or not self._described[0] <= now < self._described[0] + _KNOWN_FOR:
            found = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", Described)
            self._check(found)
            self._described = now, found
        return self._described[1]

    async def keys(self, *, afresh: bool = False) -> list[dict[str, Any]]:
        """Return its public keys, at most an hour old or, `afresh`, a minute. Errors: `ProviderOutOfReach`."""
        now, known_for = self._clock.now(), _KEYS_AFRESH_EVERY if afresh else _KNOWN_FOR
        if self._keys is None or not self._keys[0] <= now < self._keys[0] + known_for:
            found = await self._get((await self.describe()).jwks_uri, KeySetOut)
            self._keys = now, found.keys
        return self._keys[1]

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Return where the browser goes to sign in. Errors: `ProviderOutOfReach`."""
        endpoint = (await self.describe()).authorization_endpoint
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Give the code back for tokens.

        Errors: `ProviderOutOfReach`; `SignInRefused` for a code that the provider does not take.
        """
        described = await self.describe()
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"content-type": _FORM, "accept": "application/json"}
        if self._secret and "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            headers["authorization"] = _basic(self.client_id, self._secret)
        else:
            asked |= {"client_id": self.client_id} | ({"client_secret": self._secret} if self._secret else {})
        answer = await self._asks.ask("POST", described.token_endpoint, headers, urlencode(asked).encode())
        if answer.status == HTTPStatus.BAD_REQUEST and _read(answer.body, _Fault).error == "invalid_grant":
            raise SignInRefused
        return self._taken(answer, Tokens, "token endpoint")

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """Return what it says of who signed in; nothing where it has no such door. Errors: `ProviderOutOfReach`."""
        endpoint = (await self.describe()).userinfo_endpoint
        if endpoint is None:
            return {}
        headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}
        answer = await self._asks.ask("GET", endpoint, headers)
        found: dict[str, Any] = self._taken(answer, _Claims, "userinfo endpoint").model_dump()
        return found

    async def _get(self, url: str, shape: type[Shape]) -> Shape:
        return self._taken(await self._asks.ask("GET", url, {"accept": "application/json"}), shape, "description")

    def _taken(self, answer: Answer, shape: type[Shape], door: str) -> Shape:
        if answer.status != HTTPStatus.OK:
            self._give_up(door, answer.reason)
        try:
            return shape.model_validate_json(answer.body)
        except ValidationError:
            self._give_up(door, "not the JSON that was agreed")

    def _check(self, found: Described) -> None:
        if found.issuer != self.issuer:
            self._give_up("description", "it names another issuer")
        doors = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint)
        if self.issuer.startswith("https:") and any(door and not door.startswith("https:") for door in doors):
            self._give_up("description", "it names a door without TLS")

    def _give_up(self, door: str, reason: str) -> NoReturn:
        logger.warning("the sign-in provider is no help", door=door, reason=reason)
        raise ProviderOutOfReach


class _Claims(BaseModel, extra="allow"):
    pass


def _read(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate_json(body)
    except ValidationError:
        return shape()


def _basic(client_id: str, secret: str) -> str:
    # Encoded first: RFC 6749 §2.3.1.
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"
