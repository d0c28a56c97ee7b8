"""Who is told: the rule, and what it does to real leads."""

from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from app.destinations.routing import BY_HAND, NOT_SHARED, Facts, Way, route
from tests.support.house import Desk

FACTS = Facts(
    event="lead.created",
    form="clinic-es",
    country="ES",
    language="es-MX",
    condition="multiple-sclerosis",
    status="new",
    test=False,
    shared_with=frozenset({"Clinic A"}),
)


@dataclass
class Rule:
    """A destination as far as routing asks."""

    format: str = "standard"
    forms: tuple[str, ...] = ()
    recipient: str | None = None
    kind: str = "webhook"
    takes: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("takes", "way"),
    [
        (None, Way.TOLD),
        ({"countries": ["PT", "ES"]}, Way.TOLD),
        ({"countries": ["PT"]}, Way.PASSED_OVER),
        ({"languages": ["es"]}, Way.TOLD),
        ({"languages": ["es-MX"]}, Way.TOLD),
        ({"languages": ["es-ES"]}, Way.PASSED_OVER),
        ({"languages": ["e"]}, Way.PASSED_OVER),
        ({"conditions": ["multiple-sclerosis"]}, Way.TOLD),
        ({"conditions": ["stroke"]}, Way.PASSED_OVER),
        ({"statuses": ["new"]}, Way.TOLD),
        ({"statuses": ["won"]}, Way.PASSED_OVER),
        ({"events": ["lead.created"]}, Way.TOLD),
        ({"events": ["lead.updated"]}, Way.PASSED_OVER),
        ({"countries": ["ES"], "conditions": ["stroke"]}, Way.PASSED_OVER),
    ],
)
def test_a_destination_is_told_of_what_it_takes(takes: dict[str, Any] | None, way: Way) -> None:
    decided, reason = route(Rule(takes=takes), FACTS)
    assert (decided, reason is None) == (way, way is Way.TOLD)


def test_what_is_not_known_matches_no_list() -> None:
    unknown = replace(FACTS, language=None, condition=None)
    for takes in ({"languages": ["es"]}, {"conditions": ["multiple-sclerosis"]}):
        assert route(Rule(takes=takes), unknown)[0] is Way.PASSED_OVER


def test_a_named_recipient_gets_only_what_was_agreed_to_be_shared_with_it() -> None:
    assert route(Rule(recipient="Clinic A"), FACTS) == (Way.TOLD, None)
    assert route(Rule(recipient="Clinic B"), FACTS) == (Way.WITHHELD, NOT_SHARED)
    # What it does not take anyway is not on record as withheld.
    assert route(Rule(recipient="Clinic B", takes={"countries": ["PT"]}), FACTS)[0] is Way.PASSED_OVER


def test_an_erasure_reaches_whoever_was_told_or_is_on_record_as_not_tellable() -> None:
    erased = replace(FACTS, event="lead.erased", country=None, shared_with=())
    narrow = {"countries": ["PT"], "events": ["lead.created"]}
    assert route(Rule(takes=narrow, recipient="Clinic B", forms=("other",)), erased) == (Way.TOLD, None)
    for name in ("hubspot", "salesforce-web-to-lead", "zoho", "pipedrive", "custom"):
        assert route(Rule(format=name), erased) == (Way.WITHHELD, BY_HAND)
    assert route(Rule(format="custom", takes={"events": ["lead.erased"]}), erased) == (Way.TOLD, None)


def test_a_preset_that_only_makes_records_is_not_told_of_changes() -> None:
    updated = replace(FACTS, event="lead.updated")
    told = [name for name in ("standard", "slack", "teams", "zoho") if route(Rule(name), updated)[0] is Way.TOLD]
    assert told == ["standard", "slack", "teams", "zoho"]
    for name in ("hubspot", "salesforce-web-to-lead", "pipedrive", "custom"):
        assert route(Rule(name), updated)[0] is Way.PASSED_OVER


def test_a_test_was_aimed_at_its_destination() -> None:
    assert route(Rule(takes={"countries": ["PT"]}), replace(FACTS, test=True)) == (Way.TOLD, None)


async def test_one_lead_goes_to_everybody_who_takes_it(desk: Desk) -> None:
    made = {
        "all": await desk.webhook("http://127.0.0.1:9/"),
        "spain": await desk.webhook("http://127.0.0.1:9/", countries=["ES"], languages=["es"]),
        "portugal": await desk.webhook("http://127.0.0.1:9/", countries=["PT"]),
        "sclerosis": await desk.mailbox("ms@clinic.example", conditions=["multiple-sclerosis"]),
        "won": await desk.mailbox("won@clinic.example", statuses=["won"]),
        "recipient": await desk.mailbox("b@clinic.example", recipient="Clinic B"),
    }
    lead = await desk.lead()
    found = await desk.deliveries(lead.id)
    names = {one.id: name for name, one in made.items()}
    states = {names[row.destination_id]: (row.state, row.reason) for row in found}
    assert states == {
        "all": ("pending", None),
        "spain": ("pending", None),
        "sclerosis": ("pending", None),
        "recipient": ("withheld", NOT_SHARED),
    }


async def test_the_preview_says_who_would_be_told_and_why_not(staff: httpx.AsyncClient) -> None:
    mailbox = {"kind": "email", "address": "desk@clinic.example", "include": "contact"}
    for name, more in (
        ("all", {}),
        ("portugal", {"countries": ["PT"]}),
        ("partner", {"recipient": "Clinic B", "forms": ["default"]}),
    ):
        answer = await staff.post("/v1/destinations", json={**mailbox, "name": name, **more})
        assert answer.status_code == 201, answer.text
    answer = await staff.post("/v1/destinations/route", json={"country": "ES"})
    outcomes = {one["name"]: (one["outcome"], one["reason"]) for one in answer.json()["items"]}
    assert outcomes == {
        "all": ("told", None),
        "portugal": ("passed-over", "it takes other countries"),
        "partner": ("withheld", NOT_SHARED),
    }
    answer = await staff.post("/v1/destinations/route", json={"country": "PT", "sharing": ["Clinic B"]})
    assert {one["outcome"] for one in answer.json()["items"]} == {"told"}
    answer = await staff.post("/v1/destinations/route", json={"country": "ES", "form": "other"})
    assert {one["name"]: one["reason"] for one in answer.json()["items"]}["partner"] == "it serves other forms"


@pytest.mark.parametrize("event", ["lead.updated", "lead.erased"])
def test_enquirers_hear_that_their_request_arrived_and_nothing_else(event: str) -> None:
    assert route(Rule(kind="enquirer"), FACTS) == (Way.TOLD, None)
    assert route(Rule(kind="enquirer"), replace(FACTS, event=event))[0] is Way.PASSED_OVER
