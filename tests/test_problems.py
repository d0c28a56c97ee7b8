"""What holds for every route: errors as problems, methods as they are, a request id on each answer."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.problems import MEDIA_TYPE

UNFIT_IDS = ["", "Aurelia", "Aurelia Brandt 1234567", "a" * 64 + "1", "34612345678901234", "id-1\x00" * 4, "ñ1" * 10]

ANSWERING = ["/healthz", "/nowhere", "/v1/leads", "/v1/forms/default", "/forms/default"]

TELLING: list[Any] = [
    {"kind": "Aurelia"},
    {"kind": "webhook", "url": "Aurelia", "include": "Aurelia", "forms": ["Aurelia"], "format": "Aurelia"},
    {"kind": "email", "address": "Aurelia", "include": "full"},
    ["Aurelia"],
    "Aurelia",
]

UNREADABLE = [b"{", b"\xff", b"[" * 50_000, b'{"name": ' + b"9" * 5000 + b"}", b'{"name": "\\ud800"}']

METHODS = [
    ("GET", "/v1/quote-requests", {"POST", "OPTIONS"}),
    ("DELETE", "/v1/forms/default", {"GET", "PATCH"}),
    ("PUT", "/v1/leads/FQ-7K3M9-QXD4H", {"GET", "PATCH", "DELETE"}),
    ("PUT", "/v1/destinations/01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3", {"GET", "PATCH", "DELETE"}),
    ("PATCH", "/v1/keys", {"GET", "POST"}),
    ("BREW", "/healthz", {"GET"}),
]

UNKNOWN = ["/nowhere", "/v1", "/v1/leads/a/b/c", "/v1/forms/default/nowhere", "/.env", "/%00"]

GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: none of this is kept."""
    return sqlite_url


def _assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    problem = answer.json()
    assert problem.keys() - {"errors"} == {"type", "title", "status", "detail", "code", "request_id"}
    assert (problem["type"], problem["status"], problem["code"]) == (f"/problems/{code}", status, code)
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_an_unknown_route_is_a_problem(staff: httpx.AsyncClient) -> None:
    for path in UNKNOWN:
        for method in ("GET", "POST", "DELETE"):
            _assert_problem(await staff.request(method, path), 404, "no-such-route")


async def test_a_wrong_method_is_a_problem_that_names_all_right_ones(client: httpx.AsyncClient) -> None:
    for method, path, allowed in METHODS:
        answer = await client.request(method, path)
        _assert_problem(answer, 405, "method-not-allowed")
        assert set(answer.headers["allow"].split(", ")) == allowed


async def test_a_body_that_cannot_be_read_is_a_problem(staff: httpx.AsyncClient) -> None:
    for raw in UNREADABLE:
        answer = await staff.post("/v1/keys", content=raw, headers={"Content-Type": "application/json"})
        _assert_problem(answer, 422, "invalid-request")


async def test_a_problem_repeats_no_value(staff: httpx.AsyncClient) -> None:
    for body in TELLING:
        answer = await staff.post("/v1/destinations", json=body)
        _assert_problem(answer, 422, "invalid-request")
        assert "Aurelia" not in answer.text


async def test_an_id_that_is_given_is_kept(client: httpx.AsyncClient) -> None:
    for path in ANSWERING:
        answer = await client.get(path, headers={"X-Request-ID": GIVEN})
        assert answer.headers.get_list("x-request-id") == [GIVEN]


async def test_an_id_that_is_unsafe_or_might_be_a_person_is_replaced(client: httpx.AsyncClient) -> None:
    for given in UNFIT_IDS:
        answer = await client.get("/healthz", headers=[(b"X-Request-ID", given.encode("latin-1"))])
        (made,) = answer.headers.get_list("x-request-id")
        assert re.fullmatch(r"[0-9a-f]{32}", made)


async def test_every_problem_has_a_page_that_explains_it(client: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/v1/leads", "/v1/forms/nowhere"):
        problem = (await client.get(path)).json()
        page = await client.get(problem["type"])
        assert page.status_code == 200
        assert problem["title"] in page.text


async def test_a_fault_of_ours_is_a_problem_that_says_when_to_come_back(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    app.state.parts = None
    with capture_logs() as lines:
        answer = await client.get("/v1/forms/default")
    assert [line["event"] for line in lines] == ["fault", "request"]
    _assert_problem(answer, 503, "out-of-reach")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_slash_too_many_is_not_found_and_names_no_other_address(staff: httpx.AsyncClient) -> None:
    answer = await staff.get("/v1/leads/", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers
