"""What the house and its provider must bring along: settings, the extra, an answer, a second factor."""

import sys
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.errors import Refusal
from app.main import create_app
from app.settings import Settings, read_settings
from tests.access.people import browser, enrol, hired, log_in
from tests.support.clock import FakeClock
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, EMAIL, SUBJECT, Provider, agree, come_back, go_out, sign_in


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database; `test_sign_in.py` tries both."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    """Give settings of a house with a provider, inside the networks that webhooks may reach, too."""
    changes: dict[str, Any] = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID}
    return settings.model_copy(update={**changes, "oidc_client_secret": SecretStr(CLIENT_SECRET)})


async def _outage(at: httpx.AsyncClient) -> None:
    answer = await at.get("/v1/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (503, "provider-out-of-reach")
    assert int(answer.headers["retry-after"]) > 0
    assert "Log in with your password" in answer.json()["detail"]


async def test_a_provider_that_is_away_takes_nothing_else_with_it(app: FastAPI, provider: Provider) -> None:
    await hired(app)
    provider.is_down = True
    async with browser(app) as at:
        await _outage(at)
        assert (await log_in(at)).status_code == 204
        assert (await at.get("/readyz")).status_code in {200, 503}
        assert "sign-in" not in (await at.get("/readyz")).text, "it is no reason to send visitors elsewhere"
        provider.is_down = False
        back = await agree(await go_out(at))
        provider.is_down = True
        answer = await come_back(at, back)
        assert (answer.status_code, answer.json()["code"]) == (503, "provider-out-of-reach")
        provider.is_down = False
        assert (await sign_in(at)).status_code == 303


async def test_a_provider_that_describes_itself_wrongly_is_not_believed(app: FastAPI, provider: Provider) -> None:
    wrong: list[dict[str, Any]] = [
        {"issuer": "https://accounts.elsewhere.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://login.example/\r\nSet-Cookie: a=b"},
        {"token_endpoint": None},
        {"jwks_uri": 7},
    ]
    async with browser(app) as at:
        for provider.described in wrong:
            await _outage(at)
        provider.described = {}
        assert (await at.get("/v1/session/oidc")).status_code == 303


async def test_inside_a_network_that_nobody_allowed_no_provider_is_asked(
    settings: Settings, provider: Provider, clock: FakeClock
) -> None:
    app = create_app(settings.model_copy(update={"allow_networks": ()}), clock=clock)
    async with app.router.lifespan_context(app), browser(app) as at:
        await _outage(at)
    assert provider.asked == []


async def test_a_secret_that_the_provider_does_not_know_is_our_trouble_and_no_persons(
    settings: Settings, clock: FakeClock
) -> None:
    app = create_app(settings.model_copy(update={"oidc_client_secret": SecretStr("old")}), clock=clock)
    async with app.router.lifespan_context(app), browser(app) as at:
        await hired(app)
        assert (await sign_in(at)).json()["code"] == "provider-out-of-reach"


async def test_without_a_provider_the_routes_say_what_is_missing(settings: Settings, clock: FakeClock) -> None:
    app = create_app(settings.model_copy(update={"oidc_issuer": ""}), clock=clock)
    async with app.router.lifespan_context(app), browser(app) as at:
        for path in ("/v1/session/oidc", "/v1/session/oidc/callback?state=a&code=b"):
            answer = await at.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "sign-in-not-set-up")
            assert "FREEQUOTE_OIDC_ISSUER" in answer.json()["detail"]


@pytest.mark.parametrize("yes", [True, "1"])
async def test_a_tenant_that_verifies_addresses_in_words_of_its_own_is_understood(
    yes: object, app: FastAPI, provider: Provider
) -> None:
    await hired(app)
    provider.claims = {"email_verified": None, "xms_edov": yes}
    async with browser(app) as at:
        assert (await sign_in(at)).status_code == 303


@pytest.mark.parametrize("package", ["authlib", "joserfc"])
async def test_without_the_extra_the_routes_say_what_to_install(
    package: str, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*sys.modules]:
        if name.partition(".")[0] in {"authlib", "joserfc"} or name == "app.access.oidc.tokens":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    await hired(app)
    async with browser(app) as at:
        answer = await at.get("/v1/session/oidc")
        assert (answer.status_code, "pip install 'freequote[oidc]'" in answer.json()["detail"]) == (404, True)
        assert (await log_in(at)).status_code == 204


async def test_an_account_with_an_app_needs_a_second_factor_of_the_provider_too(
    app: FastAPI, provider: Provider, clock: FakeClock
) -> None:
    await hired(app)
    async with browser(app) as at:
        await log_in(at)
        await enrol(at, clock)
        await at.delete("/v1/session")
        for amr in (None, ["pwd"], []):
            provider.claims = {"amr": amr}
            answer = await sign_in(at)
            assert (answer.status_code, answer.json()["code"]) == (401, "second-factor-missing")
        provider.claims = {"amr": ["pwd", "mfa"]}
        assert (await sign_in(at)).status_code == 303


async def test_where_an_app_is_demanded_the_providers_second_factor_will_do(
    settings: Settings, provider: Provider, clock: FakeClock
) -> None:
    app = create_app(settings.model_copy(update={"require_totp": True}), clock=clock)
    async with app.router.lifespan_context(app), browser(app) as at:
        await hired(app)
        assert (await sign_in(at)).json()["code"] == "second-factor-missing"
        provider.claims = {"amr": ["mfa"]}
        assert (await sign_in(at)).status_code == 303
        me = (await at.get("/v1/me")).json()
        assert (me["totp"], "leads:read" in me["scopes"]) == ("off", True)
        await log_in(at)
        assert (await at.get("/v1/me")).json()["totp"] == "needed", "a password alone still will not"
    always = settings.model_copy(update={"require_totp": True, "oidc_second_factor": "always"})
    app = create_app(always, clock=clock)
    async with app.router.lifespan_context(app), browser(app) as at:
        provider.claims = {}
        assert (await sign_in(at)).status_code == 303
        assert (await at.get("/v1/leads")).status_code == 200


async def test_an_address_that_stands_in_no_token_is_asked_for(app: FastAPI, provider: Provider) -> None:
    await hired(app)
    provider.claims = {"email": None, "email_verified": None}
    async with browser(app) as at:
        for told in (
            {"sub": "somebody else", "email": EMAIL, "email_verified": True},
            {"sub": SUBJECT, "email": EMAIL},
            {"email": EMAIL, "email_verified": True},
        ):
            provider.userinfo = told
            assert (await sign_in(at)).status_code == 401, told
        provider.userinfo = {"sub": SUBJECT, "email": EMAIL, "email_verified": True}
        assert (await sign_in(at)).status_code == 303


ELSEWHERE = (
    *("https://evil.example/", "//evil.example", "/\\evil.example", "/console\\..\\evil", "\\\\evil.example"),
    *("/console@evil.example", "/consoles", "/v1/leads", "/console/\r\nSet-Cookie: a=b", "javascript:alert(1)"),
    *("/console/é", "/console/#\u2028", " /console", "/console//evil.example\t", "/console/" + "a" * 600),
)


async def test_no_page_but_one_of_ours_is_gone_to(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at:
        for page in ELSEWHERE:
            assert (await sign_in(at, page)).headers["location"] == "/console", page


async def test_another_site_cannot_send_a_browser_to_sign_in(app: FastAPI, provider: Provider) -> None:
    async with browser(app) as at:
        for site in ("cross-site", "same-site"):
            answer = await at.get("/v1/session/oidc", headers={"Sec-Fetch-Site": site})
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin")
        assert (await at.get("/v1/session/oidc", headers={"Sec-Fetch-Site": "none"})).status_code == 303


async def test_whoever_tries_without_end_is_slowed_down_and_nobody_else(app: FastAPI) -> None:
    async with browser(app, client="203.0.113.9") as guesser, browser(app, client="198.51.100.7") as at:
        answers = [await guesser.get("/v1/session/oidc/callback?code=a&state=b") for _ in range(61)]
        assert [answer.status_code for answer in answers] == [400] * 60 + [429]
        assert (await guesser.get("/v1/session/oidc")).status_code == 429
        assert (await at.get("/v1/session/oidc")).status_code == 303


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ISSUER": "https://login.clinic.example"}, "FREEQUOTE_OIDC_CLIENT_ID"),
        ({"ISSUER": "login.clinic.example", "CLIENT_ID": "a"}, "must be an https:// address"),
        ({"ISSUER": "https://login.clinic.example?realm=a", "CLIENT_ID": "a"}, "without a query"),
        ({"ISSUER": "https://login.clinic.example", "CLIENT_ID": "a", "SECOND_FACTOR": "never"}, "SECOND_FACTOR"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(Refusal, match=says.replace("?", r"\?")):
        read_settings({f"FREEQUOTE_OIDC_{name}": value for name, value in given.items()})
