"""The corpus, case by case, against the app on both databases."""

import logging

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.limits import BurstLimit
from app.rates import Rate
from tests.hostile.asking import ask, changes, flaws
from tests.hostile.corpus import forms, heads, json_bodies
from tests.hostile.corpus.case import CANARIES, Case

CORPUS = {
    "JSON": list(json_bodies.cases()),
    "forms": list(forms.cases()),
    "forms of browsers": [
        Case(f"browser's {one.name}", one.body, one.content_type, ((b"accept", b"text/html"),), target=one.target,
             is_refused=one.is_refused)
        for one in forms.cases()
    ],
    "heads": list(heads.cases()),
}  # fmt: skip


@pytest.mark.parametrize("theme", CORPUS)
async def test_every_case_is_answered_soundly_and_nobodys_words_are_changed(
    theme: str, app: FastAPI, staff: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.burst = BurstLimit(Rate("100000/1s"))
    caplog.set_level(logging.INFO, "freequote")
    found: list[str] = []
    taken = 0
    with capture_logs() as lines:
        for case in CORPUS[theme]:
            reply = await ask(app, case)
            found += flaws(case, reply)
            if case.kept and reply.status == httpx.codes.CREATED:
                lead = await staff.get(f"/v1/leads/{httpx.Response(201, content=reply.body).json()['id']}")
                found += changes(case, lead.json())
                taken += 1
    assert not found, "\n".join(found)
    logged = f"{lines} {caplog.text}".lower()
    assert not [word for word in (*CANARIES, "traceback") if word in logged]
    assert {line["event"] for line in lines} == {"request"}
    assert len(lines) == len(CORPUS[theme]) + taken
    assert taken > 0 or not any(case.kept for case in CORPUS[theme])


def test_the_corpus_names_each_case_once() -> None:
    names = [case.name for cases in CORPUS.values() for case in cases]
    assert len(names) == len(set(names)) > 1400
