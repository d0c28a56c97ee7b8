"""Forms over HTTP: what a page needs, what staff set, and wordings that never change."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.clock import FakeClock

NO_FORMS = ["nowhere", "%00", "Default"]

WRONG_WORDINGS: list[tuple[dict[str, Any], str]] = [
    ({"privacy": ""}, "/privacy"),
    ({"health_data": None}, "/health_data"),
    ({"notice": "No\x00"}, "/notice"),
    ({"language": "??"}, "/language"),
    ({"recipients": ["Clinic\x00A"]}, "/recipients/0"),
    ({"recipients": [""]}, "/recipients/0"),
]

WRONG_FORMS: list[tuple[dict[str, Any], str]] = [
    ({"key": "Clinic"}, "/key"),
    ({"key": ""}, "/key"),
    ({"key": "a\x00"}, "/key"),
    ({"name": "Spain\x00"}, "/name"),
    ({"name": "Spain\r\nBcc: all"}, "/name"),
    ({"languages": []}, "/languages"),
    ({"languages": ["Spanish!"]}, "/languages/0"),
    ({"origins": ["https://clinic.example/page"]}, "/origins/0"),
    ({"origins": ["https://clinic.example", "*"]}, "/origins/1"),
    ({"origins": ["https://-bad-ñ-.example"]}, "/origins/0"),
    ({"redirects": ["//elsewhere.example"]}, "/redirects/0"),
    ({"redirects": ["javascript:alert(1)"]}, "/redirects/0"),
    ({"redirects": ["https://clinic.example@elsewhere.example/"]}, "/redirects/0"),
    ({"redirects": ["https://clinic.example/\r\nSet-Cookie: a=b"]}, "/redirects/0"),
    ({"colour": "indigo"}, "/colour"),
    ({"theme": {"accent": "indigo"}}, "/theme/accent"),
    ({"theme": {"accent": "#7a1f5"}}, "/theme/accent"),
    ({"theme": {"accent": "#7a1f5c;}*{display:none"}}, "/theme/accent"),
    ({"theme": {"accent": "#7a1f5c\n"}}, "/theme/accent"),
    ({"theme": {"font": "Comic Sans"}}, "/theme/font"),
    ({"theme": {"corners": "0;}"}}, "/theme/corners"),
    ({"theme": {"scheme": "dim"}}, "/theme/scheme"),
    ({"limits": {"flood": "many"}}, "/limits/flood"),
    ({"limits": {"flood": "0/1h"}}, "/limits/flood"),
    ({"limits": {"same_text": "10/2h"}}, "/limits/same_text"),
    ({"limits": {"burst": "10/1s"}}, "/limits/burst"),
    ({"theme": {"logo": "https://clinic.example/logo.svg"}}, "/theme/logo"),
]

SPAIN = {"key": "clinic-es", "name": "Spain"}
TEXTS = {"privacy": "Acepto.", "health_data": "También.", "notice": "No es un consejo."}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the stricter kind of database: it refuses texts that the other one keeps."""
    return postgresql_url


async def test_a_page_gets_what_it_needs_from_any_site_and_may_keep_it_for_a_minute(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/forms/default", headers={"Origin": "https://clinic.example"})
    form = answer.json()
    assert (answer.status_code, form.keys()) == (
        200,
        {"key", "name", "languages", "fields", "proof_of_work", "turnstile_site_key", "wordings"},
    )
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert form["wordings"]["en"]["texts"].keys() == {
        "privacy",
        "health_data",
        "sharing",
        "marketing",
        "notice",
        "next",
    }


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [("nowhere", 404, "form-not-found"), ("%00", 404, "form-not-found"), ("default", 410, "form-closed")],
)
async def test_a_page_can_read_that_there_is_no_form(
    key: str, status: int, code: str, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await staff.patch("/v1/forms/default", json={"is_open": False})
    answer = await client.get(f"/v1/forms/{key}", headers={"Origin": "https://clinic.example"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "cache-control" not in answer.headers


async def test_forms_are_made_listed_and_shown(staff: httpx.AsyncClient, clock: FakeClock) -> None:
    settings = {
        "languages": ["es", "ca"],
        "origins": ["https://Clinic.example:443/", "http://localhost:3000"],
        "redirects": ["https://clinic.example/gracias"],
    }
    made = await staff.post("/v1/forms", json={**SPAIN, **settings})
    assert made.status_code == 201
    assert made.json() == {
        **SPAIN,
        **settings,
        "origins": ["https://clinic.example", "http://localhost:3000"],
        "is_open": True,
        "proof_of_work": False,
        "turnstile": False,
        "acknowledge": False,
        "reply_to": None,
        "answer_within": None,
        "fields": [],
        "aliases": {},
        "theme": {"accent": None, "scheme": "auto", "corners": "soft", "font": "system"},
        "limits": {"flood": None, "same_text": None},
        "created_at": "2026-03-02T09:00:00Z",
    }
    assert [form["key"] for form in (await staff.get("/v1/forms")).json()["items"]] == ["clinic-es", "default"]
    assert (await staff.get("/v1/forms/clinic-es/settings")).json() == made.json()


async def test_limits_change_by_the_piece_and_go_back(staff: httpx.AsyncClient) -> None:
    async def change(**limits: str | None) -> dict[str, str | None]:
        answer = await staff.patch("/v1/forms/default", json={"limits": limits})
        assert answer.status_code == httpx.codes.OK, answer.text
        told: dict[str, str | None] = answer.json()["limits"]
        return told

    assert await change(flood="500/1h") == {"flood": "500/1h", "same_text": None}
    assert await change(same_text=" 9/30m ") == {"flood": "500/1h", "same_text": "9/30m"}
    assert await change(flood=None) == {"flood": None, "same_text": "9/30m"}
    made = await staff.post("/v1/forms", json={**SPAIN, "limits": {"flood": "7/10m"}})
    assert made.json()["limits"] == {"flood": "7/10m", "same_text": None}


async def test_a_form_can_acknowledge_from_its_first_request_on(staff: httpx.AsyncClient) -> None:
    letter = {"acknowledge": True, "reply_to": "hola@clinic.example"}
    made = (await staff.post("/v1/forms", json={**SPAIN, **letter})).json()
    assert {name: made[name] for name in letter} == letter
    (place,) = (await staff.get("/v1/destinations")).json()["items"]
    assert (place["kind"], place["forms"]) == ("enquirer", ["clinic-es"])
    refused = await staff.post("/v1/forms", json={"key": "other", "name": "Other", **letter, "reply_to": "nobody"})
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/reply_to"]
    assert len((await staff.get("/v1/destinations")).json()["items"]) == 1


async def test_a_key_is_given_once(staff: httpx.AsyncClient) -> None:
    await staff.post("/v1/forms", json=SPAIN)
    again = await staff.post("/v1/forms", json={**SPAIN, "name": "Another"})
    assert (again.status_code, again.json()["code"]) == (409, "form-exists")
    assert (await staff.get("/v1/forms/clinic-es/settings")).json()["name"] == "Spain"


async def test_a_form_that_cannot_be_made_is_refused_field_by_field(staff: httpx.AsyncClient) -> None:
    for changes, pointer in WRONG_FORMS:
        answer = await staff.post("/v1/forms", json={**SPAIN, **changes})
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert [form["key"] for form in (await staff.get("/v1/forms")).json()["items"]] == ["default"]


async def test_what_is_left_out_of_a_change_stays(staff: httpx.AsyncClient) -> None:
    shown = (await staff.post("/v1/forms", json={**SPAIN, "origins": ["https://clinic.example"]})).json()
    wanted: list[dict[str, Any]] = [{}, {"name": "Iberia"}, {"origins": []}, {"is_open": False}]
    for changes in wanted:
        shown |= changes
        assert (await staff.patch("/v1/forms/clinic-es", json=changes)).json() == shown
    assert (await staff.patch("/v1/forms/clinic-es", json={"key": "other"})).status_code == 422


async def test_a_new_wording_leaves_the_old_one_as_it_was(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    address = "/v1/forms/default/wordings"
    first = (await staff.post(address, json={"language": "es", **TEXTS, "recipients": ["Clinic A"]})).json()
    before = (await client.get("/v1/forms/default")).json()
    clock.move(timedelta(minutes=1))
    second = await staff.post(address, json={"language": "es", **TEXTS, "privacy": "Acepto todo."})
    after = (await client.get("/v1/forms/default")).json()
    assert second.status_code == 201
    assert before["wordings"]["es"] == first
    assert after["wordings"]["es"] == second.json()
    assert after["wordings"]["en"] == before["wordings"]["en"]
    assert (first["id"], first["hash"]) != (second.json()["id"], second.json()["hash"])
    assert after["languages"] == before["languages"]
    lead = await client.post("/v1/quote-requests", json=_enquiry(first["id"]))
    consents = (await staff.get(f"/v1/leads/{lead.json()['id']}")).json()["consents"]
    assert {(row["wording"], row["wording_hash"], row["shown"]) for row in consents} == {
        (first["id"], first["hash"], "shown")
    }


def _enquiry(wording: str) -> dict[str, Any]:
    consent = {"privacy": True, "health_data": True, "wording": wording}
    return {"name": "Ana Duarte", "email": "ana@mail.example", "country": "ES", "condition": "MS", "consent": consent}


async def test_a_hash_proves_texts_language_and_recipients(staff: httpx.AsyncClient) -> None:
    wording = {"language": "es", **TEXTS, "recipients": ["Clínica A"]}
    made = (await staff.post("/v1/forms/default/wordings", json=wording)).json()
    texts = {**TEXTS, "next": made["texts"]["next"]}
    shown = {"language": "es", "recipients": ["Clínica A"], "texts": dict(sorted(texts.items()))}
    canonical = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    assert made["hash"] == hashlib.sha256(canonical.encode()).hexdigest()


async def test_a_wording_that_cannot_be_shown_is_refused(staff: httpx.AsyncClient) -> None:
    for changes, pointer in WRONG_WORDINGS:
        answer = await staff.post("/v1/forms/default/wordings", json={"language": "es", **TEXTS, **changes})
        assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_form_that_is_not_there_is_not_found(staff: httpx.AsyncClient) -> None:
    for key in NO_FORMS:
        answers = [
            await staff.get(f"/v1/forms/{key}/settings"),
            await staff.patch(f"/v1/forms/{key}", json={"name": "Spain"}),
            await staff.post(f"/v1/forms/{key}/wordings", json={"language": "es", **TEXTS}),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "form-not-found")] * 3
