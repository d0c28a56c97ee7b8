"""Stylesheet, policies, explanations, documentation."""

import re

import httpx
import pytest

import app.forms.errors
import app.intake.errors  # noqa: F401 - the pages explain what is loaded
from app.errors import AppError
from app.pages.assets import STYLESHEET_PATH
from app.pages.explanations import problem_page, problems_page
from app.pages.policy import origins_of
from app.pages.typed import arrival
from tests.pages.site import Drawn, make_site


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(make_site()), base_url="http://test")


async def test_the_stylesheet_is_kept_under_its_own_name_and_served_under_older_ones(client: httpx.AsyncClient) -> None:
    current, older = await client.get(STYLESHEET_PATH), await client.get("/static/pages.older.css")
    assert "immutable" in current.headers["cache-control"]
    assert older.headers["cache-control"] == "no-store"
    assert current.content == older.content
    assert len(current.content) < 15_000


async def test_the_stylesheet_turns_around_for_languages_from_right_to_left(client: httpx.AsyncClient) -> None:
    rules = (await client.get(STYLESHEET_PATH)).text
    assert not re.search(r"(?:^|[\s-])(?:left|right)\s*[:;]", rules)


@pytest.mark.parametrize(
    ("address", "origins"),
    [
        ("https://clinic.example/thanks?x=1", ("https://clinic.example",)),
        ("http://127.0.0.1:8000", ("http://127.0.0.1:8000",)),
        ("https://[2001:db8::1]:8443/", ("https://[2001:db8::1]:8443",)),
        ("https://klinik-münchen.example/", ("https://xn--klinik-mnchen-3ob.example",)),
        ("https://a.example;script-src *", ()),
        ("https://a.example,b", ()),
        ("javascript:alert(1)", ()),
        ("https://[", ()),
    ],
)
def test_only_a_plain_origin_gets_into_a_policy(address: str, origins: tuple[str, ...]) -> None:
    assert origins_of([address, address]) == origins


def test_every_error_has_a_page_that_explains_it() -> None:
    waiting = [AppError]
    index = Drawn(problems_page())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        page = problem_page(kind.code)
        assert page is not None
        assert kind.code in Drawn(page).text
        assert f"/problems/{kind.code}" in index.attributes("href")


def test_a_problem_that_nobody_knows_has_no_page() -> None:
    assert problem_page("nothing-of-the-kind") is None


async def test_the_documentation_loads_everything_from_here(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert "https://" not in page.text
    assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("style-src")[0]
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/docs/assets/{asset}" in page.text
        assert (await client.get(f"/docs/assets/{asset}")).status_code == 200


def test_where_a_visitor_came_from_is_taken_along_if_it_is_plain() -> None:
    query = [("utm_source", "ads"), ("name", "Ilse"), ("gclid", "a\x00b"), ("utm_term", "x" * 2001)]
    assert arrival(query, "https://clinic.example/") == {
        "attribution.utm_source": ["ads"],
        "attribution.referrer": ["https://clinic.example/"],
    }
