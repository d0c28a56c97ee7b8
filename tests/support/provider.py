"""A small OpenID provider on loopback: discovery, codes with PKCE, tokens signed with real keys, and knobs to lie."""

import base64
import secrets
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.support.clock import FakeClock
from tests.support.loops import LoopThread

CLIENT_ID, CLIENT_SECRET = "freequote", "s3cret of the front desk:/+"
EMAIL, SUBJECT = "ines.ortega@clinic.example", "248289761001"
CALLBACK = "/v1/session/oidc/callback"


@cache
def rsa_key(number: int = 0) -> RSAKey:
    """Return a real RSA key; making one takes a while, so each is made once."""
    return RSAKey.generate_key(2048, {"use": "sig", "kid": f"rsa-{number}"})


def ec_key(kid: str = "ec-0") -> ECKey:
    """Return a fresh key on P-256."""
    return ECKey.generate_key("P-256", {"use": "sig", "kid": kid})


@dataclass
class Provider:
    """The provider's face to the test."""

    clock: FakeClock
    key: RSAKey | ECKey = field(default_factory=ec_key)
    algorithm: str = "ES256"
    claims: dict[str, Any] = field(default_factory=dict)
    """Of the next tokens, in place of what would be true; None leaves one out."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    """What it says about itself, in place of what is true."""
    raw_token: str | None = None
    """The next tokens, as they are."""
    is_down: bool = False
    is_forgetful: bool = False
    """Whether a code may be used again, as no provider should let it."""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Return how it spells itself."""
        return f"http://127.0.0.1:{self.port}/realms/clinic"

    async def listen(self) -> web.AppRunner:
        """Start on a free port, in the running loop."""
        app = web.Application()
        app.router.add_get("/realms/clinic/.well-known/openid-configuration", self._counted(self._describe))
        app.router.add_get("/keys", self._counted(self._show_keys))
        app.router.add_get("/userinfo", self._counted(self._show_person))
        app.router.add_get("/authorize", self._counted(self._authorize))
        app.router.add_post("/token", self._counted(self._exchange))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    def token(self, nonce: str) -> str:
        """Return an ID token of somebody, signed."""
        now = int(self.clock.now().timestamp())
        true = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "email": EMAIL,
            "email_verified": True,
        }
        claims = {name: value for name, value in (true | self.claims).items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key, [self.algorithm])

    def _counted(self, answer: Any) -> Any:
        async def counted(request: web.Request) -> web.StreamResponse:
            self.asked.append(request.path)
            if self.is_down:
                return web.Response(status=503, text="<h1>Back in a moment</h1>")
            answered: web.StreamResponse = await answer(request)
            return answered

        return counted

    async def _describe(self, _: web.Request) -> web.Response:
        home = f"http://127.0.0.1:{self.port}"
        true = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{home}/authorize?realm=clinic",
            "token_endpoint": f"{home}/token",
            "jwks_uri": f"{home}/keys",
            "userinfo_endpoint": f"{home}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
        }
        return web.json_response(true | self.described)

    async def _show_keys(self, _: web.Request) -> web.Response:
        strange = {"kty": "OKP", "crv": "tomorrow", "kid": "strange"}
        return web.json_response({"keys": [strange, self.key.as_dict(private=False)]})

    async def _show_person(self, _: web.Request) -> web.Response:
        return web.json_response(self.userinfo)

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT_ID
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return web.Response(status=303, headers={"location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    async def _exchange(self, request: web.Request) -> web.Response:
        given = await request.post()
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        quoted = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":", 1)
        asked = self._codes.get(str(given["code"]))
        if pair != quoted:
            return web.json_response({"error": "invalid_client"}, status=401)
        challenge = (
            base64.urlsafe_b64encode(sha256(str(given["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        )
        if asked is None or challenge != asked["code_challenge"] or given["redirect_uri"] != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if not self.is_forgetful:
            del self._codes[str(given["code"])]
        token = self.raw_token or self.token(asked["nonce"])
        return web.json_response({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


@pytest.fixture
def provider(clock: FakeClock) -> Iterator[Provider]:
    """Give a running provider."""
    face = Provider(clock)
    with LoopThread() as thread:
        runner = thread.run(face.listen())
        yield face
        thread.run(runner.cleanup())


async def go_out(at: httpx.AsyncClient, page: str | None = None) -> str:
    """Begin a sign-in; return the provider's address that the browser is sent to."""
    answer = await at.get("/v1/session/oidc", params={"next": page} if page else None)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def agree(location: str) -> str:
    """Sign in at the provider; return the address that leads back, without its host."""
    # Nothing here is over TLS: to load the machine's certificates each time would take longer than all else.
    async with httpx.AsyncClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as elsewhere:
        answer = await elsewhere.get(location)
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


async def come_back(at: httpx.AsyncClient, back: str) -> httpx.Response:
    """Open the address that leads back, as a browser that comes from the provider's page."""
    return await at.get(back, headers={"Sec-Fetch-Site": "cross-site"})


async def sign_in(at: httpx.AsyncClient, page: str | None = None) -> httpx.Response:
    """Go the whole way."""
    return await come_back(at, await agree(await go_out(at, page)))


def parameter(address: str, name: str) -> str:
    """Return one parameter of an address."""
    return parse_qs(urlsplit(address).query)[name][0]
