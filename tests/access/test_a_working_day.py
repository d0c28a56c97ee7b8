"""A working day of a member of staff, on both databases: from the invitation to the end of the account."""

import asyncio
from datetime import timedelta

import httpx
from fastapi import FastAPI

from app.access.roles import Role
from tests.access.people import ANOTHER, PASSWORD, browser, code_of, enrol, invited, join, log_in
from tests.support.clock import FakeClock


async def test_a_working_day(app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock) -> None:
    made = await invited(app, Role.COORDINATOR)
    twice = await asyncio.gather(join(app, made.link), join(app, made.link, ANOTHER))
    assert sorted(answer.status_code for answer in twice) == [200, 404]
    password = PASSWORD if twice[0].status_code == 200 else ANOTHER
    async with browser(app) as at:
        assert (await log_in(at, password)).status_code == 204
        secret = await enrol(at, clock, password)
        clock.move(timedelta(minutes=20))
        assert (await at.get("/v1/leads")).status_code == 200
        changed = await at.put("/v1/me/password", json={"current": password, "new": "vier kleine igel 99"})
        assert changed.status_code == 204
        assert (await at.delete("/v1/session")).status_code == 204
    code = code_of(secret, clock)
    at_once = await asyncio.gather(*(log_in(browser(app), "vier kleine igel 99", code=code) for _ in range(4)))
    assert sorted(answer.status_code for answer in at_once) == [204, 401, 401, 401], "no code counts twice"
    assert (await staff.post(f"/v1/staff/{made.id}/disable")).json()["state"] == "disabled"
    acts = [one["action"] for one in (await staff.get(f"/v1/audit?subject=staff:{made.id}")).json()["items"][::-1]]
    assert acts[:2] + acts[-1:] == ["staff.invited", "staff.joined", "staff.disabled"]
    assert acts.count("session.begun") == 2
