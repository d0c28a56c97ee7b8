"""A form's own texts for its letters over HTTP: set, listed, taken away, looked at; and what is refused."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from tests.support.clock import FakeClock

LETTERS = "/v1/forms/default/letters"
ACKNOWLEDGEMENT = f"{LETTERS}/acknowledgement/es"
STAFF = f"{LETTERS}/staff/es"
TEXT = "Gracias por escribir a {form}.\r\n\r\nSu referencia: {reference}. Escriba a {address}."
WRONG: list[tuple[str, dict[str, Any], str]] = [
    (ACKNOWLEDGEMENT, {"subject": "{headline}"}, "/subject unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{name}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{form.__class__}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{0.__class__}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{form!r}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{form:>999999999}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{{form}}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "{form"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": "form}"}, "/text unknown-gap"),
    (ACKNOWLEDGEMENT, {"text": " \n "}, "/text empty-text"),
    (ACKNOWLEDGEMENT, {"text": "a\x00b"}, "/text control-character"),
    (ACKNOWLEDGEMENT, {"text": "a\x1bb"}, "/text control-character"),
    (ACKNOWLEDGEMENT, {"text": "a" * 4001}, "/text string-too-long"),
    (ACKNOWLEDGEMENT, {"subject": ""}, "/subject string-too-short"),
    *[
        (STAFF, {"subject": f"Web{mark}Bcc: all@mail.example"}, "/subject not-a-line")
        for mark in ("\r\n", "\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\u2029")
    ],
    (STAFF, {"subject": "=?utf-8?q?=0ABcc=3A_all?="}, "/subject not-a-line"),
    (STAFF, {"text": "{address}"}, "/text unknown-gap"),
    (STAFF, {"colour": "indigo"}, "/colour extra-forbidden"),
    (STAFF, {}, "/text empty-text"),
    (f"{LETTERS}/acknowledgement/ca", {"text": "Gràcies."}, "/language unknown-language"),
    (f"{LETTERS}/staff/%00", {"text": "Gracias."}, "/language unknown-language"),
]


async def test_a_text_is_set_listed_and_taken_away(staff: httpx.AsyncClient) -> None:
    assert (await staff.get(LETTERS)).json() == {"items": []}
    made = await staff.put(ACKNOWLEDGEMENT, json={"subject": "Su solicitud {reference}", "text": TEXT})
    assert made.status_code == 200, made.text
    assert made.json()["text"] == TEXT.replace("\r\n", "\n")
    changed = await staff.put(ACKNOWLEDGEMENT, json={"subject": "Recibida: {reference}"})
    await staff.put(STAFF, json={"text": "Responda en un día."})
    listed = (await staff.get(LETTERS)).json()["items"]
    assert listed[0] == changed.json()
    assert [(one["letter"], one["language"], one["subject"], one["text"]) for one in listed] == [
        ("acknowledgement", "es", "Recibida: {reference}", None),
        ("staff", "es", None, "Responda en un día."),
    ]
    assert [(await staff.delete(ACKNOWLEDGEMENT)).status_code for _ in range(2)] == [204, 404]
    assert [one["letter"] for one in (await staff.get(LETTERS)).json()["items"]] == ["staff"]
    assert (await staff.delete(f"{LETTERS}/staff/%00")).json()["code"] == "letter-text-not-found"


@pytest.mark.parametrize(("path", "body", "wrong"), WRONG)
async def test_what_could_not_be_sent_is_not_saved(
    staff: httpx.AsyncClient, path: str, body: dict[str, Any], wrong: str
) -> None:
    answer = await staff.put(path, json=body)
    assert answer.status_code == 422
    assert [f"{one['pointer']} {one['code']}" for one in answer.json()["errors"]] == [wrong]
    if "/staff/%00" not in path:
        _, letter, language = path.rsplit("/", 2)
        drafted = await staff.post(f"{LETTERS}/preview", json={"letter": letter, "language": language, **body})
        # Nothing of its own is an honest preview: the usual letter.
        assert drafted.status_code == (422 if body else 200)
    assert (await staff.get(LETTERS)).json() == {"items": []}


async def test_no_form_and_no_letter_that_there_is_not(staff: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("PUT", "/staff/es"), ("DELETE", "/staff/es"), ("POST", "/preview")):
        for key in ("nowhere", "%00"):
            body = {"letter": "staff", "language": "es"} if method == "POST" else {"text": "Hola."}
            answer = await staff.request(method, f"/v1/forms/{key}/letters{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "form-not-found")
    assert (await staff.put(f"{LETTERS}/invoice/es", json={"text": "Hola."})).status_code == 422


async def test_each_change_is_on_record_without_its_words(staff: httpx.AsyncClient) -> None:
    await staff.put(STAFF, json={"text": "Canary"})
    await staff.delete(STAFF)
    found = (await staff.get("/v1/audit", params={"action": "form.changed"})).json()["items"]
    assert [entry["details"] for entry in found] == [{"changed": ["letters"], "letter": "staff", "language": "es"}] * 2
    assert "Canary" not in str(found)


async def test_a_key_of_another_form_sees_and_changes_nothing(
    app: FastAPI, staff: httpx.AsyncClient, clock: FakeClock
) -> None:
    await staff.put(STAFF, json={"text": "Hola."})
    key = await access.mint(
        app.state.parts.database, NewKey(name="Iberia", scopes=list(Scope), forms=["clinic-es"]), clock.now()
    )
    draft = {"letter": "staff", "language": "es"}
    asked = (("GET", LETTERS, None), ("PUT", STAFF, {"text": "No."}), ("DELETE", STAFF, None))
    for method, path, body in (*asked, ("POST", f"{LETTERS}/preview", draft)):
        answer = await staff.request(method, path, json=body, headers={"Authorization": f"Bearer {key.secret}"})
        assert answer.status_code == 404
    assert [one["text"] for one in (await staff.get(LETTERS)).json()["items"]] == ["Hola."]


async def test_a_preview_shows_the_letter_and_saves_nothing(staff: httpx.AsyncClient) -> None:
    draft = {
        "letter": "acknowledgement",
        "language": "es",
        "subject": "Su {reference}",
        "text": "Hola.\n\n<b>{form}</b>",
    }
    seen = (await staff.post(f"{LETTERS}/preview", json=draft)).json()
    assert seen["subject"] == "Su FQ-7K3M9-QXD4H"
    assert "Hola.\n\n<b>Quote request</b>" in seen["text"]
    assert "&lt;b&gt;Quote request&lt;/b&gt;" in seen["html"]
    for told in (seen["text"], seen["html"]):
        # What stays, whatever the form says; and nothing of the enquirer.
        for word in ("FQ-7K3M9-QXD4H", "/withdraw/", "escriba a", "no está demostrado"):
            assert word in told
        assert "Ortega" not in told
    letter = (await staff.post(f"{LETTERS}/preview", json={**draft, "letter": "staff"})).json()
    assert letter["text"].index("<b>default</b>") < letter["text"].index("Formulario: default")
    assert (await staff.get(LETTERS)).json() == {"items": []}
