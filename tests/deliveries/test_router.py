"""Deliveries over HTTP: what became of each promise, and trying one again."""

from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from app.deliveries.engine import Engine
from tests.intake.enquiry import DOOR, JSON
from tests.support.clock import FakeClock
from tests.support.sink import Answer, HttpSink

NO_DELIVERIES = [("01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3", 404), ("nonsense", 422)]

WRONG_FILTERS = [
    ("limit=0", "limit"),
    ("state=lost", "state"),
    ("lead=FQ", "lead"),
    ("stat=failed", "stat"),
    ("cursor=x", "cursor"),
]


async def _destination(staff: httpx.AsyncClient, url: str, **changes: Any) -> str:
    answer = await staff.post("/v1/destinations", json={"kind": "webhook", "url": url, "include": "full", **changes})
    made: str = answer.json()["id"]
    return made


async def _post(client: httpx.AsyncClient, clock: FakeClock) -> str:
    lead: str = (await client.post(DOOR, json=JSON)).json()["id"]
    clock.move(timedelta(minutes=1))
    return lead


async def _send(app: FastAPI) -> None:
    engine: Engine = app.state.engine
    await engine.run_until_idle()


async def _listed(staff: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await staff.get("/v1/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_promise_is_on_a_page_once_newest_first(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    for path in ("/a", "/b"):
        await _destination(staff, http_sink.url(path))
    leads = [await _post(client, clock) for _ in range(3)]
    found, address = [], "/v1/deliveries?limit=4"
    while address:
        page = await staff.get(address)
        found += [item["lead_id"] for item in page.json()["items"]]
        address = page.links["next"]["url"] if page.json()["next_cursor"] else ""
        assert bool(address) == ("link" in page.headers)
    assert found == [lead for lead in reversed(leads) for _ in range(2)]


async def test_filters_by_state_destination_lead_and_event(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    shared = await _destination(staff, http_sink.url("/a"))
    private = await _destination(staff, http_sink.url("/b"), recipient="Clinic A")
    first, second = await _post(client, clock), await _post(client, clock)
    await _send(app)
    assert {item["lead_id"] for item in await _listed(staff, state="delivered")} == {first, second}
    assert {item["destination_id"] for item in await _listed(staff, state="withheld")} == {private}
    assert [item["lead_id"] for item in await _listed(staff, destination=shared)] == [second, first]
    of_first = await _listed(staff, lead=first)
    assert {(item["lead_id"], item["state"]) for item in of_first} == {(first, "delivered"), (first, "withheld")}
    assert {item["id"] for item in await _listed(staff, event=of_first[0]["event_id"])} == {
        item["id"] for item in of_first
    }
    assert await _listed(staff, state="cancelled") == []


async def test_a_filter_that_cannot_be_read_is_refused(staff: httpx.AsyncClient) -> None:
    for query, pointer in WRONG_FILTERS:
        answer = await staff.get(f"/v1/deliveries?{query}")
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/query/{pointer}"]


async def test_a_delivery_shows_every_attempt(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    http_sink.answers.append(Answer(503))
    await _destination(staff, http_sink.url("/crm"), name="Clinic CRM")
    lead = await _post(client, clock)
    await _send(app)
    (waiting,) = await _listed(staff, lead=lead)
    assert (waiting["state"], waiting["attempt_count"], waiting["destination"]) == ("pending", 1, "Clinic CRM")
    clock.move(timedelta(minutes=1))
    await _send(app)
    shown = (await staff.get(f"/v1/deliveries/{waiting['id']}")).json()
    assert (shown["state"], shown["event_type"], shown["reason"]) == ("delivered", "lead.created", None)
    attempts = [(one["number"], one["outcome"], one["status_code"]) for one in shown["attempts"]]
    assert attempts == [(1, "retry", 503), (2, "delivered", 200)]
    moments = [shown[name] for name in ("due_at", "created_at", "settled_at")]
    moments += [attempt[name] for attempt in shown["attempts"] for name in ("started_at", "finished_at")]
    assert all(moment.endswith("Z") for moment in moments)


async def test_a_waiting_delivery_is_tried_at_once_when_staff_ask(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    http_sink.answers.append(Answer(503))
    await _destination(staff, http_sink.url("/crm"))
    lead = await _post(client, clock)
    await _send(app)
    (waiting,) = await _listed(staff, lead=lead)
    again = await staff.post(f"/v1/deliveries/{waiting['id']}/retry")
    assert (again.status_code, again.json()["state"], again.json()["reason"]) == (200, "pending", None)
    await _send(app)
    assert [item["state"] for item in await _listed(staff, lead=lead)] == ["delivered"]
    ids = {request.headers["webhook-id"] for request in http_sink.requests}
    assert (len(http_sink.requests), ids) == (2, {waiting["event_id"]})


async def test_what_is_done_withheld_or_cancelled_is_not_sent_again(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    await _destination(staff, http_sink.url("/a"))
    await _destination(staff, http_sink.url("/b"), recipient="Clinic A")
    paused = await _destination(staff, http_sink.url("/c"))
    await staff.post(f"/v1/destinations/{paused}/pause")
    await _post(client, clock)
    await _send(app)
    await staff.delete(f"/v1/destinations/{paused}")
    items = await _listed(staff)
    assert {item["state"] for item in items} == {"delivered", "withheld", "cancelled"}
    for item in items:
        answer = await staff.post(f"/v1/deliveries/{item['id']}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "delivery-not-retriable")
        assert item["state"] in answer.json()["detail"] or item["state"] == "cancelled"
    await _send(app)
    assert [item["state"] for item in await _listed(staff)] == [item["state"] for item in items]


async def test_a_failed_delivery_to_a_deleted_destination_cannot_be_made_to_wait_for_good(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    http_sink.otherwise = Answer(400)
    destination = await _destination(staff, http_sink.url("/crm"))
    await _post(client, clock)
    for _ in range(11):
        await _send(app)
        clock.move(timedelta(days=2))
    (failed,) = await _listed(staff)
    assert failed["state"] == "failed"
    await staff.delete(f"/v1/destinations/{destination}")
    answer = await staff.post(f"/v1/deliveries/{failed['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery-not-retriable")
    assert [item["state"] for item in await _listed(staff)] == ["failed"]


async def test_a_delivery_that_is_not_there_is_not_found(staff: httpx.AsyncClient) -> None:
    for name, status in NO_DELIVERIES:
        answers = [await staff.get(f"/v1/deliveries/{name}"), await staff.post(f"/v1/deliveries/{name}/retry")]
        assert [answer.status_code for answer in answers] == [status, status]


async def test_figures_and_alerts_show_how_each_destination_is_served(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    well = await _destination(staff, http_sink.url("/a"), name="Clinic CRM")
    await _post(client, clock)
    await _send(app)
    ill = await _destination(staff, "http://127.0.0.1:1/", name="Old CRM")
    promised_at = clock.now()
    for _ in range(3):
        await _post(client, clock)
    await _send(app)
    items = (await staff.get("/v1/deliveries/figures")).json()["items"]
    assert items[0] == {
        "destination_id": well,
        "destination": "Clinic CRM",
        "state": "active",
        "oldest_waiting_at": None,
        "promised": 4,
        "delivered": 4,
        "failed": 0,
        "waiting": 0,
    }
    assert (items[1]["destination_id"], items[1]["state"]) == (ill, "failing")
    assert (items[1]["promised"], items[1]["delivered"], items[1]["waiting"]) == (3, 0, 3)
    assert items[1]["oldest_waiting_at"] == promised_at.isoformat().replace("+00:00", "Z")
    (alert,) = (await staff.get("/v1/deliveries/alerts")).json()["items"]
    assert (alert["destination"], alert["kind"], alert["reason"]) == ("Old CRM", "failing", "connection refused")


async def test_a_page_of_alerts_is_full_of_what_a_key_may_see(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    ours = await _destination(staff, "http://127.0.0.1:1/", forms=["default"])
    kept = {"name": "Ours", "scopes": ["deliveries:read"], "forms": ["default"]}
    secret = (await staff.post("/v1/keys", json=kept)).json()["secret"]
    for _ in range(3):
        await _post(client, clock)
    await _send(app)
    for _ in range(2):
        await _destination(staff, "http://127.0.0.1:1/")
    for _ in range(3):
        await _post(client, clock)
    await _send(app)
    assert len((await staff.get("/v1/deliveries/alerts")).json()["items"]) == 3
    headers = {"Authorization": f"Bearer {secret}"}
    (alert,) = (await client.get("/v1/deliveries/alerts?limit=1", headers=headers)).json()["items"]
    assert alert["destination_id"] == ours


async def test_a_replay_is_ordered_and_seen(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock, http_sink: HttpSink
) -> None:
    destination = await _destination(staff, http_sink.url("/a"))
    await _post(client, clock)
    await _send(app)
    stretch = {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00+01:00", "only": "all"}
    ordered = await staff.post(f"/v1/destinations/{destination}/replay", json=stretch)
    assert (ordered.status_code, ordered.json()["state"], ordered.json()["found"]) == (202, "running", 1)
    again = await staff.post(f"/v1/destinations/{destination}/replay", json=stretch)
    assert (again.status_code, again.json()["code"]) == (409, "replay-under-way")
    assert (await staff.get(f"/v1/destinations/{destination}/replays")).json()["items"] == [ordered.json()]


async def test_a_stretch_that_cannot_be_read_is_refused(staff: httpx.AsyncClient, http_sink: HttpSink) -> None:
    destination = await _destination(staff, http_sink.url("/a"))
    for stretch in ({}, {"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, {"from": "x", "to": "y"}):
        answer = await staff.post(f"/v1/destinations/{destination}/replay", json=stretch)
        assert answer.status_code == 422
