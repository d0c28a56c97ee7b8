"""Bursts, and whose they are."""

from collections.abc import Iterator
from ipaddress import ip_network

import httpx
import pytest
from fastapi import FastAPI

from app.limits import BurstLimit, TooManyRequests, client_of
from app.rates import Rate

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),  # nobody we trust says so
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["192.0.2.66, 203.0.113.9"], "203.0.113.9"),  # the first was written by the client
        ("10.0.0.1", ["203.0.113.9", "10.0.0.2"], "203.0.113.9"),  # two proxies in a row
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", [], "198.51.100.7"),
        (None, [], None),
    ],
)
def test_the_client_is_taken_only_through_trusted_proxies(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    assert client_of(peer, forwarded, PROXIES) == client


class _Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_burst_is_let_in_then_refused_until_the_bucket_refills() -> None:
    watch = _Watch()
    limit = BurstLimit(Rate("3/30s"), watch)
    for _ in range(3):
        limit.take("198.51.100.7")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("198.51.100.7")
    assert refused.value.headers == {"Retry-After": "10"}
    limit.take("198.51.100.8")
    watch.seconds = 10
    limit.take("198.51.100.7")
    with pytest.raises(TooManyRequests):
        limit.take("198.51.100.7")


def test_ten_thousand_clients_do_not_fill_the_memory() -> None:
    limit = BurstLimit(Rate("2/10s"), _Watch())
    for number in range(25_000):
        limit.take(f"client {number}")
    assert len(limit._buckets) <= 10_000


REQUEST = {
    "name": "Aurelia Brandt",
    "email": "a.brandt@mail.example",
    "country": "DE",
    "condition": "lupus",
    "consent": {"privacy": True, "health_data": True},
}


@pytest.fixture
def narrow(app: FastAPI) -> Iterator[None]:
    """Make the door take two requests in ten minutes."""
    usual = app.state.burst
    app.state.burst = BurstLimit(Rate("2/10m"))
    yield
    app.state.burst = usual


async def test_too_many_at_once_are_refused_but_a_lost_answer_can_always_be_fetched(
    client: httpx.AsyncClient, narrow: None
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await client.post("/v1/quote-requests", json=REQUEST, headers=key)
    await client.post("/v1/quote-requests", json=REQUEST)
    refused = await client.post("/v1/quote-requests", json=REQUEST)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert int(refused.headers["Retry-After"]) > 0
    again = await client.post("/v1/quote-requests", json=REQUEST, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await client.post("/v1/quote-requests", json=REQUEST, headers={"Idempotency-Key": "k-2"})
    assert other.status_code == 429
