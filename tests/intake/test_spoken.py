"""A telephone enquiry, entered by staff."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from tests.intake.enquiry import JSON, assert_problem
from tests.support.clock import FakeClock

SPOKEN: dict[str, Any] = {**JSON, "consent": {**JSON["consent"], "sharing": ["Clinic Aurora"]}}


async def test_what_was_said_on_the_telephone_becomes_a_lead_with_its_consents_as_spoken(
    staff: httpx.AsyncClient,
) -> None:
    # A word in the trap is no robot's here.
    made = await staff.post("/v1/leads", json={**SPOKEN, "fq_extra_details": "called twice"})
    assert made.status_code == 201
    address = f"/v1/leads/{made.json()['reference']}"
    lead = (await staff.get(address)).json()
    assert made.headers["location"].endswith(f"/v1/leads/{lead['id']}")
    assert (lead["person"]["name"], lead["held"], lead["status"], lead["version"]) == (SPOKEN["name"], False, "new", 1)
    assert {(consent["purpose"], consent["granted"]) for consent in lead["consents"]} == {
        ("privacy", True),
        ("health_data", True),
        ("marketing", False),
        ("sharing", True),
    }
    assert {(consent["wording"], consent["shown"]) for consent in lead["consents"]} == {("spoken", "spoken")}
    timeline = (await staff.get(f"{address}/timeline")).json()["items"]
    assert [(entry["kind"], entry["by"]) for entry in timeline] == [("received", None), ("entered", "Everything")]
    found = await staff.post("/v1/leads/search", json={"q": "brandt", "phone": "+34612345678"})
    assert [item["id"] for item in found.json()["items"]] == [lead["id"]]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"name": None}, 422, "invalid-request"),
        ({"consent": {"privacy": True, "health_data": False}}, 422, "invalid-request"),
        ({"form": "nowhere"}, 404, "form-not-found"),
    ],
)
async def test_what_the_door_would_refuse_is_refused_here(
    changes: dict[str, Any], status: int, code: str, staff: httpx.AsyncClient
) -> None:
    assert_problem(await staff.post("/v1/leads", json={**SPOKEN, **changes}), status, code)
    assert (await staff.get("/v1/leads")).json()["items"] == []


async def test_a_limited_key_enters_leads_of_its_own_forms_only(
    app: FastAPI, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    new = NewKey(name="Elsewhere", scopes=[Scope.LEADS_WRITE], forms=["clinic-es"])
    made = await access.mint(app.state.parts.database, new, clock.now())
    answer = await client.post("/v1/leads", json=SPOKEN, headers={"Authorization": f"Bearer {made.secret}"})
    assert_problem(answer, 404, "form-not-found")
