"""The timeline, page by page: everything once, in the same order, whatever happened in the same moment."""

from datetime import timedelta

import httpx
import pytest

from app.errors import InvalidRequest
from app.leads import service
from app.leads.schemas import LeadChange
from app.leads.timeline import TimelineEntry
from app.paging import write_cursor
from tests.intake.enquiry import DOOR, JSON
from tests.support.house import Desk
from tests.support.sink import HttpSink

Told = tuple[str, str | None, str | None]


async def _walk(desk: Desk, name: str, limit: int) -> list[Told]:
    found: list[TimelineEntry] = []
    cursor: str | None = None
    for _ in range(100):
        page = await service.timeline_of(desk.house.database, desk.house.keyring, name, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return [(one.kind, one.text, str(one.delivery.id) if one.delivery else None) for one in found]
    raise AssertionError("The pages do not end.")


async def test_every_entry_stands_on_one_page_in_order(desk: Desk, http_sink: HttpSink) -> None:
    house = desk.house
    for number in range(3):
        await desk.webhook(http_sink.url(), name=f"CRM {number}")
    new = await desk.lead()
    # Nothing tells these apart but their kind: the clock stands still.
    await desk.engine.run_until_idle()
    for text in ("Called.", "Called again."):
        await service.add_note(house.database, house.keyring, new.reference, text, desk.clock.now())
    desk.clock.move(timedelta(seconds=1))
    wanted = LeadChange.model_validate({"status": "contacted", "tags": ["vip"], "assignee": "Marta"})
    await service.change(house.database, house.keyring, new.reference, wanted, desk.clock.now())
    desk.clock.move(timedelta(seconds=1))
    await desk.engine.run_until_idle()
    whole = await _walk(desk, new.reference, 200)
    kinds = [kind for kind, _, _ in whole]
    first, then, last = kinds[:9], kinds[9:15], kinds[15:]
    assert first == ["received", "note", "note", *["promised"] * 3, *["delivered"] * 3]
    assert (sorted(then[:3]), then[3:]) == (["assignee", "status", "tags"], ["promised"] * 3)
    assert last == ["delivered"] * 3
    for limit in (1, 2, 5, 17):
        assert await _walk(desk, new.reference, limit) == whole, limit


async def test_what_happens_meanwhile_comes_behind_and_nothing_comes_twice(desk: Desk) -> None:
    house, new = desk.house, await desk.lead()
    await service.add_note(house.database, house.keyring, new.reference, "Called.", desk.clock.now())
    page = await service.timeline_of(house.database, house.keyring, new.reference, limit=1)
    desk.clock.move(timedelta(seconds=1))
    await service.add_note(house.database, house.keyring, new.reference, "Called again.", desk.clock.now())
    rest = await service.timeline_of(house.database, house.keyring, new.reference, cursor=page.next_cursor)
    assert [entry.text for entry in rest.items] == ["Called.", "Called again."]


async def test_a_cursor_of_another_list_is_refused(desk: Desk) -> None:
    new = await desk.lead()
    for cursor in (
        *("nonsense", "", write_cursor(7), write_cursor("2026-03-02T09:00:00+00:00", 1, "no id")),
        *(write_cursor("yesterday", 1, "0" * 32), write_cursor("2026-03-02T09:00:00", 1, "0" * 32)),
    ):
        with pytest.raises(InvalidRequest):
            await service.timeline_of(desk.house.database, desk.house.keyring, new.reference, cursor=cursor)


async def test_the_route_names_the_next_page(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    address = f"/v1/leads/{(await client.post(DOOR, json=JSON)).json()['reference']}"
    for number in range(3):
        await staff.post(f"{address}/notes", json={"text": f"Call {number}."})
    first = await staff.get(f"{address}/timeline", params={"limit": 2})
    assert [entry["text"] for entry in first.json()["items"]] == [None, "Call 0."]
    assert first.json()["next_cursor"] in first.headers["link"]
    rest = (await staff.get(first.headers["link"].partition("<")[2].partition(">")[0])).json()
    assert ([entry["text"] for entry in rest["items"]], rest["next_cursor"]) == (["Call 1.", "Call 2."], None)
