"""One request in three encodings is one lead: through the whole door, on both databases."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import orjson
from hypothesis import HealthCheck, given
from hypothesis import settings as limits

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.main import create_app
from app.settings import read_settings
from tests.intake.drawn import ANSWERS, BOUNDARY, REQUESTS, flat, multipart
from tests.intake.enquiry import DOOR
from tests.support.clock import FakeClock

Drawn = dict[str, Any]


async def _post_thrice(client: httpx.AsyncClient, sent: Drawn) -> tuple[str, list[str | None]]:
    """Send a request in each encoding under one key; return the lead's id, and which answers were repetitions."""
    key = {"Idempotency-Key": uuid4().hex}
    ways = {
        "application/json": orjson.dumps(sent),
        "application/x-www-form-urlencoded": urlencode(flat(sent)).encode(),
        f"multipart/form-data; boundary={BOUNDARY}": multipart(flat(sent)),
    }
    answers = [
        await client.post(DOOR, content=raw, headers={**key, "Content-Type": content_type})
        for content_type, raw in ways.items()
    ]
    assert [answer.status_code for answer in answers] == [201] * 3, [answer.text for answer in answers]
    (lead_id,) = {answer.json()["id"] for answer in answers}
    return lead_id, [answer.headers.get("idempotent-replayed") for answer in answers]


def _assert_reads(lead: Drawn, request: Drawn, answers: Drawn) -> None:
    """Check that staff read what was written."""
    assert lead["person"]["name"] == request["name"].strip()
    assert lead["inquiry"]["condition"] == request["condition"].strip()
    assert lead["inquiry"]["message"] == request.get("message")
    assert lead["answers"] == answers


def test_the_same_request_in_three_encodings_is_the_same_lead(
    database_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    house = {"FREEQUOTE_DATABASE_URL": database_url, "FREEQUOTE_DATA_DIR": str(tmp_path / "data")}
    app = create_app(read_settings({**house, "FREEQUOTE_BURST": "100000/1s"}), clock=clock)

    @limits(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(REQUESTS, ANSWERS)
    def ask(request: Drawn, answers: Drawn) -> None:
        lead_id, repeated = runner.run(_post_thrice(client, {**request, **answers}))
        assert repeated == [None, "true", "true"]
        _assert_reads(runner.run(client.get(f"/v1/leads/{lead_id}", headers=staff)).json(), request, answers)

    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        new = NewKey(name="Desk", scopes=[Scope.LEADS_READ])
        key = runner.run(access.mint(app.state.parts.database, new, clock.now()))
        staff = {"Authorization": f"Bearer {key.secret}"}
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
        try:
            ask()
        finally:
            runner.run(client.aclose())
            runner.run(lifespan.__aexit__(None, None, None))
