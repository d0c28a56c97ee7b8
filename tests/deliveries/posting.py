"""Posts to each URL that it reads, as the worker does, with the settings of its surroundings; says what came of it.

A program of its own: whom to ask for names is a matter of a whole process. Each post has a sender of its own, which
remembers nothing of the one before.
"""

import asyncio
import sys
from datetime import UTC, datetime

import orjson

from app.deliveries.policy import Outcome
from app.deliveries.webhook import WebhookSender
from app.destinations.guard import Guard
from app.settings import read_settings


async def post(url: str) -> Outcome:
    settings = read_settings()
    sender = WebhookSender(Guard(settings.allow_networks), deadline=settings.delivery_deadline)
    try:
        return await sender.send(url, [], "id", b"{}", datetime.now(UTC))
    finally:
        await sender.aclose()


if __name__ == "__main__":
    for line in sys.stdin:
        done = asyncio.run(post(line.strip()))
        sys.stdout.buffer.write(orjson.dumps([done.verdict.name, done.reason]) + b"\n")
        sys.stdout.buffer.flush()
