"""Each sign is found where it is, and not where a patient writes something that looks like it."""

import re
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.forms import time_tokens
from app.forms.models import Form
from app.intake.spam.content import signs
from app.intake.spam.judging import Doubt
from app.intake.spam.service import doubt_of
from app.intake.spam.table import THRESHOLD, WEIGHTS
from app.pages.typed import HONEYPOT
from app.parts import Parts
from tests.intake.enquiry import DOOR
from tests.intake.spam.corpus import body, request

ROOT = Path(__file__).parents[3]
MANY = "https://a.example.com https://b.example.com http://c.example.com/x?y=1"
FOUND: list[tuple[str, dict[str, Any]]] = [
    ("pitch-seo", {"message": "We do LINK BUILDING, cheaply."}),
    ("pitch-seo", {"message": "Wir bringen Sie auf Seite 1 bei Google"}),
    ("pitch-seo", {"condition": "продвижение сайтов"}),
    ("pitch-seo", {"message": "保证谷歌排名"}),
    ("pitch-seo", {"answers_about": "we sell link insertions"}),
    ("pitch-casino", {"message": "free spins"}),
    ("pitch-casino", {"message": "Get frее sрins"}),
    ("everyday", {"message": "Can I pay in Bitcoin?"}),
    ("link", {"message": "see www.clinic-of-others.com."}),
    ("link", {"message": "see clinic-of-others.com, please"}),
    ("many-links", {"message": MANY}),
    ("markup", {"message": 'Good <a href="https://x.example">site</a>'}),
    ("markup", {"message": "[url=https://x.example]site[/url]"}),
    ("probe", {"message": "1' UNION SELECT 1,2,3"}),
    ("probe", {"message": "../../../etc/passwd"}),
    ("address-in-name", {"name": "Visit www.x-example.com"}),
    ("markup", {"name": "<script>1</script>"}),
    ("address-in-name", {"patient_name": "x-example.com"}),
    ("address-in-topic", {"condition": "https://x.example.com"}),
    ("address-in-topic", {"treatment": "https://x.example.com"}),
    ("random-letters", {"name": "kQzJvXbYwTrPl"}),
    ("random-message", {"message": "PlMkNjBhVgCfXd"}),
    ("random-message", {"condition": "hGtRfDeWsQaZx"}),
    ("same-in-fields", {"name": "Hello", "condition": "Hello"}),
    ("repeated-text", {"message": "buy this now my friend\n" * 8}),
    ("repeated-text", {"message": "please " * 40}),
    ("mixed-scripts", {"message": "сhеар рills"}),
    ("disguised-letters", {"message": "che\u200bap"}),
    ("disguised-letters", {"message": "\U0001d41b\U0001d42e\U0001d432"}),
]
NOT_FOUND: list[dict[str, Any]] = [
    {"message": "My scans: https://drive.google.com/x https://www.dropbox.com/y https://we.tl/z https://1drv.ms/q"},
    {"message": "Write to me: first.last@clinic.com or a.b@mail.example.org"},
    {"message": "I cannot walk.It is worse.Com'è possibile?My EDSS is 4.5.Me and my wife wait"},
    {"name": "first.last@clinic.com"},
    {"message": "Скиньте на WhatsAppом, МРТшку пришлю. Cпасибо"},
    {"message": "anti-TNFα and β-interferon, 5 µg"},
    {"message": "ＭＲＩの画像があります"},
    {"message": "می‌خواهم بدانم", "name": "علی‌رضا"},
    {"message": "MS"},
    {"message": "The pacemaker has more leads than usual, for 1 or 1 1/2 years"},
    {"name": "McAllister MacDonald"},
    {"name": "Seo Ji-woo"},
    {"message": "SINCE 2019 I CANNOT WALK. PLEASE PLEASE HELP ME!!! 😢😢😢"},
    {"message": "a < b and b > c, [my notes]: see (below)"},
    {"page": "https://clinic.example.com/quote", "source": "https://ads.example.com/1"},
]


def _codes(given: dict[str, Any]) -> set[str]:
    return set(signs(request(**given)))


@pytest.mark.parametrize(("code", "given"), FOUND)
def test_a_sign_is_found(code: str, given: dict[str, Any]) -> None:
    assert code in _codes(given)
    assert code in WEIGHTS


@pytest.mark.parametrize("given", NOT_FOUND)
def test_what_patients_write_is_no_sign(given: dict[str, Any]) -> None:
    assert _codes(given) == set()


def test_no_sign_holds_alone_but_a_filled_honeypot() -> None:
    assert [code for code in WEIGHTS if Doubt.of([code]).holds] == ["honeypot"]


def test_a_script_is_one_sign_wherever_it_stands_and_holds_where_nothing_else_is() -> None:
    given = {name: f"<script>alert('{name}')</script>" for name in ("name", "treatment", "message")}
    assert list(signs(request(**given))) == ["markup"]
    assert Doubt.of(signs(request(**given, condition="<script>1</script>"))).reasons == ["markup", "unknown-topic"]


def test_a_phrase_within_a_longer_one_counts_once() -> None:
    assert list(signs(request(message="Ask for our SEO plans"))) == ["pitch-seo"]


def test_reasons_come_once_and_the_heaviest_first() -> None:
    doubt = Doubt.of(["link", "pitch-seo", "everyday"]).plus("pitch-seo")
    assert (doubt.score, doubt.reasons) == (9, ["pitch-seo", "link", "everyday"])
    assert Doubt.of(["link", "everyday"]).reasons == []


async def test_the_age_of_the_page_is_a_sign_and_its_silence_is_none(house: Parts) -> None:
    secret, now = house.keyring.form_tokens, house.clock.now()

    form = Form(key="default", proof_of_work=False)

    def found(token: str | None, age: timedelta = timedelta()) -> tuple[str, ...]:
        given = request(**({"fq_token": token} if token else {}))
        return doubt_of(house.keyring, form, given, now + age).signs

    token = time_tokens.issue(secret, "default", now)
    assert found(None) == ()
    assert found(token, timedelta(seconds=1.9)) == ("too-fast",)
    assert found(token, timedelta(seconds=2)) == found(token, timedelta(hours=24)) == ()
    assert found(token, timedelta(hours=25)) == found("x" * 40) == ("stale-token",)
    assert found(time_tokens.issue(secret, "clinic-es", now), timedelta(minutes=1)) == ("stale-token",)


async def test_a_held_lead_shows_its_reasons_and_what_they_weigh(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    token = time_tokens.issue(app.state.parts.keyring.form_tokens, "default", app.state.parts.clock.now())
    spam = body(message="We do link building, see https://x.example.com", fq_token=token)
    for given, reasons, score in (
        (spam, ["pitch-seo", "too-fast", "link"], 8),
        (body(**{HONEYPOT: "x"}), ["honeypot"], WEIGHTS["honeypot"]),
        (body(message="We do link building"), [], 0),
    ):
        answer = await client.post(DOOR, json=given)
        lead = (await staff.get(f"/v1/leads/{answer.json()['id']}")).json()
        assert (lead["held"], lead["held_reasons"], lead["held_score"]) == (bool(reasons), reasons, score)


HOSTILE = [
    *("a" * 5000, "a." * 2500, "аa" * 2500, "aA" * 2500, "-." * 2500, "<a " * 1600, "http://" * 700, "www." * 1250),
    *("a\u200b" * 2499 + "a", "[url=" * 1000, "1 or 1 " * 700, "é" * 5000, "赌场" * 2500, "buy " * 1249 + "x"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:6])
def test_no_text_takes_long(text: str) -> None:
    given, began = request(message=text), perf_counter()
    list(signs(given))
    # Usual texts take 50 microseconds, the longest ones a millisecond or two; what grows with the square takes seconds.
    assert perf_counter() - began < 0.5


def test_the_threshold_is_above_what_a_person_without_scripts_may_gather() -> None:
    for more in (["link"], ["everyday", "everyday"], ["stale-token", "everyday"]):
        assert Doubt.of(["unknown-topic", "proof-missing", *more]).score < THRESHOLD


def test_every_reason_is_documented_with_its_weight() -> None:
    rows = re.findall(r"^\| (`.+?) \| ([\d, ]+) \|", (ROOT / "docs/spam.md").read_text(encoding="utf-8"), re.MULTILINE)
    told: dict[str, int] = {}
    for codes, weights in rows:
        names, numbers = re.findall("`(.+?)`", codes), list(map(int, weights.split(", ")))
        told |= dict(zip(names, numbers if len(numbers) == len(names) else numbers * len(names), strict=True))
    assert told == dict(WEIGHTS)
