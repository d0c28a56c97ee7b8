"""A browser's own form post: sent on when all is well, and otherwise a page that loses nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape

import httpx
import pytest
from fastapi import FastAPI

from app.database import Database
from app.intake.admission import Admission
from app.limits import BurstLimit
from app.rates import Rate
from tests.intake.enquiry import BROWSER, DOOR, FLAT, PARTS, WORDS_OF_HERS, assert_problem

THANKS = "https://clinic.example/gracias"
ELSEWHERE = ["//elsewhere.example", "https://elsewhere.example", "/forms/other/thanks"]

REDIRECTS = [
    (None, THANKS),
    ("https://clinic.example/second", "https://clinic.example/second"),
    ("https://clinic.example/second/", THANKS),
    ("https://elsewhere.example/", THANKS),
    ("//elsewhere.example", THANKS),
    ("https:\\\\elsewhere.example", THANKS),
    ("https://clinic.example@elsewhere.example/", THANKS),
    ("https://clinic.example/second\r\nSet-Cookie: a=b", THANKS),
    ("javascript:alert(1)", THANKS),
    *(
        (f"https://clinic.example{tail}", THANKS)
        for tail in ("", ".elsewhere.example", "/second#a", "/second?a", "/%73econd")
    ),
    *((wanted, THANKS) for wanted in ("/\\elsewhere.example", "\\\\elsewhere.example", "\thttps://elsewhere.example")),
    *(
        (wanted, THANKS)
        for wanted in ("HTTPS://CLINIC.EXAMPLE/second", "https:/clinic.example/second", "\u2028//a.example")
    ),
]

NOT_RECEIVED = "Your request was not received"
LONG = {**FLAT, "message": "x" * 70_000}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not touch it."""
    return sqlite_url


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that asks as a browser does."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=BROWSER) as made:
        yield made


def _assert_not_received(page: httpx.Response, status: int, *, kept: bool) -> None:
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    text = unescape(page.text)
    assert NOT_RECEIVED in text
    for word in ("Aurelia Brandt", "a.brandt@mail.example", "I travel alone."):
        assert (word in text) == kept, word


async def test_a_post_ends_on_our_page_of_thanks(browser: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    for encoded in ({"data": FLAT}, {"files": PARTS}):
        sent = await browser.post(DOOR, **encoded)
        assert sent.status_code == 303
        known = {lead["reference"] for lead in (await staff.get("/v1/leads")).json()["items"]}
        address, _, reference = sent.headers["location"].partition("?reference=")
        assert address == "http://127.0.0.1:8000/forms/default/thanks"
        assert reference in known
        page = await browser.get(sent.headers["location"])
        assert page.status_code == 200
        assert reference in page.text


async def test_a_script_that_sends_a_form_gets_json(client: httpx.AsyncClient) -> None:
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5"):
        answer = await client.post(DOOR, data=FLAT, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")


async def test_only_an_address_on_the_list_is_followed(browser: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    for wanted, address in REDIRECTS:
        listed = [THANKS, "https://clinic.example/second"]
        await staff.patch("/v1/forms/default", json={"redirects": listed})
        sent = await browser.post(DOOR, data={**FLAT, **({} if wanted is None else {"redirect": wanted})})
        assert (sent.status_code, sent.headers["location"]) == (303, address)
        assert "set-cookie" not in sent.headers


async def test_without_a_list_no_address_is_followed(browser: httpx.AsyncClient) -> None:
    for wanted in ELSEWHERE:
        sent = await browser.post(DOOR, data={**FLAT, "redirect": wanted})
        assert sent.headers["location"].startswith("http://127.0.0.1:8000/forms/default/thanks?reference=FQ-")


async def test_wrong_fields_bring_the_form_back_filled_in(browser: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    page = await browser.post(f"{DOOR}?form=default", data={**FLAT, "email": "a.brandt@", "fq_key": "visit-7f3a"})
    assert (page.status_code, page.headers["cache-control"]) == (422, "no-store")
    text = unescape(page.text)
    for typed in ("Aurelia Brandt", "a.brandt@", "+34 612 34 56 78", "I travel alone.", "indigo", "visit-7f3a"):
        assert typed in text
    assert "This is not an e-mail address." in text
    assert (await staff.get("/v1/leads")).json()["items"] == []


async def test_a_key_that_stands_for_another_request_is_a_page_that_keeps_what_was_typed(
    browser: httpx.AsyncClient,
) -> None:
    await browser.post(DOOR, data={**FLAT, "message": "Something else.", "fq_key": "visit-7f3a"})
    page = await browser.post(DOOR, data={**FLAT, "fq_key": "visit-7f3a"})
    _assert_not_received(page, 422, kept=True)
    assert "visit-7f3a" not in page.text


async def test_a_post_sent_twice_ends_on_the_same_page(browser: httpx.AsyncClient) -> None:
    sent = [await browser.post(DOOR, data={**FLAT, "fq_key": "visit-7f3a"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]


@pytest.mark.parametrize("form", ["", "?form=default"])
async def test_a_foreign_site_gets_a_page_that_keeps_what_was_typed(
    form: str, browser: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await staff.patch("/v1/forms/default", json={"origins": ["https://clinic.example"]})
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    _assert_not_received(await browser.post(DOOR + form, data=FLAT, headers=headers), 403, kept=True)


@pytest.mark.parametrize("query", ["?form=nowhere", ""])
async def test_an_unknown_form_is_a_page_that_keeps_what_was_typed(query: str, browser: httpx.AsyncClient) -> None:
    _assert_not_received(await browser.post(DOOR + query, data={**FLAT, "form": "nowhere"}), 404, kept=True)


@pytest.mark.parametrize("query", ["?form=default", ""])
async def test_a_closed_form_is_a_page_that_keeps_what_was_typed(
    query: str, browser: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await staff.patch("/v1/forms/default", json={"is_open": False})
    _assert_not_received(await browser.post(DOOR + query, data=FLAT), 410, kept=True)


@pytest.mark.parametrize("query", ["?form=default", "?form=nowhere", ""])
async def test_too_long_a_post_is_a_page(query: str, browser: httpx.AsyncClient) -> None:
    status = 404 if query == "?form=nowhere" else 413
    _assert_not_received(await browser.post(DOOR + query, data=LONG), status, kept=False)


async def test_too_many_at_once_are_told_when_to_come_back(app: FastAPI, browser: httpx.AsyncClient) -> None:
    app.state.burst = BurstLimit(Rate("1/10s"))
    await browser.post(DOOR, data={**FLAT, "message": "Something else."})
    page = await browser.post(DOOR, data=FLAT)
    _assert_not_received(page, 429, kept=True)
    assert int(page.headers["retry-after"]) > 0


@pytest.fixture
async def dark(app: FastAPI, free_port: int) -> AsyncIterator[FastAPI]:
    """Give the app when its database does not answer."""
    nowhere = Database(f"postgresql://nobody@127.0.0.1:{free_port}/nothing")
    lit = app.state.parts, app.state.admission
    app.state.parts = replace(app.state.parts, database=nowhere)
    app.state.admission = Admission(app.state.parts)
    yield app
    app.state.parts, app.state.admission = lit
    await nowhere.dispose()


@pytest.mark.parametrize("query", ["", "?form=default"])
async def test_while_the_database_is_down_a_page_keeps_what_was_typed(
    query: str, dark: FastAPI, browser: httpx.AsyncClient
) -> None:
    page = await browser.post(DOOR + query, data=FLAT)
    _assert_not_received(page, 503, kept=True)
    assert int(page.headers["retry-after"]) > 0


async def test_while_the_database_is_down_scripts_are_told_to_come_back(
    dark: FastAPI, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.post(DOOR, data=FLAT, headers={"Origin": "https://clinic.example"})
    assert_problem(answer, 503, "out-of-reach")
    assert int(answer.headers["retry-after"]) > 0
    assert (await client.options(DOOR, headers={"Origin": "https://clinic.example"})).status_code == 503
    logged = capsys.readouterr()
    assert not [word for word in WORDS_OF_HERS if word in logged.out + logged.err]


async def test_a_house_that_closes_says_so_to_everybody(
    app: FastAPI, browser: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    app.state.admission.stop()
    page = await browser.post(f"{DOOR}?form=default", data=FLAT)
    _assert_not_received(page, 503, kept=True)
    assert int(page.headers["retry-after"]) > 0
    answer = await client.post(DOOR, data=FLAT, headers={"Origin": "https://clinic.example"})
    assert_problem(answer, 503, "out-of-reach")
    assert answer.headers["access-control-allow-origin"] == "https://clinic.example"
