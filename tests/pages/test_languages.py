"""Which language a page speaks, and changing it without losing a word."""

import gzip
from html import unescape

import httpx
import pytest

from app.languages.countries import SPOKEN
from tests.pages.site import EVERY_FIELD


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not touch it."""
    return sqlite_url


async def _spoken(client: httpx.AsyncClient, address: str, accept: str = "") -> str:
    page = (await client.get(address, headers={"Accept-Language": accept})).text
    return page.partition('<html lang="')[2].partition('"')[0]


async def test_the_address_decides_then_the_browser_then_the_form(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    await staff.patch("/v1/forms/default", json={"languages": ["it", "ar", "pt-BR"]})
    assert await _spoken(client, "/forms/default?lang=ar", "pt") == "ar"
    assert await _spoken(client, "/forms/default", "de, pt;q=0.5, ar;q=0.1") == "pt"
    assert await _spoken(client, "/forms/default?lang=de", "fr") == "it"
    assert await _spoken(client, "/forms/default") == "it"


@pytest.mark.parametrize("language", SPOKEN)
async def test_a_page_speaks_each_language_through_and_through(language: str, client: httpx.AsyncClient) -> None:
    page = unescape((await client.get(f"/forms/default?lang={language}")).text)
    assert f'<html lang="{language}" dir="{"rtl" if language in {"ar", "he"} else "ltr"}">' in page
    assert f'<div lang="{language}">\n<p class="notice"' in page
    assert ("Ask for a free quote" in page) == (language == "en")
    # In the ten packets that are on their way before a first answer has to come back (RFC 6928).
    assert len(gzip.compress(page.encode(), 6)) < 10 * 1_460
    names = {"en": "Germany", "es": "Alemania", "ar": "ألمانيا", "he": "גרמניה", "tr": "Almanya", "ru": "Германия"}
    assert names.get(language, "") in page
    assert 'data-prefix="+49"' in page


async def test_changing_the_language_keeps_every_word(client: httpx.AsyncClient) -> None:
    sent = {**EVERY_FIELD, "your-doctor": "Dr. Weber", "fq_key": "visit-7f3a"}
    answer = await client.post("/forms/default", data={**sent, "fq_lang": "en", "fq_into": "ar"})
    page = unescape(answer.text)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert '<html lang="ar" dir="rtl">' in page
    for value in ("Multiple sclerosis", "Second line", "1500.00", "Hanne Marwitz", "Dr. Weber", "visit-7f3a"):
        assert value in page


async def test_ticks_are_not_carried_to_other_words(client: httpx.AsyncClient) -> None:
    form = (await client.get("/v1/forms/default")).json()
    sent = {"consent.privacy": "yes", "consent.wording": form["wordings"]["en"]["id"]}
    same = await client.post("/forms/default", data={**sent, "fq_into": "en"})
    other = await client.post("/forms/default", data={**sent, "fq_into": "de"})
    assert ("checked" in same.text.partition('name="consent.privacy"')[2][:60]) is True
    assert ("checked" in other.text.partition('name="consent.privacy"')[2][:60]) is False


async def test_a_form_in_one_language_shows_no_switch(client: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    await staff.patch("/v1/forms/default", json={"languages": ["de"]})
    assert "formaction" not in (await client.get("/forms/default")).text


async def test_what_is_no_form_is_said_in_the_visitors_language(client: httpx.AsyncClient) -> None:
    page = await client.post("/forms/nowhere", data={"fq_into": "nl"}, headers={"Accept": "text/html"})
    assert (page.status_code, "Hier is geen formulier" in page.text) == (404, True)
    assert (await client.post("/forms/nowhere", data={})).headers["content-type"] == "application/problem+json"
