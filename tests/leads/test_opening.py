"""Opening one lead is a deliberate act: it is throttled for each key, and lists are masked instead."""

import httpx
import pytest
from fastapi import FastAPI

from app.access.principals import Principal
from app.access.scopes import Scope
from app.ids import new_id
from app.leads.masking import masked, sees_contact
from app.settings import Settings, read_settings
from tests.intake.enquiry import DOOR, JSON


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Give a house in which a key may open three leads an hour."""
    return read_settings({"FREEQUOTE_DATABASE_URL": sqlite_url, "FREEQUOTE_OPENINGS": "3/1h"})


async def test_a_key_that_opens_too_much_waits_and_others_do_not(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    path = f"/v1/leads/{(await client.post(DOOR, json=JSON)).json()['id']}"
    other = (await staff.post("/v1/keys", json={"name": "Other", "scopes": ["leads:read"]})).json()["secret"]
    assert [(await staff.get(path)).status_code for _ in range(3)] == [200] * 3
    refused = await staff.get(path)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-opened")
    assert int(refused.headers["retry-after"]) in range(1, 1201)
    assert (await staff.get("/v1/leads")).status_code == 200
    assert (await client.get(path, headers={"Authorization": f"Bearer {other}"})).status_code == 200
    opened = (await staff.get("/v1/audit", params={"action": "lead.opened"})).json()["items"]
    assert len(opened) == 4, "what was refused was not opened"


async def test_guessing_at_leads_is_throttled_as_well(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    answers = [(await staff.get(f"/v1/leads/{new_id()}")).status_code for _ in range(4)]
    assert answers == [404, 404, 404, 429]


async def test_showing_all_that_is_held_on_somebody_is_an_opening(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    path = f"/v1/leads/{(await client.post(DOOR, json=JSON)).json()['id']}"
    paths = [path, f"{path}/subject-export", f"{path}/timeline", f"{path}/subject-export"]
    assert [(await staff.get(one)).status_code for one in paths] == [200, 200, 200, 429]


def test_a_mask_leaves_nothing_that_reaches_anyone() -> None:
    person = {
        "name": "Aurelia Brandt",
        "email": "a.brandt@mail.example",
        "phone": "+34612345678",
        "phone_raw": "612 345 678",
        "patient_name": "Émile 王",
        "guardian_name": None,
    }
    assert masked(person) == {
        "name": "A. B.",
        "email": "a…@….example",
        "phone": "…78",
        "patient_name": "É. 王.",
        "guardian_name": None,
    }


def test_only_the_scope_unmasks() -> None:
    def holding(*scopes: Scope) -> Principal:
        return Principal(new_id(), "Front desk", frozenset(scopes), frozenset())

    assert not sees_contact(holding(*(set(Scope) - {Scope.LEADS_CONTACT})))
    assert sees_contact(holding(Scope.LEADS_CONTACT))
    assert sees_contact(None)
