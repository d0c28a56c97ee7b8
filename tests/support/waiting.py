"""Waiting for what happens elsewhere: another task, thread or process."""

import asyncio
import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.02


async def eventually(condition: Callable[[], bool], *, within: float = 10) -> None:
    """Return as soon as `condition` holds; fail when it does not `within` that many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"It did not come true within {within} seconds.")
        await asyncio.sleep(_PAUSE_SECONDS)
