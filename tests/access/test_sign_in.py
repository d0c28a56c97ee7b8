"""Signing in through the clinic's provider: a real one on loopback, on both databases."""

import asyncio
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from joserfc import jwt
from sqlalchemy import select

from app.access.models import StaffSession
from app.access.permissions import COOKIE
from app.access.roles import Role
from app.settings import Settings
from tests.access.people import browser, hired, invited, join, log_in
from tests.support.clock import FakeClock
from tests.support.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    SUBJECT,
    Provider,
    agree,
    come_back,
    go_out,
    parameter,
    rsa_key,
    sign_in,
)


def _with_head(token: str, head: dict[str, str], secret: bytes | None) -> str:
    """Return a token with another head, signed with a shared secret or not at all."""
    encoded = urlsafe_b64encode(orjson.dumps(head)).rstrip(b"=").decode()
    body = f"{encoded}.{token.split('.')[1]}"
    signature = urlsafe_b64encode(hmac.digest(secret, body.encode(), "sha256")).rstrip(b"=").decode() if secret else ""
    return f"{body}.{signature}"


def _of_another_key(token: str) -> str:
    claims = orjson.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return jwt.encode({"alg": "RS256", "kid": rsa_key().kid}, claims, rsa_key(1))


FORGERIES: dict[str, Callable[[str], str]] = {
    "unsigned": lambda token: _with_head(token, {"alg": "none"}, None),
    "unsigned, spelled otherwise": lambda token: _with_head(token, {"alg": "nOnE", "kid": "rsa-0"}, None),
    "signed with the public key as a secret": lambda token: _with_head(
        token, {"alg": "HS256", "kid": "rsa-0"}, rsa_key().as_pem(private=False)
    ),
    "signed with the client's secret": lambda token: _with_head(token, {"alg": "HS256"}, CLIENT_SECRET.encode()),
    "signed with another key of that name": _of_another_key,
    "signed by nobody": lambda token: token.rpartition(".")[0] + ".",
    "no token at all": lambda _: "nothing",
    "of a key that nobody knows": lambda token: _with_head(token, {"alg": "RS256", "kid": "unknown"}, b"x"),
}


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    """Give settings of a house whose staff sign in through the provider, which only its own setting lets us reach."""
    changes: dict[str, Any] = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID}
    changes |= {"allow_networks": (), "oidc_networks": settings.allow_networks}
    secret = type(settings.oidc_client_secret)(CLIENT_SECRET)
    return settings.model_copy(update={**changes, "oidc_client_secret": secret})


async def reasons(staff: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Return who was refused and why, the oldest first."""
    found = (await staff.get("/v1/audit", params={"action": "session.refused"})).json()["items"][::-1]
    return [(one["subject"], one["details"]["reason"]) for one in found]


async def test_somebody_with_an_account_signs_in_and_is_logged_in_like_anybody(
    app: FastAPI, staff: httpx.AsyncClient, provider: Provider, clock: FakeClock
) -> None:
    made = await hired(app, Role.COORDINATOR)
    async with browser(app) as at:
        answer = await sign_in(at, "/console/leads?status=new")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/leads?status=new")
        assert answer.headers["cache-control"] == "no-store"
        ours, under_way = answer.headers.get_list("set-cookie")[::-1]
        attributes = {part.strip().lower() for part in ours.split(";")[1:]}
        assert attributes == {"httponly", "secure", "path=/", "samesite=lax", "max-age=43200"}
        assert (under_way.startswith("__Host-fq-oidc="), "Max-Age=0" in under_way) == (True, True)
        me = (await at.get("/v1/me")).json()
        assert (me["id"], me["role"], me["totp"]) == (str(made.id), "coordinator", "off")
        assert (await at.get("/v1/leads")).status_code == 200
        clock.move(timedelta(minutes=30))
        assert (await at.get("/v1/me")).status_code == 401, "it rests no longer than others"
        # Bound from now on: the provider may say another address, or none.
        provider.claims = {"email": "i.ortega@clinic.example", "email_verified": False}
        assert (await sign_in(at)).headers["location"] == "/console"
        assert (await at.post("/v1/leads/search", json={})).status_code == 200
        assert (await at.delete("/v1/session")).status_code == 204
    answer = await staff.get("/v1/audit", params={"subject": f"staff:{made.id}"})
    acts = [(one["action"], one["details"].get("way")) for one in answer.json()["items"][::-1]][2:]
    begun = ("session.begun", "oidc")
    assert acts == [("staff.bound", None), begun, begun, ("session.ended", None)]
    assert not [word for word in ("ortega", SUBJECT) if word in answer.text.lower()]
    async with browser(app) as at:
        assert (await log_in(at)).status_code == 204, "the password works all the same"


async def test_an_invitation_is_taken_up_by_signing_in_and_by_nothing_else_afterwards(
    app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    made = await invited(app)
    async with browser(app) as at:
        clock.move(timedelta(days=4))
        assert (await sign_in(at)).json()["code"] == "sign-in-refused", "an old one opens nothing"
        assert await reasons(staff) == [(f"staff:{made.id}", "oidc-not-invited")]
        again = (await staff.post(f"/v1/staff/{made.id}/reset")).json()
        assert (await sign_in(at)).status_code == 303
        (listed,) = (await staff.get("/v1/staff")).json()["items"]
        assert (listed["state"], listed["bound"]) == ("active", True)
        assert (await join(app, again["link"])).status_code == 404
        reset = (await staff.post(f"/v1/staff/{made.id}/reset")).json()
        assert (reset["state"], reset["bound"]) == ("invited", False)
        assert (await at.get("/v1/me")).status_code == 401


async def test_whoever_has_no_account_here_is_refused_and_the_audit_says_why(
    app: FastAPI, staff: httpx.AsyncClient, provider: Provider
) -> None:
    made = await hired(app)
    someone, nobody = f"staff:{made.id}", "staff:unknown"
    tried: list[tuple[dict[str, Any], str, str]] = [
        ({"email": "stranger@elsewhere.example"}, nobody, "oidc-unknown"),
        ({"email_verified": False}, nobody, "oidc-email-not-verified"),
        ({"email_verified": "true"}, nobody, "oidc-claims"),
        ({"email_verified": None}, nobody, "oidc-email-not-verified"),
        ({"email_verified": None, "xms_edov": "0"}, nobody, "oidc-email-not-verified"),
        ({"email_verified": False, "xms_edov": True}, nobody, "oidc-email-not-verified"),
        ({"sub": ""}, nobody, "oidc-claims"),
        ({"sub": "x" * 256}, nobody, "oidc-claims"),
    ]
    expected = []
    async with browser(app) as at:
        for claims, subject, reason in tried:
            provider.claims = claims
            answer = await sign_in(at)
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-refused"), claims
            expected.append((subject, reason))
        provider.claims = {"email": EMAIL.upper()}
        assert (await sign_in(at)).status_code == 303, "addresses are compared in small letters"
        provider.claims = {"sub": "another one, who was given the address"}
        assert (await sign_in(at)).status_code == 401
        await staff.post(f"/v1/staff/{made.id}/disable")
        provider.claims = {}
        assert (await sign_in(at)).status_code == 401
        assert (await at.get("/v1/me")).status_code == 401
    expected += [(someone, "oidc-another-subject"), (someone, "oidc-disabled")]
    assert sorted(await reasons(staff)) == sorted(set(expected))


async def test_a_token_that_does_not_hold_signs_nobody_in(
    app: FastAPI, staff: httpx.AsyncClient, provider: Provider, clock: FakeClock
) -> None:
    await hired(app)
    now = int(clock.now().timestamp())
    tried: list[tuple[dict[str, Any], str]] = [
        ({"nonce": "of another sign-in"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [CLIENT_ID, "another-client"]}, "azp"),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, "azp"),
        ({"iss": provider.issuer + "/"}, "iss"),
        ({"iss": "https://accounts.elsewhere.example"}, "iss"),
        ({"exp": now - 60, "iat": now - 300}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "tomorrow"}, "exp"),
        ({"iat": now + 61}, "iat"),
        ({"nbf": now + 61}, "nbf"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
        ({"sub": 17}, "sub"),
    ]
    async with browser(app) as at:
        for claims, reason in tried:
            provider.claims = claims
            answer = await sign_in(at)
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-refused"), claims
            assert ("staff:unknown", f"oidc-{reason}") in await reasons(staff), claims
        assert COOKIE not in at.cookies
        provider.claims = {"exp": now - 59, "iat": now + 60}
        assert (await sign_in(at)).status_code == 303, "clocks may differ by a minute"


async def test_only_the_providers_own_signature_counts(app: FastAPI, provider: Provider) -> None:
    await hired(app)
    provider.key, provider.algorithm = rsa_key(), "RS256"
    async with browser(app) as at:
        for kind, forge in FORGERIES.items():
            location = await go_out(at)
            provider.raw_token = forge(provider.token(parameter(location, "nonce")))
            answer = await come_back(at, await agree(location))
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-refused"), kind
        provider.raw_token = None
        assert (await sign_in(at)).status_code == 303, "the same, with a good one"


async def test_keys_that_the_provider_rotates_are_fetched_once_a_minute_at_most(
    app: FastAPI, provider: Provider, clock: FakeClock
) -> None:
    await hired(app)
    async with browser(app) as at:
        assert (await sign_in(at)).status_code == 303
        provider.key, provider.algorithm = rsa_key(1), "PS256"
        assert (await sign_in(at)).status_code == 401, "keys that are a moment old are not asked for again"
        clock.move(timedelta(minutes=1))
        assert (await sign_in(at)).status_code == 303
        assert provider.asked.count("/keys") == 2
        for _ in range(3):
            provider.key = rsa_key(2)
            await sign_in(at)
        assert provider.asked.count("/keys") == 2
        assert provider.asked.count("/realms/clinic/.well-known/openid-configuration") == 1
        clock.move(timedelta(hours=1))
        assert (await sign_in(at)).status_code == 303
        assert provider.asked.count("/realms/clinic/.well-known/openid-configuration") == 2


async def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    app: FastAPI, staff: httpx.AsyncClient, provider: Provider, clock: FakeClock
) -> None:
    await hired(app)
    provider.is_forgetful = True
    async with browser(app) as at, browser(app) as thief:
        back = await agree(await go_out(at))
        for state in ("", "wrong", "ü"):
            answer = await at.get("/v1/session/oidc/callback", params={"code": parameter(back, "code"), "state": state})
            assert (answer.status_code, answer.json()["code"]) == (400, "sign-in-not-begun")
        assert (await come_back(thief, back)).json()["code"] == "sign-in-not-begun", "another browser, without a cookie"
        await go_out(thief)
        assert (await come_back(thief, back)).json()["code"] == "sign-in-not-begun", "with the cookie of another one"
        kept = at.cookies["__Host-fq-oidc"]
        twice = await asyncio.gather(*(come_back(at, back) for _ in range(2)))
        assert sorted(answer.status_code for answer in twice) == [303, 400]
        at.cookies.set("__Host-fq-oidc", kept, domain="127.0.0.1")
        assert (await come_back(at, back)).json()["code"] == "sign-in-not-begun", "used up, whatever the browser keeps"
        late = await agree(await go_out(at))
        clock.move(timedelta(minutes=10))
        assert (await come_back(at, late)).json()["code"] == "sign-in-not-begun"
        async with app.state.parts.database.read() as session:
            assert len((await session.scalars(select(StaffSession))).all()) == 1
    assert ("staff:unknown", "oidc-state") in await reasons(staff)


async def test_what_another_provider_or_a_refusal_sends_back_signs_nobody_in(
    app: FastAPI, staff: httpx.AsyncClient, provider: Provider
) -> None:
    await hired(app)
    async with browser(app) as at:
        for change, reason in (
            ({"iss": "https://accounts.elsewhere.example"}, "iss"),
            ({"iss": None}, "iss"),
            ({"code": "made-up"}, "code"),
            ({"code": None}, "provider"),
            ({"code": None, "error": "access_denied"}, "provider"),
        ):
            back = httpx.URL(await agree(await go_out(at)))
            given = {**dict(back.params), **change}
            answer = await at.get(back.path, params={name: value for name, value in given.items() if value})
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-refused"), change
            assert ("staff:unknown", f"oidc-{reason}") in await reasons(staff)
        assert COOKIE not in at.cookies


async def test_of_two_first_sign_ins_at_once_both_come_to_the_same_account(
    app: FastAPI, staff: httpx.AsyncClient
) -> None:
    made = await hired(app)
    async with browser(app) as at, browser(app) as other:
        backs = [(one, await agree(await go_out(one))) for one in (at, other)]
        answers = await asyncio.gather(*(come_back(one, back) for one, back in backs))
        assert [answer.status_code for answer in answers] == [303, 303]
    acts = (await staff.get("/v1/audit", params={"subject": f"staff:{made.id}"})).json()["items"]
    assert [one["action"] for one in acts].count("staff.bound") == 1
