"""What the door writes down of each consent: exactly which words, and whether they were shown."""

from typing import Any

import httpx
import pytest

from tests.intake.enquiry import DOOR, FLAT, JSON

TEXTS = {"privacy": "Acepto.", "health_data": "También.", "sharing": "Comparto con:", "notice": "No es un consejo."}
CLINICS = ["Clinic A", "Clinic B"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not depend on it."""
    return sqlite_url


async def _wording(staff: httpx.AsyncClient, form: str = "default", **changes: Any) -> dict[str, Any]:
    wording = {"language": "es", **TEXTS, "recipients": CLINICS, **changes}
    answer = await staff.post(f"/v1/forms/{form}/wordings", json=wording)
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


async def _consents(client: httpx.AsyncClient, staff: httpx.AsyncClient, **sent: Any) -> list[dict[str, Any]]:
    receipt = (await client.post(DOOR, **sent)).json()
    lead = (await staff.get(f"/v1/leads/{receipt['id']}")).json()
    assert {consent["at"] for consent in lead["consents"]} == {receipt["received_at"]}
    consents: list[dict[str, Any]] = lead["consents"]
    return consents


def _given(**changes: Any) -> dict[str, Any]:
    return {**JSON, "language": "es", "consent": {**JSON["consent"], **changes}}


def _rows(consents: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["purpose"], row.get("recipient"), row["granted"], row["shown"]) for row in consents]


async def test_a_wording_that_the_page_names_is_recorded_as_shown(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    wording = await _wording(staff)
    await _wording(staff, privacy="Acepto todo.")
    consents = await _consents(client, staff, json=_given(wording=wording["id"], sharing=["Clinic B"], marketing=True))
    assert _rows(consents) == [
        ("health_data", None, True, "shown"),
        ("marketing", None, True, "shown"),
        ("privacy", None, True, "shown"),
        ("sharing", "Clinic A", False, "shown"),
        ("sharing", "Clinic B", True, "shown"),
    ]
    assert {(row["wording"], row["wording_hash"]) for row in consents} == {(wording["id"], wording["hash"])}


async def test_without_a_wording_the_current_one_of_the_language_is_recorded_unverified(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await _wording(staff)
    current = await _wording(staff, privacy="Acepto todo.")
    consents = await _consents(client, staff, json=_given())
    assert {row["shown"] for row in consents} == {"unverified"}
    assert {(row["wording"], row["wording_hash"]) for row in consents} == {(current["id"], current["hash"])}


async def test_a_wording_of_another_form_proves_nothing(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain"})
    foreign, own = await _wording(staff, "clinic-es"), await _wording(staff)
    consents = await _consents(client, staff, json=_given(wording=foreign["id"]))
    assert {(row["wording"], row["shown"]) for row in consents} == {(own["id"], "unverified")}


async def test_a_recipient_that_was_not_offered_is_recorded_unverified(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    wording = await _wording(staff, recipients=["Clinic A"])
    consents = await _consents(client, staff, json=_given(wording=wording["id"], sharing=["Clinic Z", "Clinic A"]))
    assert _rows(consents)[3:] == [("sharing", "Clinic A", True, "shown"), ("sharing", "Clinic Z", True, "unverified")]


async def test_a_plain_form_gives_the_same_consents(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    wording = await _wording(staff)
    plain = {**FLAT, "language": "es", "consent.wording": wording["id"], "consent_sharing": CLINICS}
    by_form = await _consents(client, staff, data=plain)
    by_script = await _consents(client, staff, json=_given(wording=wording["id"], sharing=CLINICS))
    assert by_form == by_script
