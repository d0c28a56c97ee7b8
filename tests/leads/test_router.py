"""Leads over HTTP: pages, filters, versions."""

from base64 import urlsafe_b64encode
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

NO_LEADS = ["01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3", "FQ-00000-00000", "nonsense", "%00", "é"]

WRONG_CHANGES: list[Any] = [{}, {"status": "found"}, {"status": None}, {"status": "won", "name": "Aurelia"}, []]

WRONG_FILTERS = [
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=many", "limit"),
    ("status=lost&status=found", "status/1"),
    ("country=es", "country"),
    ("form=%00", "form"),
    ("held=perhaps", "held"),
    ("received_from=yesterday", "received_from"),
    ("received_from=2026-03-02T09:00:00", "received_from"),
    ("received_to=0001-01-01T00:00:00%2B14:00", "received_to"),
    ("received_to=9999-12-31T23:59:59-12:00", "received_to"),
    ("name=Aurelia", "name"),
]

CURSORS = {
    "nonsense": "nonsense",
    "not ASCII": "é",
    "no base 64": "%%%",
    "no list": urlsafe_b64encode(b'{"a": 1}').decode(),
    "too few parts": urlsafe_b64encode(b'["2026-03-02T09:00:00+00:00"]').decode(),
    "no moment": urlsafe_b64encode(b'["yesterday", 1]').decode(),
    "a moment without a zone": urlsafe_b64encode(b'["2026-03-02T09:00:00", 1]').decode(),
    "a moment before the first": urlsafe_b64encode(b'["0001-01-01T00:00:00+14:00", 1]').decode(),
    "a number that no row has": urlsafe_b64encode(b'["2026-03-02T09:00:00+00:00", 9223372036854775808]').decode(),
    "a number below all": urlsafe_b64encode(b'["2026-03-02T09:00:00+00:00", -1]').decode(),
    "too long": "A" * 501,
}


async def _post(client: httpx.AsyncClient, clock: FakeClock, **changes: Any) -> dict[str, Any]:
    answer = await client.post(DOOR, json={**JSON, **changes})
    clock.move(timedelta(minutes=1))
    receipt: dict[str, Any] = answer.json()
    return receipt


async def test_pages_are_linked_to_each_other_and_keep_the_filters(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    made = [(await _post(client, clock))["reference"] for _ in range(5)]
    await _post(client, clock, country="PT")
    found, address, pages = [], "/v1/leads?limit=2&country=ES", 0
    while address:
        page = await staff.get(address)
        body = page.json()
        found += [lead["reference"] for lead in body["items"]]
        pages += 1
        assert bool(body["next_cursor"]) == ("link" in page.headers)
        address = page.links["next"]["url"] if "link" in page.headers else ""
        assert not address or address.startswith("http://127.0.0.1:8000/v1/leads?")
    assert (found, pages) == (made[::-1], 3)


async def test_a_link_never_repeats_the_host_that_was_asked(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    for _ in range(2):
        await _post(client, clock)
    page = await staff.get("/v1/leads?limit=1", headers={"Host": "elsewhere.example"})
    assert "elsewhere" not in page.headers["link"]


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS.keys())
async def test_a_cursor_that_was_not_made_here_is_refused(cursor: str, staff: httpx.AsyncClient) -> None:
    answer = await staff.get("/v1/leads", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/cursor")


async def test_a_filter_that_cannot_be_read_is_refused(staff: httpx.AsyncClient) -> None:
    for query, pointer in WRONG_FILTERS:
        answer = await staff.get(f"/v1/leads?{query}")
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/query/{pointer}"]
        assert "Aurelia" not in answer.text


async def test_filters_combine(client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock) -> None:
    first = await _post(client, clock)
    await _post(client, clock, country="PT")
    held = await _post(client, clock, fq_extra_details="cheap watches")
    won = await _post(client, clock)
    await staff.patch(f"/v1/leads/{won['id']}", json={"status": "won"})
    for query, expected in (
        ({"status": ["new", "quoted"], "country": "ES"}, [first]),
        ({"status": "won", "form": "default"}, [won]),
        ({"held": "true"}, [held]),
        ({"form": "nowhere"}, []),
        ({"received_from": won["received_at"]}, [won]),
        ({"received_to": first["received_at"]}, []),
    ):
        items = (await staff.get("/v1/leads", params=query)).json()["items"]
        assert [item["id"] for item in items] == [receipt["id"] for receipt in expected], query


async def test_times_are_in_utc_with_a_z(client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock) -> None:
    receipt = await _post(client, clock)
    lead = (await staff.get(f"/v1/leads/{receipt['id']}")).json()
    (listed,) = (await staff.get("/v1/leads")).json()["items"]
    times = [receipt["received_at"], lead["received_at"], lead["updated_at"], listed["received_at"]]
    times += [consent["at"] for consent in lead["consents"]]
    assert set(times) == {"2026-03-02T09:00:00Z"}


async def test_a_lead_carries_its_version_as_its_tag(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    address = f"/v1/leads/{(await _post(client, clock))['reference']}"
    seen = await staff.get(address)
    assert (seen.headers["etag"], seen.json()["version"]) == ('"1"', 1)
    changed = await staff.patch(address, json={"status": "contacted"}, headers={"If-Match": seen.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"], changed.json()["status"]) == (200, '"2"', "contacted")
    assert (await staff.get(address)).headers["etag"] == '"2"'


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"elsewhere"', "nonsense", '"99999999999999"'])
async def test_a_change_of_another_version_is_refused(
    tag: str, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    address = f"/v1/leads/{(await _post(client, clock))['reference']}"
    await staff.patch(address, json={"status": "contacted"})
    answer = await staff.patch(address, json={"status": "lost"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (412, "stale-lead")
    assert (await staff.get(address)).json()["status"] == "contacted"


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
async def test_a_change_of_any_version_is_taken(
    headers: dict[str, str], client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    address = f"/v1/leads/{(await _post(client, clock))['reference']}"
    for version, status in ((2, "contacted"), (3, "new"), (3, "new")):
        answer = await staff.patch(address, json={"status": status}, headers=headers)
        assert (answer.json()["version"], answer.json()["status"]) == (version, status)


async def test_a_change_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    for body in WRONG_CHANGES:
        receipt = await _post(client, clock)
        answer = await staff.patch(f"/v1/leads/{receipt['id']}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert (await staff.get(f"/v1/leads/{receipt['id']}")).json()["version"] == 1


async def test_a_lead_that_is_not_there_is_not_found(staff: httpx.AsyncClient) -> None:
    for name in NO_LEADS:
        answers = [await staff.get(f"/v1/leads/{name}"), await staff.patch(f"/v1/leads/{name}", json={"status": "won"})]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "lead-not-found")] * 2


async def test_a_list_masks_contact_data_for_a_key_without_the_scope(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    receipt = await _post(client, clock)
    new = NewKey(name="Front desk", scopes=[Scope.LEADS_READ, Scope.LEADS_WRITE])
    key = await access.mint(app.state.parts.database, new, clock.now())
    headers = {"Authorization": f"Bearer {key.secret}"}
    listed = await client.get("/v1/leads", headers=headers)
    changed = await client.patch(f"/v1/leads/{receipt['id']}", json={"status": "won"}, headers=headers)
    for answer in (listed, changed):
        assert not [word for word in ("Brandt", "a.brandt", "612345678") if word in answer.text]
    assert "Aurelia Brandt" in (await staff.get("/v1/leads")).text
