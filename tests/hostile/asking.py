"""Asking the app by the bytes of a case, as no client library would, and judging any answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI
from starlette.types import Message

from tests.hostile.corpus.case import CANARIES, FORM, MULTIPART, Case

PROBLEM, PAGE = "application/problem+json", "text/html; charset=utf-8"
_OF_A_FAULT = ("traceback", 'file "', "site-packages", "sqlalchemy", "asyncpg", "exception")


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(app: FastAPI, case: Case, chunk: int = 30_000) -> Reply:
    """Hand a case to the app as a server would; the body comes in chunks."""
    path, _, query = case.target.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": case.method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": case.all_headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    chunks = [case.body[start : start + chunk] for start in range(0, len(case.body), chunk)] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        body = chunks.pop(0) if chunks else b""
        return {"type": "http.request", "body": body, "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


def flaws(case: Case, reply: Reply) -> Iterator[str]:
    """Yield what is wrong with an answer: a fault, a wrong shape, or a word of hers in a refusal."""
    told = reply.body.decode().lower()
    if reply.status >= 500 or [word for word in _OF_A_FAULT if word in told]:
        yield f"{case.name}: a fault, {reply.status}"
    if [header for header in reply.headers if "injected" in header]:
        yield f"{case.name}: a header of the sender's own"
    if case.is_refused is not None and (reply.status >= 400) is not case.is_refused:
        yield f"{case.name}: {reply.status} {told[:300]}"
    if reply.status < 400:
        return
    is_page = _is_browsers(case) or _is_of_a_page(case)
    if reply.headers["content-type"] != (PAGE if is_page else PROBLEM):
        yield f"{case.name}: {reply.status} as {reply.headers['content-type']}"
    elif not is_page:
        told = told.replace(reply.headers["x-request-id"], "")
        yield from (f"{case.name}: {word} in {told}" for word in CANARIES if word in told)


def _is_browsers(case: Case) -> bool:
    accepts = [value for name, value in case.headers if name == b"accept"]
    media = (case.content_type or b"").partition(b";")[0]
    return media in {FORM, MULTIPART.partition(b";")[0]} and any(value.startswith(b"text/html") for value in accepts)


def _is_of_a_page(case: Case) -> bool:
    """Say whether a case asks for a form's page, whose refusals are pages."""
    parts = unquote_to_bytes(case.target.partition(b"?")[0]).split(b"/")
    is_form = parts[1:2] == [b"forms"] and (len(parts) == 3 or parts[3:] == [b"thanks"])
    return case.method == "GET" and is_form


def said(lead: dict[str, Any]) -> dict[str, Any]:
    """Return what staff read of a lead, by the names under which it was sent."""
    person, inquiry = lead["person"], lead["inquiry"]
    patient = inquiry["patient"] or {}
    return {
        **{name: person[name] for name in ("name", "email", "timezone")},
        "phone": person["phone_raw"],
        **{name: inquiry[name] for name in ("condition", "treatment", "message")},
        "patient_name": patient.get("name"),
        "guardian_name": patient.get("guardian_name"),
        **lead["attribution"],
        **lead["answers"],
    }


def changes(case: Case, lead: dict[str, Any]) -> Iterator[str]:
    """Yield what staff read otherwise than it was sent; only the blanks around a line may be missing."""
    read = said(lead)
    for name, sent in case.kept.items():
        if name in lead["answers"]:
            same = lead["answers"][name] == (_lines(sent) if isinstance(sent, str) else sent)
        elif isinstance(sent, str) and name in read:
            kept = _lines(sent) if name == "message" and sent.strip() else sent.strip()
            same = (read[name] or "") == kept
        else:
            continue
        if not same:
            yield f"{case.name}: {name} was {sent!r} and is {read[name]!r}"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
