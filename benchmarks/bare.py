"""Bare httpx on the transport that deliveries use: `python -m benchmarks.bare URL POSTS LENGTH`. Nothing is signed."""

import asyncio
import sys

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from app.deliveries.places import IN_FLIGHT


async def run(url: str, posts: int, length: int) -> None:
    """Post bodies of that length, as many at once as a worker does."""
    transport = AiohttpTransport(client=aiohttp.ClientSession)
    left = iter(range(posts))
    headers = {"content-type": "application/json"}
    body = b'"' + b"x" * (length - 2) + b'"'

    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:

        async def send() -> None:
            for _ in left:
                (await client.post(url, content=body, headers=headers)).raise_for_status()

        await asyncio.gather(*(send() for _ in range(IN_FLIGHT)))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    print("{}")
