"""Waiting for what happens elsewhere, but not for ever."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], within: float) -> bool:
    """Wait until something holds; return whether it did in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
