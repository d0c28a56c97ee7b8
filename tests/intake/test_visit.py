"""How long one request may wait for us."""

import asyncio

import pytest
from fastapi import FastAPI, Request

from app.errors import OutOfReach
from app.intake.visit import Visit


async def test_all_that_an_enquirer_waits_for_counts_together_but_their_own_body_does_not(app: FastAPI) -> None:
    visit = Visit(Request({"type": "http", "app": app}), app.state.parts, {}, seconds_left=0.4)
    async with visit.in_time():
        await asyncio.sleep(0.2)
    await asyncio.sleep(0.5)
    async with visit.in_time():
        pass
    with pytest.raises(OutOfReach):
        async with visit.in_time():
            await asyncio.sleep(0.3)
    # Not even a page is drawn any more that takes looking up.
    with pytest.raises(OutOfReach):
        async with visit.in_time():
            await asyncio.sleep(0.001)
