"""Who would be told of a lead that is there."""

from typing import Any

import httpx
import pytest

from tests.destinations.making import MAILBOX, made
from tests.intake.enquiry import DOOR, JSON

ROUTE = "/v1/destinations/route"


async def _lead(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post(DOOR, json={**JSON, **changes})
    assert answer.status_code == 201, answer.text
    lead: dict[str, Any] = answer.json()
    return lead


async def _outcomes(staff: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    answer = await staff.post(ROUTE, json=body)
    assert answer.status_code == 200, answer.text
    return {one["name"]: (one["outcome"], one["reason"]) for one in answer.json()["items"]}


async def test_a_lead_goes_where_its_own_facts_lead(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    consent = {**JSON["consent"], "sharing": ["Clinic A"]}
    facts = {"country": "PT", "language": "pt-BR", "condition": "multiple sclerosis", "consent": consent}
    lead = await _lead(client, **facts)
    for name, takes in (
        ("everything", {}),
        ("its own", {"countries": ["PT"], "languages": ["pt"], "conditions": ["multiple-sclerosis"]}),
        ("spain", {"countries": ["ES"]}),
        ("another condition", {"conditions": ["stroke"]}),
        ("won", {"statuses": ["won"]}),
        ("agreed", {"recipient": "Clinic A"}),
        ("not agreed", {"recipient": "Clinic B"}),
        ("changes", {"events": ["lead.updated"]}),
    ):
        await made(staff, MAILBOX, name=name, **takes)
    by_reference = await _outcomes(staff, {"lead": lead["reference"]})
    assert by_reference == await _outcomes(staff, {"lead": lead["id"]})
    assert {name for name, (outcome, _) in by_reference.items() if outcome == "told"} == {
        *("everything", "its own", "agreed"),
    }
    assert by_reference["spain"][1] == "it takes other countries"
    assert by_reference["not agreed"][0] == "withheld"
    await staff.patch(f"/v1/leads/{lead['id']}", json={"status": "won"})
    changed = await _outcomes(staff, {"lead": lead["id"], "event": "lead.updated"})
    assert {name for name in ("won", "changes") if changed[name][0] == "told"} == {"won", "changes"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"lead": "FQ-7K3M9-QXD4H", "country": "ES"}, "/country"),
        ({"lead": 7}, "/lead"),
        ({"lead": "FQ-7K3M9-QXD4H", "event": "lead.erased"}, "/event"),
        ({"form": "default"}, "/country"),
    ],
)
async def test_a_lead_is_named_or_described_never_both(
    staff: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await staff.post(ROUTE, json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("name", ["FQ-7K3M9-QXD4H", "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3", "nonsense", "\u0000"])
async def test_a_lead_that_is_not_there_has_no_audience(staff: httpx.AsyncClient, name: str) -> None:
    answer = await staff.post(ROUTE, json={"lead": name})
    assert (answer.status_code, answer.json()["code"]) == (404, "lead-not-found")


async def test_a_key_sees_the_audience_of_leads_that_it_may_read(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    lead = await _lead(client)
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Clinic"})
    for key, status in (
        ({"scopes": ["setup:read"]}, 403),
        ({"scopes": ["setup:read", "leads:read"], "forms": ["clinic-es"]}, 404),
        ({"scopes": ["setup:read", "leads:read"], "forms": ["default"]}, 200),
    ):
        secret = (await staff.post("/v1/keys", json={"name": "Reader", **key})).json()["secret"]
        answer = await client.post(ROUTE, json={"lead": lead["id"]}, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status
