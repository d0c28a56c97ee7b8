"""The main job, by the real command line: a website posts, mail and webhook arrive, staff see the lead."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from app import schema
from tests.support.postgres import PG_DUMP
from tests.support.process import Service
from tests.support.sink import Answer, HttpSink, Received
from tests.support.smtp import SmtpServer

CONSENT = {"privacy": True, "health_data": True}
ENQUIRY: dict[str, Any] = {
    "name": "Inés Ortega Vidal",
    "email": "ines.ortega@mail.example",
    "phone": "+34 612 34 56 78",
    "country": "ES",
    "condition": "esclerosis múltiple",
    "message": "¿Cuánto dura la estancia? 🙏",
}
FLAT = {**ENQUIRY, "consent.privacy": "on", "consent.health_data": "on"}
WORDS_OF_HERS = ("Inés", "Ortega", "ines.ortega", "612345678", "612 34 56 78", "esclerosis", "estancia")


def _setup(service: Service, sink: HttpSink) -> tuple[str, str]:
    """Make a webhook and a mailbox; return the webhook's secret and an API key."""
    webhook = service.run("destination", "add", "webhook", sink.url("/crm"), "--include", "full")
    service.run("destination", "add", "email", "front.desk@clinic.example", "--include", "contact")
    key = service.run("key", "create", "--name", "Front desk", "--scope", "leads:read", "--scope", "leads:contact")
    return webhook["secret"], key["secret"]


def _opened(request: Received, secret: str) -> dict[str, Any]:
    """Verify a webhook as a consumer does, with the public library, and return its document."""
    document: dict[str, Any] = Webhook(secret).verify(request.body, dict(request.headers))
    return document


async def test_a_posted_form_reaches_mailbox_crm_and_staff(
    service: Service, http_sink: HttpSink, smtp_server: SmtpServer
) -> None:
    await service.serve()
    secret, key = _setup(service, http_sink)
    async with httpx.AsyncClient(base_url=service.url) as client:
        answers = [
            await client.post("/v1/quote-requests", json={**ENQUIRY, "consent": CONSENT}),
            await client.post("/v1/quote-requests", data=FLAT),
            await client.post("/v1/quote-requests", files={name: (None, text) for name, text in FLAT.items()}),
        ]
        assert [answer.status_code for answer in answers] == [201, 201, 201]
        receipts = [answer.json() for answer in answers]

        received = await http_sink.received(3)
        events = [_opened(request, secret) for request in received]
        assert {event["data"]["reference"] for event in events} == {receipt["reference"] for receipt in receipts}
        for event in events:
            assert event["data"]["person"]["phone"] == "+34612345678"
            assert event["data"]["inquiry"]["condition_code"] == "multiple-sclerosis"
            assert event["data"]["inquiry"]["message"] == ENQUIRY["message"]

        mails = await smtp_server.received(3)
        assert {mail.recipients for mail in mails} == {("front.desk@clinic.example",)}
        assert mails[0].message["Reply-To"] == "ines.ortega@mail.example"
        assert b"estancia" not in mails[0].content, "a mailbox with `contact` got health data"

        client.headers["Authorization"] = f"Bearer {key}"
        listed = (await client.get("/v1/leads")).json()["items"]
        assert {lead["reference"] for lead in listed} == {receipt["reference"] for receipt in receipts}
        lead = (await client.get(f"/v1/leads/{receipts[0]['reference']}")).json()
        assert (lead["person"]["name"], len(lead["related"])) == (ENQUIRY["name"], 2)
        assert {delivery["state"] for delivery in lead["deliveries"]} <= {"delivered", "sending"}
    _assert_unreadable(service)


def _assert_unreadable(service: Service) -> None:
    """Read the raw database and every log line as a thief would."""
    url = service.environ["FREEQUOTE_DATABASE_URL"]
    service.stop()
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        raw = b"".join(part.read_bytes() for part in file.parent.glob(file.name + "*"))
    else:
        raw = _dump(url)
    assert raw.count(b"FQ-") >= 3, "the dump does not hold the leads"
    log = service.log.read_bytes()
    for word in WORDS_OF_HERS:
        assert word.encode() not in raw
        assert word.encode() not in log


def _dump(url: str) -> bytes:
    return subprocess.run([PG_DUMP, "--inserts", url], check=True, capture_output=True).stdout


async def test_a_killed_service_delivers_after_its_restart(
    service: Service, http_sink: HttpSink, smtp_server: SmtpServer
) -> None:
    first = await service.serve("--no-worker")
    secret, _ = _setup(service, http_sink)
    async with httpx.AsyncClient(base_url=service.url) as client:
        answer = await client.post("/v1/quote-requests", json={**ENQUIRY, "consent": CONSENT})
    assert answer.status_code == httpx.codes.CREATED
    first.kill()
    first.wait()
    assert http_sink.requests == []
    await service.serve()
    (request,) = await http_sink.received()
    assert _opened(request, secret)["data"]["reference"] == answer.json()["reference"]
    await smtp_server.received()


async def test_a_worker_killed_while_it_sends_leaves_its_lease_and_its_attempt_on_record(
    service: Service, http_sink: HttpSink
) -> None:
    await service.serve("--no-worker")
    webhook = service.run("destination", "add", "webhook", http_sink.url("/crm"), "--include", "full")["id"]
    http_sink.answers.append(Answer(200, delay=3))
    async with httpx.AsyncClient(base_url=service.url) as client:
        await client.post("/v1/quote-requests", json={**ENQUIRY, "consent": CONSENT})
    worker = service.start("worker")
    (before,) = await http_sink.received(within=60)
    worker.kill()
    worker.wait()
    left = service.run("delivery", "list", "--state", "sending", "--destination", webhook)["items"]
    assert [(item["attempt_count"], item["event_id"]) for item in left] == [(1, before.headers["webhook-id"])]


async def test_workers_alone_keep_promises_side_by_side(service: Service, http_sink: HttpSink) -> None:
    await service.serve("--no-worker")
    _setup(service, http_sink)
    workers = [service.start("worker") for _ in range(2)]
    async with httpx.AsyncClient(base_url=service.url) as client:
        for _ in range(10):
            await client.post("/v1/quote-requests", json={**ENQUIRY, "consent": CONSENT})
    received = await http_sink.received(10, within=60)
    assert len({request.headers["webhook-id"] for request in received}) == len(received) == 10
    assert all(worker.poll() is None for worker in workers)


@pytest.mark.parametrize("command", [("lead", "show"), ("key", "revoke"), ("delivery", "retry")])
async def test_a_refused_command_says_why_and_exits_with_1(command: tuple[str, str], service: Service) -> None:
    service.run("migrate")
    service.run(*command, "01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3", code=1)
    assert "There is no" in service.log.read_text(encoding="utf-8")


async def test_a_production_service_refuses_to_start_without_its_key(service: Service) -> None:
    service.environ = {**service.environ, "FREEQUOTE_ENVIRONMENT": "production"}
    service.run("migrate", code=1)
    assert "openssl rand -base64 32" in service.log.read_text(encoding="utf-8")


# What they print is the same on both; `tests/cli` holds what they do.
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
async def test_commands_print_one_json_document(service: Service, http_sink: HttpSink) -> None:
    assert service.run("migrate") == {"from": None, "to": schema.head()}
    made = service.run("destination", "add", "webhook", http_sink.url("/crm"), "--include", "reference")
    attempt = service.run("destination", "test", made["id"])
    assert (attempt["outcome"], attempt["status_code"]) == ("delivered", 200)
    body = json.loads(http_sink.requests[0].body)
    assert body["data"]["test"] is True
    assert service.run("lead", "list")["items"] == []
    assert len(service.run("lead", "list", "--test")["items"]) == 1
    service.run("form", "add", "clinic-es", "--name", "Spain", "--origin", "https://Clinic.example:443/")
    assert service.run("form", "list")["items"][0]["origins"] == ["https://clinic.example"]


async def test_processes_that_migrate_at_once_do_not_disturb_each_other(service: Service) -> None:
    processes = [service.start("migrate") for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert service.run("migrate") == {"from": schema.head(), "to": schema.head()}
