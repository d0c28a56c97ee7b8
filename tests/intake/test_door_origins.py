"""Which websites may send to a form, and what their browsers are told (CORS)."""

import base64
import os
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.settings import Settings, read_settings
from tests.intake.enquiry import DOOR, FLAT, JSON, assert_problem
from tests.support.clock import FakeClock

SITE, OTHER = "https://clinic.example", "https://elsewhere.example"
NO_FORM = ["", "?form=clinc-es", "?form=%00"]

IN_PRODUCTION = [(SITE, 403), ("null", 403), ("https://quotes.example", 201)]

WELCOME: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "https://quotes.example"},
]

FOREIGN: list[dict[str, str]] = [
    {"Origin": OTHER},
    {"Origin": "null"},
    {"Origin": "http://clinic.example"},
    {"Origin": "https://clinic.example.elsewhere.example"},
    {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    *({"Origin": origin} for origin in ("", "HTTPS://CLINIC.EXAMPLE", f"{SITE}/", f"{SITE}:443", f"{SITE}:8443")),
    *({"Origin": origin} for origin in ("https://a@clinic.example", f"{SITE}, {OTHER}", f"{SITE} {SITE}", f"{SITE}.")),
    *(
        {"Origin": origin}
        for origin in ("clinic.example", "//clinic.example", f"{SITE}\\", f"{SITE}%00", f"{SITE}\x7f")
    ),
    *({"Sec-Fetch-Site": site} for site in ("", "Same-Origin", "same-origin, cross-site", "same-origin ;", "null")),
    {"Origin": OTHER, "Sec-Fetch-Site": "none"},
]

EXPOSED = {"Retry-After", "Idempotent-Replayed", "X-Request-ID"}


@pytest.fixture(params=["development", "production"])
def environment(request: pytest.FixtureRequest) -> str:
    environment: str = request.param
    return environment


@pytest.fixture
def settings(environment: str, sqlite_url: str, tmp_path: Path) -> Settings:
    """Give settings with a public address that was not written as browsers write it."""
    return read_settings(
        {
            "FREEQUOTE_ENVIRONMENT": environment,
            "FREEQUOTE_DATABASE_URL": sqlite_url,
            "FREEQUOTE_DATA_DIR": str(tmp_path),
            "FREEQUOTE_SEALING_KEY": base64.b64encode(os.urandom(32)).decode(),
            "FREEQUOTE_PUBLIC_URL": "https://Quotes.example:443/",
        }
    )


@pytest.fixture
async def form(staff: httpx.AsyncClient) -> str:
    """Give the address of a form that one site may send to."""
    await staff.post("/v1/forms", json={"key": "clinic-es", "name": "Spain", "origins": [f"{SITE}/"]})
    return f"{DOOR}?form=clinic-es"


def _named(answer: httpx.Response, header: str) -> set[str]:
    return {name.strip() for name in answer.headers[header].split(",")}


async def test_a_listed_site_may_send_and_read_the_answer(form: str, client: httpx.AsyncClient) -> None:
    headers = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    taken = await client.post(form, json=JSON, headers=headers)
    refused = await client.post(form, json={**JSON, "name": ""}, headers=headers)
    assert (taken.status_code, refused.status_code) == (201, 422)
    for answer in (taken, refused):
        assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (SITE, "Origin")
        assert _named(answer, "access-control-expose-headers") == EXPOSED
        assert "access-control-allow-credentials" not in answer.headers


async def test_any_other_site_is_refused(form: str, client: httpx.AsyncClient) -> None:
    for headers in FOREIGN:
        answer = await client.post(form, json=JSON, headers=headers)
        assert_problem(answer, 403, "origin-not-allowed")
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-origin" not in answer.headers


async def test_servers_and_our_own_pages_may_always_send(form: str, client: httpx.AsyncClient) -> None:
    for headers in WELCOME:
        assert (await client.post(form, json=JSON, headers=headers)).status_code == 201


async def test_a_form_without_sites_takes_any_in_development_and_only_our_own_in_production(
    environment: str, client: httpx.AsyncClient
) -> None:
    for origin, in_production in IN_PRODUCTION:
        expected = in_production if environment == "production" else 201
        assert (await client.post(DOOR, json=JSON, headers={"Origin": origin})).status_code == expected


async def test_a_site_with_letters_beyond_ascii_is_listed_as_its_browser_names_it(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    made = await staff.patch("/v1/forms/default", json={"origins": ["https://clínica.example"]})
    assert made.json()["origins"] == ["https://xn--clnica-4va.example"]
    answer = await client.post(DOOR, json=JSON, headers={"Origin": "https://xn--clnica-4va.example"})
    assert answer.status_code == 201


async def test_the_preflight_answers_for_the_form_in_the_query(form: str, client: httpx.AsyncClient) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}
    allowed = await client.options(form, headers={"Origin": SITE, **asks})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, SITE)
    assert allowed.headers["vary"] == "Origin"
    assert _named(allowed, "access-control-allow-headers") == {"Content-Type", "Idempotency-Key"}
    assert "POST" in _named(allowed, "access-control-allow-methods")
    assert int(allowed.headers["access-control-max-age"]) > 0
    refused = await client.options(form, headers={"Origin": OTHER, **asks})
    assert "access-control-allow-origin" not in refused.headers
    assert refused.headers["vary"] == "Origin"


async def test_a_preflight_without_a_known_form_allows_the_sites_of_any(
    form: str, staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for query in NO_FORM:
        await staff.patch("/v1/forms/default", json={"origins": ["https://second.example"]})
        for origin, allowed in ((SITE, SITE), ("https://second.example", "https://second.example"), (OTHER, None)):
            answer = await client.options(DOOR + query, headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed


async def test_a_refusal_before_the_form_is_known_can_be_read_by_any_listed_site(
    form: str, client: httpx.AsyncClient
) -> None:
    unreadable = await client.post(DOOR, content=b"{", headers={"Origin": SITE, "Content-Type": "application/json"})
    unknown = await client.post(f"{DOOR}?form=clinc-es", json=JSON, headers={"Origin": SITE})
    assert (unreadable.status_code, unknown.status_code) == (422, 404)
    for answer in (unreadable, unknown):
        assert answer.headers["access-control-allow-origin"] == SITE


async def test_a_page_can_read_that_its_form_is_closed(
    form: str, staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await staff.patch("/v1/forms/clinic-es", json={"is_open": False})
    asked = await client.options(form, headers={"Origin": SITE})
    answer = await client.post(form, json=JSON, headers={"Origin": SITE})
    assert_problem(answer, 410, "form-closed")
    assert asked.headers["access-control-allow-origin"] == answer.headers["access-control-allow-origin"] == SITE


async def test_a_page_that_hides_where_it_stands_is_judged_by_the_token_of_its_form(
    client: httpx.AsyncClient, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    await staff.patch("/v1/forms/default", json={"origins": [SITE]})
    await staff.post("/v1/forms", json={"key": "other", "name": "Other"})
    hidden = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    ours = (await client.get("/v1/forms/default/token")).json()["token"]
    theirs = (await client.get("/v1/forms/other/token")).json()["token"]
    for token, status in ((ours, 201), (theirs, 403), ("", 403), (ours[:-1] + "!", 403)):
        answer = await client.post(DOOR, data={**FLAT, "fq_token": token}, headers=hidden)
        assert answer.status_code == status, token
    clock.move(timedelta(hours=25))
    assert (await client.post(DOOR, data={**FLAT, "fq_token": ours}, headers=hidden)).status_code == 403
    elsewhere = {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"}
    fresh = (await client.get("/v1/forms/default/token")).json()["token"]
    assert (await client.post(DOOR, data={**FLAT, "fq_token": fresh}, headers=elsewhere)).status_code == 403
