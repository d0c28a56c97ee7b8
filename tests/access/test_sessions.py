"""Sessions: begun with a password and a code, ended by time, log-out and change, and only from our own pages."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.access.errors import NotAuthenticated
from app.access.models import StaffSession
from app.access.permissions import COOKIE
from app.access.sessions import SessionDesk
from app.main import create_app
from app.settings import Settings
from tests.access.people import ANOTHER, EMAIL, PASSWORD, browser, code_of, enrol, hired, log_in, session_of
from tests.support.clock import FakeClock


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database; a whole working day is tried on both, in `test_a_working_day.py`."""
    return sqlite_url


async def test_the_cookie_is_for_us_alone_and_only_a_hash_of_it_is_kept(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at:
        answer = await log_in(at)
        attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert attributes == {"httponly", "secure", "path=/", "samesite=lax", "max-age=43200"}
        assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
        async with app.state.parts.database.read() as session:
            row = (await session.scalars(select(StaffSession))).one()
        assert session_of(at) not in repr(vars(row))
        assert len(session_of(at)) >= 22, "128 bits in base 64"


async def test_logging_in_again_ends_the_session_before(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at, browser(app) as thief:
        await log_in(at)
        before = session_of(at)
        await log_in(at)
        assert session_of(at) != before
        thief.cookies.set(COOKIE, before, domain="127.0.0.1")
        assert (await thief.get("/v1/me")).status_code == 401


async def test_a_session_that_rests_for_half_an_hour_ends(app: FastAPI, clock: FakeClock) -> None:
    await hired(app)
    async with browser(app) as at:
        await log_in(at)
        for _ in range(3):
            clock.move(timedelta(minutes=29))
            assert (await at.get("/v1/me")).status_code == 200
        clock.move(timedelta(minutes=30))
        assert (await at.get("/v1/me")).status_code == 401


async def test_to_be_looked_at_again_is_no_use_of_a_session(app: FastAPI, clock: FakeClock) -> None:
    await hired(app)
    desk: SessionDesk = app.state.session_desk
    async with browser(app) as at:
        await log_in(at)
        session_id = at.cookies[COOKIE]
    for _ in range(2):
        clock.move(timedelta(minutes=14))
        await desk.recognise(session_id, is_use=False)
    clock.move(timedelta(minutes=2))
    with pytest.raises(NotAuthenticated):
        await desk.recognise(session_id, is_use=False)


async def test_a_session_ends_after_twelve_hours_however_busy(app: FastAPI, clock: FakeClock) -> None:
    await hired(app)
    async with browser(app) as at:
        await log_in(at)
        answers = []
        for _ in range(48):
            clock.move(timedelta(minutes=15))
            answers.append((await at.get("/v1/me")).status_code)
        assert answers == [200] * 47 + [401]


async def test_logging_out_ends_the_session_and_takes_the_cookie_back(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at, browser(app) as thief:
        await log_in(at)
        thief.cookies.set(COOKIE, session_of(at), domain="127.0.0.1")
        assert (await at.delete("/v1/session")).status_code == 204
        assert COOKIE not in at.cookies
        assert (await thief.get("/v1/me")).status_code == 401
        assert (await at.delete("/v1/session")).status_code == 204, "whoever is out is out"


async def test_a_new_password_ends_every_session_but_this_one(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at, browser(app) as elsewhere:
        await log_in(at)
        await log_in(elsewhere)
        before = session_of(at)
        wrong = await at.put("/v1/me/password", json={"current": ANOTHER, "new": ANOTHER})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "log-in-failed")
        weak = await at.put("/v1/me/password", json={"current": PASSWORD, "new": "Password2024"})
        assert [one["pointer"] for one in weak.json()["errors"]] == ["/new"]
        assert (await elsewhere.get("/v1/me")).status_code == 200
        changed = await at.put("/v1/me/password", json={"current": PASSWORD, "new": ANOTHER})
        assert changed.status_code == 204
        assert (await elsewhere.get("/v1/me")).status_code == 401
        assert ((await at.get("/v1/me")).status_code, session_of(at) == before) == (200, False)
        assert (await log_in(elsewhere)).status_code == 401
        assert (await log_in(elsewhere, ANOTHER)).status_code == 204


async def test_with_an_authenticator_app_a_code_is_asked_for_and_none_counts_twice(
    app: FastAPI, clock: FakeClock
) -> None:
    await hired(app)
    async with browser(app) as at, browser(app) as other:
        await log_in(at)
        secret = await enrol(at, clock)
        assert (await at.get("/v1/me")).json()["totp"] == "on"
        assert (await log_in(other)).json()["code"] == "code-needed"
        assert (await log_in(other, ANOTHER)).json()["code"] == "log-in-failed", "the password comes first"
        used = code_of(secret, clock)
        assert (await log_in(other, code=used)).status_code == 401, "the one that confirmed the app"
        clock.move(timedelta(seconds=30))
        for code in ("000000" if code_of(secret, clock) != "000000" else "000001", "", "１２３４５６", "x" * 16):
            assert (await log_in(other, code=code)).json()["code"] == "log-in-failed"
        fresh = code_of(secret, clock)
        assert (await log_in(other, code=f"{fresh[:3]} {fresh[3:]}")).status_code == 204
        assert (await log_in(browser(app), code=fresh)).status_code == 401


async def test_setting_up_an_app_needs_the_password_and_a_code_of_it(app: FastAPI, clock: FakeClock) -> None:
    await hired(app)
    async with browser(app) as at:
        await log_in(at)
        assert (await at.post("/v1/me/totp", json={"password": ANOTHER})).status_code == 401
        assert (await at.post("/v1/me/totp/confirm", json={"code": "123456"})).status_code == 401
        await at.post("/v1/me/totp", json={"password": PASSWORD})
        assert (await at.get("/v1/me")).json()["totp"] == "off", "it does not count yet"


async def test_where_an_app_is_demanded_nothing_else_works_until_it_is_set_up(
    settings: Settings, clock: FakeClock
) -> None:
    app = create_app(settings.model_copy(update={"require_totp": True}), clock=clock)
    async with app.router.lifespan_context(app), browser(app) as at:
        await hired(app)
        await log_in(at)
        me = (await at.get("/v1/me")).json()
        assert (me["totp"], me["scopes"]) == ("needed", [])
        assert (await at.get("/v1/leads")).status_code == 403
        await enrol(at, clock)
        assert (await at.get("/v1/leads")).status_code == 200


async def test_guessing_locks_out_whoever_guesses_and_nobody_else(app: FastAPI) -> None:
    await hired(app)
    async with browser(app, client="203.0.113.9") as guesser, browser(app, client="198.51.100.7") as at:
        answers = [await log_in(guesser, ANOTHER) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert (answers[-1].json()["code"], "retry-after" in answers[-1].headers) == ("too-many-log-ins", True)
        assert (await log_in(guesser)).status_code == 429, "the right one comes too late"
        assert (await log_in(at)).status_code == 204


async def test_codes_are_counted_for_the_account_wherever_they_come_from(app: FastAPI, clock: FakeClock) -> None:
    await hired(app)
    async with browser(app) as at:
        await log_in(at)
        await enrol(at, clock)
    statuses = []
    for place in range(22):
        async with browser(app, client=f"203.0.113.{place}") as guesser:
            statuses.append((await log_in(guesser, code="000000")).status_code)
    assert statuses[-1] == 429


async def test_an_unknown_address_is_told_nothing(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at:
        unknown = await log_in(at, email="nobody@clinic.example")
        wrong = await log_in(at, ANOTHER)
    told = [{name: value for name, value in one.json().items() if name != "request_id"} for one in (unknown, wrong)]
    assert told[0] == told[1]


FROM_ELSEWHERE: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
]


async def test_whatever_another_site_sends_changes_nothing(app: FastAPI) -> None:
    await hired(app)
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/v1/session", {"email": EMAIL, "password": PASSWORD}),
        ("DELETE", "/v1/session", None),
        ("POST", "/v1/invitations/accept", {"token": "", "password": PASSWORD}),
        ("PUT", "/v1/me/password", {"current": PASSWORD, "new": ANOTHER}),
        ("POST", "/v1/me/totp", {"password": PASSWORD}),
        ("POST", "/v1/forms", {"key": "clinic-es", "name": "Spain"}),
        ("PATCH", "/v1/forms/default", {"name": "Ours"}),
    ]
    async with browser(app) as at:
        await log_in(at)
        del at.headers["sec-fetch-site"]
        for headers in FROM_ELSEWHERE:
            for method, path, body in asked:
                answer = await at.request(method, path, json=body, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin"), (method, path, headers)
            assert (await at.get("/v1/leads", headers=headers)).status_code == 200, "reading is safe"
        ours = {"Origin": "http://127.0.0.1:8000"}
        assert (await at.patch("/v1/forms/default", json={"name": "Ours"}, headers=ours)).status_code == 200


async def test_a_key_is_no_session_and_needs_no_page(app: FastAPI, staff: httpx.AsyncClient) -> None:
    refused = await staff.put("/v1/me/password", json={"current": PASSWORD, "new": ANOTHER})
    assert (refused.status_code, refused.json()["code"]) == (403, "not-a-session")
    me = (await staff.get("/v1/me")).json()
    assert (me["kind"], me["name"], me["role"], me["totp"]) == ("key", "Everything", None, None)


async def test_a_broken_header_beside_a_good_cookie_lets_nobody_in(app: FastAPI) -> None:
    await hired(app)
    async with browser(app) as at:
        await log_in(at)
        for header in ("Basic abc", "Bearer fq_nothing", "Bearer "):
            assert (await at.get("/v1/me", headers={"Authorization": header})).status_code == 401


async def test_logging_in_and_out_and_failing_is_audited_without_what_was_typed(
    app: FastAPI, staff: httpx.AsyncClient
) -> None:
    made = await hired(app)
    async with browser(app) as at:
        await log_in(at, ANOTHER)
        await log_in(at, email="nobody@clinic.example")
        await log_in(at)
        await at.get("/v1/leads")
        await at.delete("/v1/session")
    answer = await staff.get("/v1/audit")
    entries = [(one["actor"], one["action"], one["subject"]) for one in answer.json()["items"][::-1]]
    person = f"staff:{made.id}"
    assert [entry for entry in entries if entry[1].startswith("session")] == [
        ("nobody", "session.refused", person),
        ("nobody", "session.refused", "staff:unknown"),
        (person, "session.begun", person),
        (person, "session.ended", person),
    ]
    assert "clinic.example" not in answer.text
