"""How long one thing takes."""

import time
from collections.abc import Awaitable
from typing import TypeVar

Found = TypeVar("Found")


async def timed(asked: Awaitable[Found]) -> tuple[float, Found]:
    """Wait for something; return the milliseconds and what came of it."""
    began = time.perf_counter()
    found = await asked
    return (time.perf_counter() - began) * 1e3, found
