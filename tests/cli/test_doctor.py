"""`freequote doctor`: what is wrong, and what to do about it."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.parts import Parts
from app.worker import WorkerLoop, make_engine
from tests.cli.conftest import CommandLine
from tests.support.cloudflare import SECRET, Siteverify
from tests.support.house import Desk
from tests.support.provider import Provider
from tests.support.raw import raw_server
from tests.support.sink import Answer, HttpSink
from tests.support.smtp import SmtpServer


@asynccontextmanager
async def a_worker(house: Parts) -> AsyncIterator[None]:
    """Run a worker, and wait until it has said that it is alive."""
    engine, senders = make_engine(house)
    loop = WorkerLoop(house.database, SystemClock(), engine, asyncio.Event())
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.3)
    yield
    loop.stop()
    await running
    await senders.aclose()


async def wrong(cli: CommandLine, code: int = 1) -> dict[str, str]:
    """Return, by name, what the doctor finds wrong and what it says to do."""
    ended = await cli("doctor")
    assert ended.code == code, ended.out + ended.err
    lines = ended.out.splitlines()
    return {
        line.removeprefix("WRONG  ").partition(":")[0]: " ".join(lines[number : number + 2])
        for number, line in enumerate(lines)
        if line.startswith("WRONG")
    }


async def test_a_whole_house_is_well(
    cli: CommandLine, desk: Desk, http_sink: HttpSink, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_SMTP_URL", smtp_server.url)
    monkeypatch.setenv("FREEQUOTE_MAIL_FROM", "quotes@clinic.example")
    await desk.webhook(http_sink.url())
    async with a_worker(desk.house):
        ended = await cli("doctor")
        document = await cli.json("doctor")
    assert ended.code == 0, ended.out
    assert {line[:5] for line in ended.out.splitlines()} == {"ok   "}
    assert all(set(check) == {"name", "ok", "detail", "remedy"} and check["ok"] for check in document["checks"])
    assert http_sink.requests == [], "the doctor knocks and says nothing"


async def test_a_database_without_a_schema_wants_a_migration(
    cli: CommandLine, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("FREEQUOTE_DATA_DIR", str(tmp_path / "data"))
    found = await wrong(cli)
    assert list(found) == ["schema"]
    assert "freequote migrate" in found["schema"]


async def test_a_database_that_is_away_is_out_of_reach(
    cli: CommandLine, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port}/none")
    assert "FREEQUOTE_DATABASE_URL" in (await wrong(cli, code=3))["database"]
    listing = await cli("lead", "list")
    assert (listing.code, listing.out) == (3, "")
    assert listing.err == "The database does not answer. `freequote doctor` looks closer.\n"


async def test_another_sealing_key_opens_nothing(
    cli: CommandLine, house: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_SEALING_KEY", base64.b64encode(os.urandom(32)).decode())
    found = await wrong(cli)
    assert set(found) == {"worker", "sealing key"}
    assert "FREEQUOTE_SEALING_KEY" in found["sealing key"]
    assert "freequote worker" in found["worker"]


async def test_a_mail_server_that_is_down_is_named(
    cli: CommandLine, house: Parts, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_SMTP_URL", f"smtp://127.0.0.1:{free_port}?tls=off")
    monkeypatch.setenv("FREEQUOTE_MAIL_FROM", "quotes@clinic.example")
    assert "out of reach" in (await wrong(cli))["SMTP log-in"]


async def test_a_mail_server_that_refuses_our_log_in_is_told_apart(
    cli: CommandLine, house: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        while line := await reader.readline():
            greeting = line.upper().startswith(b"EHLO")
            writer.write(b"250-mail.test\r\n250 AUTH PLAIN\r\n" if greeting else b"535 5.7.8 Wrong\r\n")

    async with raw_server(refuse) as port:
        monkeypatch.setenv("FREEQUOTE_SMTP_URL", f"smtp://desk:secret-of-ours@127.0.0.1:{port}?tls=off")
        monkeypatch.setenv("FREEQUOTE_MAIL_FROM", "quotes@clinic.example")
        found = (await wrong(cli))["SMTP log-in"]
    assert "log-in (535)" in found
    assert "secret-of-ours" not in found


async def test_a_webhook_that_is_away_or_paused_is_named(cli: CommandLine, desk: Desk, free_port: int) -> None:
    await desk.webhook(f"http://127.0.0.1:{free_port}/", name="Clinic CRM")
    paused = await desk.webhook(f"http://127.0.0.1:{free_port}/", name="Sheet")
    await cli.json("destination", "pause", str(paused.id))
    found = await wrong(cli)
    assert "no connection" in found["destination Clinic CRM"]
    assert f"freequote destination resume {paused.id}" in found["destination Sheet"]


async def test_a_sign_in_provider_is_asked_how_it_is(
    cli: CommandLine, desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQUOTE_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("FREEQUOTE_OIDC_CLIENT_ID", "freequote")
    monkeypatch.setenv("FREEQUOTE_OIDC_NETWORKS", "127.0.0.0/8")
    async with a_worker(desk.house):
        assert (await cli("doctor")).code == 0
        provider.is_down = True
        assert "Passwords work all the same" in (await wrong(cli))["sign-in provider"]


async def test_turnstile_is_asked_whether_it_takes_our_secret(
    cli: CommandLine, desk: Desk, siteverify: Siteverify, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in siteverify.settings.items():
        monkeypatch.setenv(name, value)
    async with a_worker(desk.house):
        assert "Turnstile: takes our secret" in (await cli("doctor")).out
        siteverify.answers.append(Answer(200, b'{"success": true}'))
        assert "this one is for tests" in (await wrong(cli))["Turnstile"]
        monkeypatch.setenv("FREEQUOTE_TURNSTILE_SECRET", f"{SECRET}-of-another")
        ended = await cli("doctor")
        assert "Requests are taken all the same" in ended.out
        assert SECRET not in ended.out + ended.err
