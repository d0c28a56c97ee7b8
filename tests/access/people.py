"""Members of staff at their browsers."""

from base64 import b32decode
from typing import Any

import httpx
from fastapi import FastAPI

from app.access import staff
from app.access.permissions import COOKIE
from app.access.roles import Role
from app.access.staff_schemas import Invited, NewStaff
from app.access.totp import code_at, step_of
from app.parts import Parts
from tests.support.clock import FakeClock

EMAIL, NAME = "ines.ortega@clinic.example", "Inés Ortega"
PASSWORD, ANOTHER = "lavendel trompete gabel", "correct horse battery staple"


def browser(app: FastAPI, *, client: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    """Return a browser that shows our own pages; it keeps cookies."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(client, 4711)),
        base_url="https://127.0.0.1:8000",
        headers={"Sec-Fetch-Site": "same-origin", **headers},
    )


async def invited(app: FastAPI, role: Role = Role.ADMIN, **changes: Any) -> Invited:
    """Invite somebody, as the command line does."""
    house: Parts = app.state.parts
    new = NewStaff(**{"email": EMAIL, "name": NAME, "role": role, **changes})
    return await staff.invite(house.database, house.settings.base_url, new, house.clock.now())


async def join(app: FastAPI, link: str, password: str = PASSWORD) -> httpx.Response:
    """Take up an invitation."""
    async with browser(app) as at:
        token = link.partition("#")[2]
        return await at.post("/v1/invitations/accept", json={"token": token, "password": password})


async def hired(app: FastAPI, role: Role = Role.ADMIN, **changes: Any) -> Invited:
    """Invite somebody who joins."""
    made = await invited(app, role, **changes)
    assert (await join(app, made.link)).status_code == 200
    return made


async def log_in(at: httpx.AsyncClient, password: str = PASSWORD, **changes: Any) -> httpx.Response:
    """Log in."""
    return await at.post("/v1/session", json={"email": EMAIL, "password": password, **changes})


def session_of(at: httpx.AsyncClient) -> str:
    """Return the id that the browser keeps."""
    return at.cookies[COOKIE]


async def enrol(at: httpx.AsyncClient, clock: FakeClock, password: str = PASSWORD) -> bytes:
    """Set up an authenticator app; return its secret."""
    shown = (await at.post("/v1/me/totp", json={"password": password})).json()
    secret = b32decode(shown["secret"])
    assert shown["uri"].startswith("otpauth://totp/Freequote:ines.ortega%40clinic.example?secret=")
    confirmed = await at.post("/v1/me/totp/confirm", json={"code": code_of(secret, clock)})
    assert confirmed.status_code == 204, confirmed.text
    return secret


def code_of(secret: bytes, clock: FakeClock) -> str:
    """Return the code that the app shows."""
    return code_at(secret, step_of(clock.now()))
