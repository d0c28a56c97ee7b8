"""Names that lead astray: nothing is connected to that was not judged."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from app.deliveries import verdicts
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.resolver import AddressNotPermitted, GuardedResolver
from app.deliveries.verdicts import judge_fault
from app.deliveries.webhook import WebhookSender
from app.destinations.guard import Guard
from tests.support.raw import raw_server
from tests.support.resolver import ScriptedResolver

ONE_ADDRESS = Guard((ip_network("127.0.0.1/32"),))
NOT_PUBLIC = (Verdict.RETRY, "address is not public")


@asynccontextmanager
async def two_hosts() -> AsyncIterator[tuple[int, list[str]]]:
    """Listen on 127.0.0.1 and 127.0.0.2, on one port, and note which of them is connected to."""
    reached: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer.get_extra_info("sockname")[0])
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    async with raw_server(connected) as port, raw_server(connected, host="127.0.0.2", port=port):
        yield port, reached


async def post_to(url: str, guard: Guard, resolver: ScriptedResolver, times: int = 1) -> list[Outcome]:
    sender = WebhookSender(guard, deadline=2, resolver=resolver)
    outcomes = [await sender.send(url, [], "id", b"{}", datetime.now(UTC)) for _ in range(times)]
    await sender.aclose()
    return outcomes


def judged(outcome: Outcome) -> tuple[Verdict, str]:
    return outcome.verdict, outcome.reason


async def test_the_connection_goes_to_the_address_that_was_judged_whatever_the_name_says_next() -> None:
    resolver = ScriptedResolver({"crm.example": [["127.0.0.1"], ["127.0.0.2"]]})
    async with two_hosts() as (port, reached):
        (outcome,) = await post_to(f"http://crm.example:{port}/", ONE_ADDRESS, resolver)
    assert outcome.verdict is Verdict.DELIVERED
    assert reached == ["127.0.0.1"]
    assert resolver.asked == ["crm.example"]


async def test_a_name_that_turned_private_is_refused_without_a_connection() -> None:
    resolver = ScriptedResolver({"crm.example": [["127.0.0.2"]]})
    async with two_hosts() as (port, reached):
        (outcome,) = await post_to(f"https://crm.example:{port}/", Guard(), resolver)
    assert judged(outcome) == NOT_PUBLIC
    assert reached == []


@pytest.mark.parametrize("order", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "::1"]])
async def test_one_bad_address_among_good_ones_refuses_them_all(order: list[str]) -> None:
    async with two_hosts() as (port, reached):
        resolver = ScriptedResolver({"crm.example": [order]})
        (outcome,) = await post_to(f"http://crm.example:{port}/", ONE_ADDRESS, resolver)
    assert judged(outcome) == NOT_PUBLIC
    assert reached == []


async def test_a_name_that_comes_back_to_a_good_address_is_reached_again() -> None:
    resolver = ScriptedResolver({"crm.example": [["127.0.0.2"], ["127.0.0.1"]]})
    async with two_hosts() as (port, reached):
        outcomes = await post_to(f"http://crm.example:{port}/", ONE_ADDRESS, resolver, times=2)
    assert [one.verdict for one in outcomes] == [Verdict.RETRY, Verdict.DELIVERED]
    assert reached == ["127.0.0.1"]


async def test_a_literal_address_meets_no_resolver_and_is_judged_all_the_same() -> None:
    resolver = ScriptedResolver({})
    async with two_hosts() as (port, reached):
        outcomes = [
            *await post_to(f"http://127.0.0.2:{port}/", ONE_ADDRESS, resolver),
            *await post_to(f"https://127.0.0.1:{port}/", Guard(), resolver),
            *await post_to(f"http://2130706433:{port}/", ONE_ADDRESS, resolver),
        ]
    assert [judged(one) for one in outcomes] == [NOT_PUBLIC] * 3
    assert reached == []


async def test_http_goes_to_allowed_addresses_only_even_where_https_would_go_to_public_ones() -> None:
    (outcome,) = await post_to("http://crm.example/", ONE_ADDRESS, ScriptedResolver({"crm.example": [["1.1.1.1"]]}))
    assert judged(outcome) == NOT_PUBLIC


async def test_a_name_that_does_not_exist_is_tried_again() -> None:
    (outcome,) = await post_to("https://crm.example/", Guard(), ScriptedResolver({}))
    assert judged(outcome) == (Verdict.RETRY, "the host name was not found")


@pytest.mark.parametrize(
    ("unanswered", "verdict"),
    [({"crm.example"}, Verdict.RETRY), ({"crm.example", "a.root-servers.net"}, Verdict.CHANNEL_DOWN)],
)
async def test_a_look_up_without_an_answer_is_our_fault_only_if_nothing_is_answered(
    unanswered: set[str], verdict: Verdict
) -> None:
    (outcome,) = await post_to("https://crm.example/", Guard(), ScriptedResolver({}, unanswered))
    assert outcome.verdict is verdict


async def test_a_name_without_addresses_is_tried_again() -> None:
    (outcome,) = await post_to("https://crm.example/", Guard(), ScriptedResolver({"crm.example": [[]]}))
    assert judged(outcome) == (Verdict.RETRY, "the host name was not found")


async def test_the_systems_own_resolver_is_guarded_too() -> None:
    resolver = GuardedResolver(Guard().permits)
    with pytest.raises(AddressNotPermitted):
        await resolver.resolve("localhost", 443, socket.AF_UNSPEC)
    allowed = GuardedResolver(Guard((ip_network("127.0.0.0/8"), ip_network("::1/128"))).permits)
    assert {one["host"] for one in await allowed.resolve("localhost", 443)} <= {"127.0.0.1", "::1"}
    await resolver.close()
    await allowed.close()


@pytest.mark.parametrize(
    ("probes", "verdict"),
    [((), Verdict.CHANNEL_DOWN), (((socket.AF_INET, "127.0.0.1"),), Verdict.RETRY)],
)
def test_an_unreachable_network_is_our_fault_only_if_no_way_leads_out_at_all(
    probes: Any, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "_PROBES", probes)
    key = ConnectionKey(
        host="crm.example", port=443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
    )
    fault = aiohttp.ClientConnectorError(key, OSError(errno.ENETUNREACH, "Network is unreachable"))
    assert judge_fault(fault)[0] is verdict
