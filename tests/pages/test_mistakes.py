"""What is wrong is said in the visitor's language, whatever the door finds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.errors import FieldProblem
from app.languages.countries import SPOKEN
from app.pages.mistakes import MISTAKES, explained
from tests.intake.enquiry import BROWSER, DOOR, FLAT, JSON

INTAKE = Path(__file__).parents[2] / "app" / "intake"
SET_UP_WRONGLY = {
    *("answers-too-long", "too-many-answers", "invalid-field-name", "invalid-boolean", "invalid-list", "invalid-type"),
    *("invalid-json", "invalid-multipart", "too-deep", "too-many-fields", "unsupported-charset", "number-out-of-range"),
    *("invalid-wording", "invalid-idempotency-key"),
}
"""What no visitor can mend: the site's own form is at fault."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: what is proven here does not touch it."""
    return sqlite_url


def _codes() -> Iterator[str]:
    """Yield every code that the door notes: the text before the sentence, wherever a problem is made."""
    for file in INTAKE.rglob("*.py"):
        if file.parent.name in {"importing", "spam"}:
            continue  # No visitor is there to read it.
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.replace("-", "").isalpha():
                yield node.value


def test_every_code_of_the_door_has_a_sentence() -> None:
    found = set(_codes())
    assert MISTAKES.keys() | SET_UP_WRONGLY <= found, "a code has gone"
    kinds = ("invalid-", "too-", "unknown-", "duplicate-", "unsupported-")
    dashed = {code for code in found if code.startswith(kinds)}
    ours = {"too-many-requests", "unsupported-media-type", "invalid-request"}
    assert dashed - ours <= MISTAKES.keys() | SET_UP_WRONGLY


@pytest.mark.parametrize("language", SPOKEN)
def test_a_sentence_keeps_its_limit_and_is_no_english_elsewhere(language: str) -> None:
    told = [FieldProblem("/message", code, "Write at most 5000 characters.") for code in (*MISTAKES, "no-such-code")]
    said = explained(told, language)
    assert ["5000" in problem.message for problem in said if problem.code == "too-long"] == [True]
    assert not [problem for problem in said if "{" in problem.message]
    english = {problem.message for problem in explained(told, "en")}
    assert language == "en" or english.isdisjoint(problem.message for problem in said)


async def test_programs_get_english_unless_they_ask_for_another_language(client: httpx.AsyncClient) -> None:
    wrong = {**JSON, "email": "a.brandt@"}
    messages = {}
    for query in ("", "?lang=es", "?lang=xx"):
        answer = await client.post(DOOR + query, json=wrong, headers={"Accept-Language": "ar"})
        messages[query] = answer.json()["errors"][0]["message"]
    assert messages[""] == "This is not an e-mail address."
    assert messages["?lang=es"] == "Esto no es una dirección de correo electrónico."
    assert messages["?lang=xx"] == "This is not an e-mail address."


async def test_a_page_that_comes_back_speaks_the_language_of_the_page_before(client: httpx.AsyncClient) -> None:
    sent = {**FLAT, "email": "a.brandt@", "fq_lang": "he"}
    page = await client.post(DOOR, data=sent, headers={**BROWSER, "Accept-Language": "de"})
    assert '<html lang="he" dir="rtl">' in page.text
    assert "זו אינה כתובת דואר אלקטרוני." in page.text


async def test_thanks_are_said_in_the_language_of_the_form(client: httpx.AsyncClient) -> None:
    sent = await client.post(DOOR, data={**FLAT, "fq_lang": "tr"}, headers=BROWSER)
    assert sent.headers["location"].endswith("&lang=tr")
    page = await client.get(sent.headers["location"], headers={"Accept-Language": "de"})
    assert "Talebinizi aldık" in page.text


async def test_a_refusal_without_a_form_speaks_the_browser_s_language(client: httpx.AsyncClient) -> None:
    page = await client.post(f"{DOOR}?form=nowhere", data=FLAT, headers={**BROWSER, "Accept-Language": "pl"})
    assert page.status_code == 404
    assert "Nie otrzymaliśmy zapytania" in page.text
