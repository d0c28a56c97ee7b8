"""One run: everything is set up, broken, mended and counted."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from app.deliveries.claims import NOWHERE
from soak.checker import Checker
from soak.databases import Kind, open_ground
from soak.deployment import CLEAN, Deployment, Outside, Pace
from soak.endpoints import Endpoint
from soak.faults import Faults
from soak.mailserver import MailServer
from soak.ports import hold_port
from soak.tally import Tally
from soak.visitors import Visitors
from tests.support.certificates import Authority

_NAMES = ("steady", "first", "second")
_DRAINS_WITHIN_SECONDS = 240
_STEP = timedelta(hours=6)
"""How much time each second of draining is, so that what is to be tried again tomorrow need not be waited for."""
_LARGEST_BYTES = 250 * 2**20
_FAILED = f"SELECT id FROM deliveries WHERE state = 'failed' AND lane <> {NOWHERE}"
"""What was given up; of erased leads nothing is left to send."""
_OPEN = "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending')"


async def soak(kind: Kind, pace: Pace, seed: str, folder: Path, tally: Tally) -> None:
    """Run once on one kind of database, and tally what came of it."""
    async with _deployment(kind, pace, folder) as house:
        chance = random.Random(f"{seed}-visitors")  # noqa: S311 - repeatable, not secret
        visitors = Visitors(house.service.url, pace.rate, chance)
        visitors.enter()
        faults = Faults(house, visitors, tally, pace, seed)
        await faults.run()
        await visitors.leave()
        await _drain(house, faults, tally)
        _note_memory(house, tally)
        tally.require("processes that ended with a fault", [code for code in await house.close() if code not in CLEAN])
        Checker(house, visitors, tally).check()
    tally.require("faults of which nothing was seen", tally.unseen())


@asynccontextmanager
async def _deployment(kind: Kind, pace: Pace, folder: Path) -> AsyncIterator[Deployment]:
    authority, stranger = (Authority(_made(folder / name)) for name in ("authority", "stranger"))
    file = folder / "authority.pem"
    file.write_text(authority.pem, encoding="ascii")
    mail = MailServer.new(authority, stranger)
    endpoints = {name: Endpoint.new(f"{name}.soak.example", authority, stranger) for name in _NAMES}
    outside: list[Endpoint | MailServer] = [mail, *endpoints.values()]
    for one in outside:
        await one.behave("well")
    ground = open_ground(kind, folder)
    held = hold_port()
    door = held.getsockname()[1]
    house = Deployment.new(kind, ground, folder, door, Outside(mail, endpoints, file, pace.lease))
    try:
        await house.open()
        yield house
    finally:
        await house.close()
        for one in outside:
            await one.close()
            one.held.close()
        held.close()
        ground.remove()


async def _drain(house: Deployment, faults: Faults, tally: Tally) -> None:
    """Heal everything, let time pass, and wait until nothing waits (I6)."""
    began = time.monotonic()
    await house.mail.behave("well")
    for name, endpoint in house.endpoints.items():
        await faults.mend(endpoint)
        await house.resume(name)
    await house.resume("desk")
    while time.monotonic() < began + _DRAINS_WITHIN_SECONDS:
        left = int((await asyncio.to_thread(house.ground.rows, _OPEN))[0][0])
        if not left and not await _replay_what_failed(house):
            tally.facts.append(f"drained within {time.monotonic() - began:.0f} s")
            return
        await house.revive()
        house.pass_time(_STEP)
        await asyncio.sleep(1)
    tally.violated(f"I6: {left} deliveries still wait after {_DRAINS_WITHIN_SECONDS} s")


async def _replay_what_failed(house: Deployment) -> bool:
    """Order what was given up once more, as staff do; return whether there was anything."""
    failed = await asyncio.to_thread(house.ground.rows, _FAILED)
    for row in failed:
        await house.staff("POST", f"/v1/deliveries/{row[0]}/retry")
    return bool(failed)


def _note_memory(house: Deployment, tally: Tally) -> None:
    """Hold that nothing an endpoint answered was kept or opened."""
    most = max(_peak_bytes(one.pid) for one in house.service.processes if one.poll() is None)
    tally.facts.append(f"the largest process took {most / 2**20:.0f} MiB")
    if most > _LARGEST_BYTES:
        tally.violated(f"a process took {most / 2**20:.0f} MiB")


def _peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
