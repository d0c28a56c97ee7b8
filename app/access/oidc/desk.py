"""Signs staff in through the provider: out with a state, back with a code, in with a session like any other."""

from dataclasses import dataclass
from typing import Any

from app.access.errors import TooManyLogIns
from app.access.oidc import under_way
from app.access.oidc.errors import SecondFactorMissing, SignInNotBegun, SignInNotSetUp, SignInRefused
from app.access.oidc.people import Stranger, Unproved, account_of, identity_in
from app.access.oidc.provider import Asks, Provider, Tokens
from app.access.oidc.reading import BadToken, Expected, ReadsTokens, UnknownKey, load_reader
from app.access.oidc.under_way import Secrets
from app.access.refusals import Refusals
from app.access.sessions import SessionDesk
from app.limits import BurstLimit
from app.parts import Parts
from app.rates import Rate

CALLBACK = "/v1/session/oidc/callback"
_TRIES_OF_ONE_CLIENT = Rate("60/15m")


@dataclass(frozen=True, slots=True)
class Returned:
    """What the browser brings back from the provider."""

    state: str
    code: str | None
    issuer: str | None
    """`iss` (RFC 9207): which provider this answer is from."""
    error: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody's new session, and the page that they wanted."""

    session_id: str
    page: str


class SignInDesk:
    """Sends browsers to the provider and judges what they come back with. Tries are counted for each client."""

    def __init__(self, house: Parts, sessions: SessionDesk, refusals: Refusals, asks: Asks) -> None:
        self._house = house
        self._sessions = sessions
        self._refusals = refusals
        self._redirect_uri = house.settings.base_url + CALLBACK
        self._provider = Provider(house.settings, asks, house.clock)
        self._read: ReadsTokens | None = None
        self._tries = BurstLimit(_TRIES_OF_ONE_CLIENT, refusal=TooManyLogIns)

    async def begin(self, client: str | None, page: str | None) -> tuple[str, Secrets]:
        """Return where the browser goes to sign in, and what it keeps until it comes back.

        Errors: `SignInNotSetUp`; `TooManyLogIns`; `ProviderOutOfReach`.
        """
        self._reader()
        self._tries.take(client)
        begun = under_way.new_secrets()
        url = await self._provider.authorization_url(self._redirect_uri, begun.state, begun.nonce, begun.challenge)
        async with self._house.database.begin() as session:
            under_way.write(session, begun, under_way.page_of(page), self._house.clock.now())
        return url, begun

    async def finish(self, returned: Returned, kept: str | None, client: str | None, before: str | None) -> SignedIn:
        """Return a session for whoever came back; `kept` is the sign-in's cookie, `before` that of a session before.

        Errors: `SignInNotSetUp`; `TooManyLogIns`; `SignInNotBegun`; `SignInRefused`; `SecondFactorMissing`;
        `ProviderOutOfReach`.
        """
        self._reader()
        self._tries.take(client)
        try:
            return await self._finish(returned, kept, before)
        except Stranger as stranger:
            await self._refusals.note_log_in(stranger.staff_id, f"oidc-{stranger.reason}")
            raise (SecondFactorMissing if isinstance(stranger, Unproved) else SignInRefused) from None
        except SignInNotBegun:
            await self._refusals.note_log_in(None, "oidc-state")
            raise

    async def _finish(self, returned: Returned, kept: str | None, before: str | None) -> SignedIn:
        begun = Secrets(kept or "")
        if not kept or not under_way.is_state_of(begun, returned.state):
            raise SignInNotBegun
        async with self._house.database.begin() as session:
            # Used up before the provider is asked: of two answers at once, one counts.
            page = await under_way.use_up(session, begun, self._house.clock.now())
        claims = await self._claims(returned, begun)
        return SignedIn(await self._open(claims, before), page)

    async def _claims(self, returned: Returned, begun: Secrets) -> dict[str, Any]:
        named = (await self._provider.describe()).authorization_response_iss_parameter_supported
        if returned.issuer != self._provider.issuer and (named or returned.issuer is not None):
            raise Stranger("iss")
        if returned.error is not None or not returned.code:
            raise Stranger("provider")
        try:
            tokens = await self._provider.exchange(returned.code, begun.verifier, self._redirect_uri)
        except SignInRefused:
            raise Stranger("code") from None
        claims = await self._read_token(tokens, begun.nonce)
        if "email" not in claims and tokens.access_token:
            more = await self._provider.userinfo(tokens.access_token)
            # It may speak of somebody else (OpenID Connect Core 1.0 §5.3.2).
            if more.get("sub") == claims["sub"]:
                claims |= {name: more[name] for name in ("email", "email_verified") if name in more}
        return claims

    async def _read_token(self, tokens: Tokens, nonce: str) -> dict[str, Any]:
        try:
            try:
                return self._judge(tokens, await self._provider.keys(), nonce)
            except UnknownKey:
                return self._judge(tokens, await self._provider.keys(afresh=True), nonce)
        except UnknownKey:
            raise Stranger("key") from None
        except BadToken as bad:
            raise Stranger(bad.reason) from None

    def _judge(self, tokens: Tokens, keys: list[dict[str, Any]], nonce: str) -> dict[str, Any]:
        expected = Expected(self._provider.issuer, self._provider.client_id, nonce, tokens.access_token)
        return self._reader()(tokens.id_token, keys, self._house.clock.now(), expected)

    async def _open(self, claims: dict[str, Any], before: str | None) -> str:
        who = identity_in(claims, self._provider.issuer)
        two = who.has_two_factors or self._house.settings.oidc_second_factor == "always"
        async with self._house.database.begin() as session:
            account = await account_of(session, who, self._house.clock.now())
            if not two and self._sessions.wants_second_factor(account):
                raise Unproved("amr", account.id)
            return await self._sessions.begin_by_provider(session, account.id, before, second_factor=two)

    def _reader(self) -> ReadsTokens:
        """Return what reads tokens, or raise `SignInNotSetUp`."""
        if not self._provider.issuer:
            raise SignInNotSetUp("FREEQUOTE_OIDC_ISSUER is not set. Log in with your password.")
        if self._read is None:
            self._read = load_reader()
        return self._read
