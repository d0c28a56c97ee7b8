"""What must hold after every fault: the statements I1, I3, I4 and I7."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.faults.crowd import Crowd
from tests.support.postgres import Postgres
from tests.support.process import Service
from tests.support.wishes import CANARIES

_OF_NOBODY = "lead_id NOT IN (SELECT id FROM leads) AND lead_id NOT IN (SELECT lead_id FROM erasures)"
_NOT_WHOLE = {
    "no data key": "SELECT reference FROM leads WHERE id NOT IN (SELECT lead_id FROM data_keys)",
    "no search tokens": "SELECT reference FROM leads WHERE no NOT IN (SELECT lead_no FROM search_tokens)",
    "not one consent for each purpose": """
        SELECT reference FROM leads WHERE (SELECT count(*) FROM consents WHERE lead_id = leads.id) <> 3
        OR (SELECT count(DISTINCT purpose) FROM consents WHERE lead_id = leads.id) <> 3""",
    "not one event": """
        SELECT reference FROM leads
        WHERE (SELECT count(*) FROM events WHERE lead_id = leads.id AND type = 'lead.created') <> 1""",
    "not one delivery for each destination": """
        SELECT reference FROM leads WHERE (SELECT count(*) FROM deliveries WHERE lead_id = leads.id)
        <> (SELECT count(*) FROM destinations WHERE deleted_at IS NULL)""",
    "tokens of nobody": "SELECT lead_no FROM search_tokens WHERE lead_no NOT IN (SELECT no FROM leads)",
    "events of nobody": f"SELECT id FROM events WHERE {_OF_NOBODY}",
    "deliveries of nobody": f"SELECT id FROM deliveries WHERE {_OF_NOBODY}",
    "a key of nobody": "SELECT lead_id FROM idempotency_keys WHERE lead_id NOT IN (SELECT id FROM leads)",
}
"""What is wrong, and the query that finds it; the last tables have no foreign key that would."""


def rows(service: Service, query: str) -> list[str]:
    """Read the first column straight from the database, past everything that is tested."""
    url = service.environ["FREEQUOTE_DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as connection:
            return [str(row[0]) for row in connection.execute(query)]
    return Postgres(service.environ.get("PAST_THE_PROXY", url)).run(query).splitlines()


def assert_nothing_lost(service: Service, crowd: Crowd) -> None:
    """Hold I1 and the first half of I3 as soon as the fault is over, before anybody sends again."""
    found = rows(service, "SELECT reference FROM leads")
    promised = [reference for wish in crowd.acknowledged for reference in wish.references]
    assert set(promised) <= set(found), "a request that was acknowledged is gone"
    assert len(promised) == len(set(promised)) == len(crowd.acknowledged), "two requests share a lead"
    assert len(found) <= len(crowd.wishes), "there are more leads than requests"
    assert_whole(service)


async def assert_settled(service: Service, crowd: Crowd, *more_logs: Path) -> None:
    """Heal, send everything again, and hold every statement: each request is one lead, whole, and in no log."""
    assert_nothing_lost(service, crowd)
    await crowd.settle()
    refused = [wish.number for wish in crowd.wishes if not wish.acknowledged]
    assert refused == [], f"requests that were never acknowledged: {refused}"
    assert [wish.number for wish in crowd.wishes if len(wish.references) != 1] == [], "one key, two references"
    promised = sorted(reference for wish in crowd.wishes for reference in wish.references)
    surplus = set(rows(service, "SELECT reference FROM leads")) ^ set(promised)
    assert surplus == set(), f"leads of no request, or requests without a lead: {surplus}"
    assert_whole(service)
    await _assert_staff_see(service, crowd)
    assert_silent(service.log, *more_logs)


def assert_whole(service: Service) -> None:
    """Hold I4: no lead without all that belongs to it, and nothing that belongs to no lead."""
    wrong = {what: found for what, query in _NOT_WHOLE.items() if (found := rows(service, query))}
    assert wrong == {}, f"leads that are not whole: {wrong}"


def assert_silent(*logs: Path) -> None:
    """Hold I7: no word of any visitor is in a log."""
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace").casefold()
        assert text, f"{log.name} is empty: nothing was looked at"
        spoken = [word for word in CANARIES if word in text]
        assert spoken == [], f"{log.name} holds {spoken}"


async def _assert_staff_see(service: Service, crowd: Crowd) -> None:
    """List every lead as staff do, and open some: what is sealed must open with the key that was kept."""
    bearer = {"Authorization": f"Bearer {service.first_key()}"}
    async with httpx.AsyncClient(base_url=service.url, headers=bearer, timeout=30) as staff:
        listed = await _listed(staff)
        promised = sorted(reference for wish in crowd.wishes for reference in wish.references)
        assert sorted(listed) == promised, f"staff see {len(listed)} of {len(promised)} leads"
        for wish in crowd.random.sample(crowd.wishes, min(10, len(crowd.wishes))):
            (reference,) = wish.references
            lead: dict[str, Any] = (await staff.get(f"/v1/leads/{reference}")).json()
            opened = (lead["person"]["name"], lead["inquiry"]["message"])
            assert opened == (wish.body["name"], wish.body["message"]), f"{reference} says something else"


async def _listed(staff: httpx.AsyncClient) -> Sequence[str]:
    references: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await staff.get("/v1/leads", params={"limit": 200, **({"cursor": cursor} if cursor else {})})).json()
        references += [lead["reference"] for lead in page["items"]]
        cursor = page["next_cursor"]
    return references
