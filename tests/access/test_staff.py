"""Staff accounts: invited, joined once, limited to their role and forms, disabled and reset at once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.access import service as access
from app.access.models import StaffAccount
from app.access.roles import Role
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.parts import Parts
from tests.access.people import ANOTHER, EMAIL, NAME, PASSWORD, browser, hired, invited, join, log_in
from tests.support.clock import FakeClock

PERSON = {"email": EMAIL, "name": NAME, "role": "viewer"}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database; a whole working day is tried on both, in `test_a_working_day.py`."""
    return postgresql_url


async def _row(app: FastAPI) -> StaffAccount:
    house: Parts = app.state.parts
    async with house.database.read() as session:
        return (await session.scalars(select(StaffAccount))).one()


async def _asking(app: FastAPI, clock: FakeClock, *scopes: Scope, forms: list[str] | None = None) -> httpx.AsyncClient:
    new = NewKey(name="Maker", scopes=list(scopes), forms=forms or [])
    made = await access.mint(app.state.parts.database, new, clock.now())
    return browser(app, Authorization=f"Bearer {made.secret}")


async def test_there_is_no_account_until_one_is_invited(staff: httpx.AsyncClient) -> None:
    assert (await staff.get("/v1/staff")).json() == {"items": []}


async def test_whoever_is_invited_sets_the_password_once_and_logs_in(app: FastAPI, staff: httpx.AsyncClient) -> None:
    made = (await staff.post("/v1/staff", json={**PERSON, "email": EMAIL.upper()})).json()
    assert (made["state"], made["email"]) == ("invited", EMAIL)
    assert made["link"].startswith("http://127.0.0.1:8000/console/join#")
    assert (await join(app, made["link"])).json()["state"] == "active"
    assert (await join(app, made["link"], ANOTHER)).json()["code"] == "invitation-not-found"
    async with browser(app) as at:
        assert (await log_in(at)).status_code == 204
        assert (await at.get("/v1/me")).json()["role"] == "viewer"
    (listed,) = (await staff.get("/v1/staff")).json()["items"]
    assert (listed["state"], "link" in listed) == ("active", False)


async def test_neither_password_nor_invitation_stands_in_the_database(app: FastAPI) -> None:
    made = await invited(app)
    assert made.link.partition("#")[2] not in repr(vars(await _row(app)))
    await join(app, made.link)
    row = await _row(app)
    assert (row.password or "").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in repr(vars(row))


async def test_an_invitation_ends_after_three_days(app: FastAPI, clock: FakeClock) -> None:
    made = await invited(app)
    clock.move(timedelta(days=3))
    assert (await join(app, made.link)).status_code == 404


async def test_a_password_that_others_guess_is_refused_and_the_invitation_stays(app: FastAPI) -> None:
    made = await invited(app)
    for password in ("short", "x" * 129, "Password2024!", "Ines.Ortega-2026"):
        refused = await join(app, made.link, password)
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, ["/password"])
        assert password not in refused.text
    assert (await join(app, made.link)).status_code == 200


async def test_one_address_has_one_account(app: FastAPI, staff: httpx.AsyncClient) -> None:
    await hired(app)
    answer = await staff.post("/v1/staff", json=PERSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "staff-exists")


@pytest.mark.parametrize("way", ["disable", "reset"])
async def test_whoever_is_disabled_or_reset_is_out_at_once(way: str, app: FastAPI, staff: httpx.AsyncClient) -> None:
    made = await hired(app)
    async with browser(app) as at:
        await log_in(at)
        assert (await at.get("/v1/leads")).status_code == 200
        assert (await staff.post(f"/v1/staff/{made.id}/{way}")).status_code == 200
        assert (await at.get("/v1/leads")).status_code == 401
        assert (await log_in(at)).json()["code"] == "log-in-failed"


async def test_a_reset_takes_a_disabled_account_back(app: FastAPI, staff: httpx.AsyncClient) -> None:
    made = await hired(app)
    await staff.post(f"/v1/staff/{made.id}/disable")
    again = (await staff.post(f"/v1/staff/{made.id}/reset")).json()
    assert (await join(app, again["link"], ANOTHER)).status_code == 200
    async with browser(app) as at:
        assert (await log_in(at)).status_code == 401
        assert (await log_in(at, ANOTHER)).status_code == 204


async def test_a_disabled_account_cannot_be_joined(app: FastAPI, staff: httpx.AsyncClient) -> None:
    made = await invited(app)
    await staff.post(f"/v1/staff/{made.id}/disable")
    assert (await join(app, made.link)).status_code == 404


async def test_nobody_invites_or_takes_over_somebody_who_may_do_more(app: FastAPI, clock: FakeClock) -> None:
    admin = await hired(app, Role.ADMIN)
    async with await _asking(app, clock, *Role.COORDINATOR.scopes, Scope.KEYS_WRITE) as at:  # type: ignore[arg-type]
        for role, status in ((Role.VIEWER, 201), (Role.COORDINATOR, 201), (Role.ADMIN, 403)):
            person = {**PERSON, "email": f"{role}@clinic.example", "role": role}
            assert (await at.post("/v1/staff", json=person)).status_code == status, role
        (viewer,) = (one for one in (await at.get("/v1/staff")).json()["items"] if one["role"] == "viewer")
        raised = await at.patch(f"/v1/staff/{viewer['id']}", json={"role": "admin"})
        lowered = await at.patch(f"/v1/staff/{admin.id}", json={"role": "viewer"})
        for answer in (
            raised,
            lowered,
            *[await at.post(f"/v1/staff/{admin.id}/{way}") for way in ("disable", "reset")],
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "more-than-its-maker")


async def test_whoever_is_limited_to_forms_invites_only_to_them(app: FastAPI, clock: FakeClock) -> None:
    await hired(app)
    async with await _asking(app, clock, *Scope, forms=["clinic-es"]) as at:
        wanted: list[tuple[list[str], int]] = [([], 403), (["clinic-de"], 403), (["clinic-es"], 201)]
        for forms, status in wanted:
            person = {**PERSON, "email": "desk@clinic.example", "forms": forms}
            assert (await at.post("/v1/staff", json=person)).status_code == status
        assert [one["email"] for one in (await at.get("/v1/staff")).json()["items"]] == ["desk@clinic.example"]


async def test_another_role_holds_from_the_next_request_on(app: FastAPI, staff: httpx.AsyncClient) -> None:
    made = await hired(app, Role.VIEWER)
    async with browser(app) as at:
        await log_in(at)
        assert (await at.get("/v1/keys")).status_code == 403
        assert (await staff.patch(f"/v1/staff/{made.id}", json={"role": "admin"})).json()["role"] == "admin"
        assert (await at.get("/v1/keys")).status_code == 200


@pytest.mark.parametrize("role", Role)
async def test_a_session_may_do_what_its_role_says(role: Role, app: FastAPI) -> None:
    await hired(app, role, forms=["clinic-es"])
    async with browser(app) as at:
        await log_in(at)
        me = (await at.get("/v1/me")).json()
        assert (frozenset(me["scopes"]), me["forms"], me["kind"]) == (role.scopes, ["clinic-es"], "staff")
        asked = {"/v1/leads": Scope.LEADS_READ, "/v1/forms": Scope.SETUP_READ, "/v1/keys": Scope.KEYS_WRITE}
        for path, scope in asked.items():
            assert (await at.get(path)).status_code == (200 if scope in role.scopes else 403), path


async def test_roles_grow_and_only_admins_take_leads_out_of_the_house() -> None:
    assert Role.VIEWER.scopes < Role.COORDINATOR.scopes < Role.ADMIN.scopes == set(Scope)
    assert not {Scope.LEADS_EXPORT, Scope.LEADS_ERASE, Scope.KEYS_WRITE} & Role.COORDINATOR.scopes
    assert Scope.LEADS_CONTACT not in Role.VIEWER.scopes


async def test_what_happens_to_accounts_is_audited_without_their_addresses(
    app: FastAPI, staff: httpx.AsyncClient
) -> None:
    made = (await staff.post("/v1/staff", json=PERSON)).json()
    await join(app, made["link"])
    for way in ("disable", "reset"):
        await staff.post(f"/v1/staff/{made['id']}/{way}")
    answer = await staff.get("/v1/audit", params={"subject": f"staff:{made['id']}"})
    entries: list[dict[str, Any]] = answer.json()["items"]
    assert [entry["action"] for entry in entries[::-1]] == [
        *("staff.invited", "staff.joined", "staff.disabled", "staff.reset"),
    ]
    assert "ortega" not in answer.text.lower()
