"""Pipedrive needs two calls for a lead: what is half done is neither lost nor done twice."""

import json
from datetime import timedelta

import pytest

from app.destinations import service as destinations
from app.destinations.formats import FormatName
from app.destinations.guard import Guard
from app.destinations.schemas import DestinationChange
from tests.deliveries.at_crms import crm, delivery_of, outcomes, preset
from tests.destinations.crm import TOKEN, Crm
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink

__all__ = ["crm"]


async def test_pipedrive_gets_the_person_then_the_lead_and_a_failure_between_makes_no_second_person(
    desk: Desk, crm: Crm
) -> None:
    crm.lead_failures = 2
    await preset(desk, crm, "pipedrive")
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    waiting = await delivery_of(desk, lead.id)
    assert (waiting.state, waiting.round_start) == ("pending", 1)
    assert waiting.progress is not None
    assert b"person_id" not in waiting.progress
    desk.clock.move(timedelta(seconds=5))
    await desk.engine.run_until_idle()
    desk.clock.move(timedelta(minutes=5))
    await desk.engine.run_until_idle()
    assert [kind for kind, _ in crm.taken] == ["person", "lead"]
    body = crm.taken[1][1]
    assert (body["person_id"], body["title"]) == (701, f"Quote request {lead.reference}")
    assert body["a" * 40] == "multiple sclerosis"
    done = await delivery_of(desk, lead.id)
    assert (done.state, done.progress) == ("delivered", None)
    assert await outcomes(desk, done.id) == ["halfway", "retry", "retry", "delivered"]


@pytest.mark.parametrize("field", [None, "b" * 40])
async def test_a_person_whose_making_was_not_answered_is_found_by_our_reference(
    field: str | None, desk: Desk, crm: Crm
) -> None:
    crm.unanswered = 1
    await preset(desk, crm, "pipedrive", settings={"reference_field": field} if field else {})
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    # Another of the same family, with the same address and number, is a person of their own.
    other = await desk.lead()
    await desk.engine.run_until_idle()
    desk.clock.move(timedelta(seconds=5))
    await desk.engine.run_until_idle()
    assert [(await delivery_of(desk, one.id)).state for one in (lead, other)] == ["delivered"] * 2
    assert crm.refusals == []
    kinds = [kind for kind, _ in crm.taken]
    # Without a field to look for, a lost answer makes a second one.
    assert (kinds.count("person"), kinds.count("lead")) == (2 if field else 3, 2)
    by_title = {body["title"]: body["person_id"] for kind, body in crm.taken if kind == "lead"}
    if field:
        assert by_title == {f"Quote request {lead.reference}": 701, f"Quote request {other.reference}": 702}


async def test_what_is_half_done_elsewhere_begins_anew_where_it_goes_now(
    desk: Desk, crm: Crm, http_sink: HttpSink
) -> None:
    crm.lead_failures = 1
    made = await preset(desk, crm, "pipedrive")
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    assert (await delivery_of(desk, lead.id)).progress is not None
    guard, house = Guard(desk.house.settings.allow_networks), desk.house
    other = DestinationChange(url=http_sink.url(), format=FormatName.STANDARD, auth=None, headers={})
    await destinations.change(house.database, house.keyring, guard, made.id, other)
    desk.clock.move(timedelta(seconds=5))
    await desk.engine.run_until_idle()
    assert (await delivery_of(desk, lead.id)).state == "delivered"
    (request,) = http_sink.requests
    assert json.loads(request.body)["data"]["reference"] == lead.reference


async def test_pipedrive_that_names_no_person_is_asked_again(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.answers.append(Answer(201, b'{"success": true}'))
    http_sink.answers.append(Answer(201, b"thank you"))
    await desk.webhook(http_sink.url(), format="pipedrive", headers={"x-api-token": TOKEN})
    lead = await desk.lead()
    await desk.engine.run_until_idle()
    assert (await delivery_of(desk, lead.id)).reason == "Pipedrive named no person that it made"
    desk.clock.move(timedelta(seconds=5))
    await desk.engine.run_until_idle()
    assert (await delivery_of(desk, lead.id)).reason == "the endpoint's answer is not the JSON that it promises"
