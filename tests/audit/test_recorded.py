"""Every act of staff leaves one entry that says who did what to what, and nothing of a person."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.sink import HttpSink

TEXTS = {"language": "es", "privacy": "Sí.", "health_data": "Sí.", "notice": "No es un consejo."}


async def _audited(staff: httpx.AsyncClient, **filters: str) -> list[dict[str, Any]]:
    answer = await staff.get("/v1/audit", params={"limit": "200", **filters})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items[::-1]


async def _done(staff: httpx.AsyncClient, *asked: tuple[str, str, Any]) -> list[str]:
    """Ask for things that must succeed; return what the audit says of them."""
    before = len(await _audited(staff))
    for method, path, body in asked:
        answer = await staff.request(method, path, json=body)
        assert answer.is_success, answer.text
    return [f"{entry['action']} {entry['subject']}" for entry in (await _audited(staff))[before:]]


async def _actor(staff: httpx.AsyncClient) -> str:
    (key,) = (key for key in (await staff.get("/v1/keys")).json()["items"] if key["name"] == "Everything")
    return f"key:{key['id']}"


async def test_opening_and_changing_a_lead_is_audited(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    lead = (await client.post(DOOR, json=JSON)).json()
    path = f"/v1/leads/{lead['id']}"
    assert await _done(
        staff,
        ("GET", path, None),
        ("GET", "/v1/leads", None),
        ("PATCH", path, {"status": "contacted"}),
        ("PATCH", path, {"status": "contacted"}),
    ) == [f"lead.opened lead:{lead['id']}", f"lead.changed lead:{lead['id']}"]
    entries = await _audited(staff, subject=f"lead:{lead['id']}")
    assert {entry["actor"] for entry in entries} == {await _actor(staff)}


async def test_an_export_is_audited_by_the_names_of_its_filters_alone(staff: httpx.AsyncClient) -> None:
    assert await _done(staff, ("GET", "/v1/leads/export?q=brandt&columns=name", None)) == ["leads.exported leads"]
    (entry,) = await _audited(staff, action="leads.exported")
    assert entry["details"] == {"media_type": "text/csv; charset=utf-8", "columns": ["name"], "filters": ["q"]}


async def test_held_leads_are_released_and_rejected_on_the_record(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    spam = {**JSON, "fq_extra_details": "cheap watches"}
    one, other = [(await client.post(DOOR, json=spam)).json()["id"] for _ in range(2)]
    found = await _done(staff, ("POST", f"/v1/leads/{one}/release", None), ("POST", f"/v1/leads/{other}/reject", None))
    assert found == [f"lead.released lead:{one}", f"lead.rejected lead:{other}"]


async def test_every_lead_of_the_door_is_named_by_the_entry_of_its_batch(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    leads = {(await client.post(DOOR, json=JSON)).json()["id"] for _ in range(3)}
    entries = await _audited(staff, action="leads.received")
    assert {lead for entry in entries for lead in entry["details"]["leads"]} == leads
    assert {entry["actor"] for entry in entries} == {"door"}


async def test_keys_made_and_revoked_are_audited_without_their_secrets(staff: httpx.AsyncClient) -> None:
    made = (await staff.post("/v1/keys", json={"name": "Inés Ortega", "scopes": ["leads:read"]})).json()
    revoke = ("DELETE", f"/v1/keys/{made['id']}", None)
    assert await _done(staff, revoke, revoke) == [f"key.revoked key:{made['id']}"]
    (entry,) = await _audited(staff, action="key.made", subject=f"key:{made['id']}")
    assert entry["details"] == {"scopes": ["leads:read"], "forms": []}


async def test_forms_and_wordings_are_audited(staff: httpx.AsyncClient) -> None:
    assert await _done(
        staff,
        ("POST", "/v1/forms", {"key": "clinic-es", "name": "Spain"}),
        ("PATCH", "/v1/forms/clinic-es", {"name": "Iberia", "reply_to": "ines.ortega@clinic.example"}),
        ("POST", "/v1/forms/clinic-es/wordings", TEXTS),
    ) == ["form.made form:clinic-es", "form.changed form:clinic-es", "wording.made form:clinic-es"]
    (entry,) = await _audited(staff, action="form.changed")
    assert entry["details"] == {"changed": ["name", "reply_to"]}


async def test_destinations_are_audited_from_their_making_to_their_end(
    staff: httpx.AsyncClient, http_sink: HttpSink
) -> None:
    hook = {"kind": "webhook", "url": http_sink.url("/crm"), "include": "full", "name": "Inés' CRM"}
    made = (await staff.post("/v1/destinations", json=hook)).json()
    path, subject = f"/v1/destinations/{made['id']}", f"destination:{made['id']}"
    found = await _done(
        staff,
        ("PATCH", path, {"name": "CRM"}),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/rotate-secret", None),
        ("POST", f"{path}/pause", None),
        ("POST", f"{path}/resume", None),
        ("POST", f"{path}/replay", {"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}),
        ("DELETE", path, None),
    )
    acts = ("changed", "tested", "secret-rotated", "paused", "resumed")
    expected = [f"destination.{act} {subject}" for act in acts]
    expected += [f"replay.ordered {subject}", f"destination.deleted {subject}"]
    assert [act for act in found if not act.startswith("leads.received")] == expected


async def test_a_delivery_tried_again_is_audited(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/destinations", json={"kind": "email", "address": "a@clinic.example", "include": "reference"})
    await client.post(DOOR, json=JSON)
    (delivery,) = (await staff.get("/v1/deliveries")).json()["items"]
    found = await _done(staff, ("POST", f"/v1/deliveries/{delivery['id']}/retry", None))
    assert found == [f"delivery.retried delivery:{delivery['id']}"]


async def test_what_is_refused_is_audited_once_a_minute(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    new = NewKey(name="Front desk", scopes=[Scope.LEADS_READ, Scope.KEYS_WRITE])
    made = await access.mint(app.state.parts.database, new, clock.now())
    headers = {"Authorization": f"Bearer {made.secret}"}
    more = {"name": "Helper", "scopes": ["leads:erase"]}
    for _ in range(3):
        assert (await client.get("/v1/forms", headers=headers)).status_code == 403
        assert (await client.post("/v1/keys", json=more, headers=headers)).status_code == 403
    entries = await _audited(staff, action="access.refused")
    assert [(entry["actor"], entry["details"]) for entry in entries] == [
        (f"key:{made.id}", {"operation": "listForms", "reason": "missing-scope"}),
        (f"key:{made.id}", {"operation": "createKey", "reason": "more-than-its-maker"}),
    ]
    clock.move(timedelta(minutes=1))
    await client.get("/v1/forms", headers=headers)
    assert len(await _audited(staff, action="access.refused")) == 3


async def test_a_stranger_leaves_no_entries(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    before = len(await _audited(staff))
    await client.get("/v1/leads", headers={"Authorization": "Bearer fq_nothing"})
    assert len(await _audited(staff)) == before


async def test_an_act_that_was_refused_leaves_no_entry_of_itself(staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms", json={"key": "default", "name": "Again"})
    assert await _audited(staff, action="form.made") == []


async def test_pages_follow_each_other_without_gaps(staff: httpx.AsyncClient) -> None:
    for number in range(5):
        await staff.post("/v1/forms", json={"key": f"clinic-{number}", "name": "Clinic"})
    address, found = "/v1/audit?limit=2&action=form.made", []
    while address:
        page = await staff.get(address)
        found += [entry["subject"] for entry in page.json()["items"]]
        address = page.links["next"]["url"] if "link" in page.headers else ""
    assert found == [f"form:clinic-{number}" for number in (4, 3, 2, 1, 0)]


async def test_filters_that_name_nothing_find_nothing_and_broken_ones_are_refused(staff: httpx.AsyncClient) -> None:
    for filters in ({"actor": "door"}, {"subject": "form:nowhere"}, {"to": "2020-01-01T00:00:00Z"}):
        assert await _audited(staff, **filters) == []
    assert await _audited(staff, **{"from": "2020-01-01T00:00:00Z"})
    for query in ("actor=%00", "action=lead.mislaid", "subject=Inés", "from=yesterday", "cursor=nonsense", "q=1"):
        assert (await staff.get(f"/v1/audit?{query}")).status_code == 422


async def test_the_chain_is_verified_over_http(app: FastAPI, staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain"})
    found = (await staff.get("/v1/audit/verify")).json()
    assert (found["ok"], found["faults"]) == (True, [])
    assert found["waiting"] > 0


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: that rows are written the same way on both, the chain's tests show."""
    return sqlite_url
