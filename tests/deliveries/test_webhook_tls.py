"""Webhooks over TLS: the right host is spoken to, at the address that was judged, or none."""

import asyncio
import ssl
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver

from app.deliveries.policy import Outcome, Verdict
from app.deliveries.webhook import WebhookSender
from app.destinations.guard import Guard
from tests.support.certificates import Authority
from tests.support.raw import raw_server
from tests.support.resolver import ScriptedResolver
from tests.support.sink import HttpSink

NOT_TRUSTED = (Verdict.RETRY, "the endpoint's TLS certificate is not trusted")


async def post(url: str, resolver: AbstractResolver | None = None, trust: ssl.SSLContext | None = None) -> Outcome:
    guard = Guard((ip_network("127.0.0.0/8"),))
    sender = WebhookSender(guard, deadline=3, resolver=resolver, ssl_context=trust)
    outcome = await sender.send(url, [], "id", b"{}", datetime.now(UTC))
    await sender.aclose()
    return outcome


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()


async def test_host_and_server_name_are_the_urls_while_the_judged_address_is_reached(tmp_path: Path) -> None:
    authority, names, heads = Authority(tmp_path), [], []
    tls = authority.serve("crm.example")
    tls.sni_callback = lambda _socket, name, _context: names.append(name)

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(note, tls=tls) as port:
        resolver = ScriptedResolver({"crm.example": [["127.0.0.1"]]})
        outcome = await post(f"https://crm.example:{port}/hook", resolver, authority.trust)
    assert outcome.verdict is Verdict.DELIVERED
    assert names == ["crm.example"]
    assert f"host: crm.example:{port}\r\n".encode() in heads[0].lower()


@pytest.mark.parametrize("certificate_for", ["other.example", "127.0.0.1"])
async def test_a_certificate_for_another_host_is_not_trusted(tmp_path: Path, certificate_for: str) -> None:
    authority = Authority(tmp_path)
    async with raw_server(answer, tls=authority.serve(certificate_for)) as port:
        resolver = ScriptedResolver({"crm.example": [["127.0.0.1"]]})
        outcome = await post(f"https://crm.example:{port}/", resolver, authority.trust)
    assert (outcome.verdict, outcome.reason) == NOT_TRUSTED


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    async with raw_server(answer, tls=Authority(tmp_path).serve("127.0.0.1")) as port:
        outcome = await post(f"https://127.0.0.1:{port}/")
    assert (outcome.verdict, outcome.reason) == NOT_TRUSTED


async def test_an_endpoint_without_tls_is_not_spoken_to_over_https(http_sink: HttpSink) -> None:
    outcome = await post(f"https://127.0.0.1:{http_sink.port}/")
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "no TLS connection came about")
    assert http_sink.requests == []
