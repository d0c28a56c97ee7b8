"""Figures as Prometheus gets them."""

import socket

import httpx

Scraped = dict[str, float]
"""Each line's value by what stands before it: `freequote_attempts_total{kind="webhook",outcome="retry"}`."""


async def scrape(port: int) -> Scraped:
    """Ask a listener for its figures."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


def read(text: str) -> Scraped:
    """Read the figures in an answer."""
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def ports_in_a_row() -> int:
    """Return a port that nobody listens on, and on the next neither."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as one:
            port: int = one.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except (OSError, OverflowError):
                continue
        return port
    raise AssertionError("no two free ports in a row")
