"""Who may not see contact data cannot have it confirmed by looking for it, whichever way they ask."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.roles import Role
from app.access.schemas import NewKey
from app.access.scopes import Scope
from tests.access.people import browser, hired, log_in
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock

LOOKED_FOR: list[dict[str, Any]] = [
    *({"q": words} for words in ("brandt", "a", "aurelia 678", "612345678", "78", "mail.example", "B", "-", "@")),
    *({"email": address} for address in ("a.brandt@mail.example", "nobody@mail.example", "")),
    *({"phone": number} for number in ("+34612345678", "")),
    {"q": "FQ-00000-00000 brandt"},
    {"status": ["new"], "q": "brandt", "country": "ES"},
]


async def _asking(app: FastAPI, clock: FakeClock, *scopes: Scope) -> httpx.AsyncClient:
    made = await access.mint(app.state.parts.database, NewKey(name="Reports", scopes=list(scopes)), clock.now())
    headers = {"Authorization": f"Bearer {made.secret}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000", headers=headers)


async def _answers(at: httpx.AsyncClient, wanted: dict[str, Any]) -> list[httpx.Response]:
    return [
        await at.get("/v1/leads", params=wanted),
        await at.post("/v1/leads/search", json=wanted),
        await at.get("/v1/leads/export", params={**wanted, "format": "ndjson"}),
    ]


async def test_without_seeing_it_nobody_has_contact_data_confirmed(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    assert (await client.post(DOOR, json=JSON)).is_success
    async with await _asking(app, clock, Scope.LEADS_READ, Scope.LEADS_EXPORT) as at:
        for wanted in LOOKED_FOR:
            told = set()
            for answer in await _answers(at, wanted):
                assert (answer.status_code, answer.json()["code"]) == (403, "search-needs-contact"), wanted
                told.add(answer.json()["detail"])
            (said,) = told
            assert "leads:contact" in said
    noted = (await staff.get("/v1/audit", params={"action": "access.refused"})).json()["items"]
    assert {one["details"]["reason"] for one in noted} == {"search-needs-contact"}
    assert (await staff.get("/v1/audit", params={"action": "leads.exported"})).json()["items"] == []
    async with await _asking(app, clock, *Scope) as at:
        found = [await _answers(at, wanted) for wanted in ({"q": "brandt"}, {"email": "a.brandt@mail.example"})]
        assert all("Aurelia" in answer.text for answers in found for answer in answers)


async def test_what_is_shown_unmasked_may_be_looked_for(
    app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    made = (await client.post(DOOR, json=JSON)).json()["reference"]
    seen: list[dict[str, Any]] = [
        *({"q": words} for words in (made, made.lower().replace("-", " "), "", "  ")),
        *({"country": "ES"}, {"status": ["new"]}, {"condition": "multiple-sclerosis"}, {"unanswered": True}),
    ]
    async with await _asking(app, clock, Scope.LEADS_READ, Scope.LEADS_EXPORT) as at:
        for wanted in seen:
            for answer in await _answers(at, wanted):
                assert (answer.status_code, made in answer.text) == (200, True), wanted
                assert "Brandt" not in answer.text


async def test_a_name_that_reads_as_a_reference_is_no_way_around(
    app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    assert (await client.post(DOOR, json={**JSON, "name": "Aurelia Zachariasen-Black"})).is_success
    # Ten letters of the alphabet of references, and the beginning of a name.
    for name in ("zachariase", "zachar iase"):
        async with await _asking(app, clock, Scope.LEADS_READ, Scope.LEADS_EXPORT) as at:
            for answer in await _answers(at, {"q": name}):
                assert (answer.status_code, "FQ-" in answer.text) == (200, False)
    async with await _asking(app, clock, *Scope) as at:
        assert len((await at.post("/v1/leads/search", json={"q": "zachariase"})).json()["items"]) == 1


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.COORDINATOR, 200)])
async def test_people_are_judged_as_keys_are(role: Role, status: int, app: FastAPI) -> None:
    await hired(app, role)
    async with browser(app) as at:
        await log_in(at)
        assert (await at.post("/v1/leads/search", json={"q": "brandt"})).status_code == status
