"""The house that is broken: real processes by its own command line, its destinations, and the staff who mend things."""

import asyncio
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from app.cli.exits import OUT_OF_REACH
from soak.databases import Ground, Kind
from soak.endpoints import Endpoint
from soak.hands import FOLDER, Hands
from soak.mailserver import MailServer
from soak.trapped import LEASE
from tests.support.process import Service

_WORKERS = 4
_PATIENCE_SECONDS = 60
CLEAN = (0, -signal.SIGTERM)
"""How a process may end that was told to leave: `serve` passes the signal on to itself when it has drained."""
Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Pace:
    """How much time there is."""

    seconds: float
    """How long things are broken."""
    kills: int
    """How often at each point a process is killed."""
    rate: float
    """Leads a second."""
    hold: float
    """How long a fault stays after it was seen, in seconds."""
    lease: str = ""
    """Other seconds than the product's for lease and deadline, `6,2`, for those who cannot wait for a minute."""


@dataclass(eq=False)
class Deployment:
    """On PostgreSQL a door and four workers; on SQLite one process that is both."""

    kind: Kind
    ground: Ground
    hands: Hands
    mail: MailServer
    endpoints: dict[str, Endpoint]
    service: Service
    killed: set[int] = field(default_factory=set)
    """Process ids of those that died a sudden death."""
    ids: dict[str, str] = field(default_factory=dict)
    """The id of each endpoint's destination, in 32 digits."""
    workers: list[Process] = field(default_factory=list)
    erased: dict[str, int] = field(default_factory=dict)
    """References of erased leads, and how often something of each was claimed by then."""
    _staff: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    @classmethod
    def new(cls, kind: Kind, ground: Ground, folder: Path, port: int, outside: "Outside") -> "Deployment":
        """Make one that has never run."""
        hands = Hands(folder)
        environ = {
            "FREEQUOTE_DATABASE_URL": ground.url,
            "FREEQUOTE_SMTP_URL": outside.mail.url,
            "FREEQUOTE_MAIL_FROM": "Freequote <quotes@clinic.example>",
            "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
            "FREEQUOTE_BURST": "100000/1s",
            "FREEQUOTE_FLOOD": "999999/1h",
            "FREEQUOTE_LOG_FORMAT": "json",
            "SSL_CERT_FILE": str(outside.authority_file),
            FOLDER: str(folder),
            **({LEASE: outside.lease} if outside.lease else {}),
        }
        service = Service(folder, environ, port, command=(sys.executable, "-m", "soak.trapped"))
        return cls(kind, ground, hands, outside.mail, outside.endpoints, service)

    async def open(self) -> None:
        """Start everything, and make the destinations."""
        for endpoint in self.endpoints.values():
            self.hands.set_name(endpoint.host, "127.0.0.1")
        await self._serve()
        bearer = {"Authorization": f"Bearer {self.service.first_key()}"}
        self._staff = httpx.AsyncClient(base_url=self.service.url, headers=bearer, timeout=30)
        for name, endpoint in self.endpoints.items():
            made = await self.staff("POST", "/v1/destinations", kind="webhook", url=endpoint.url, include="full")
            self.ids[name], endpoint.secret = made["id"].replace("-", ""), made["secret"]
        made = await self.staff(
            "POST", "/v1/destinations", kind="email", address="desk@clinic.example", include="contact"
        )
        self.ids["desk"] = made["id"].replace("-", "")
        if self.kind == "postgresql":
            self.workers = [self.service.start("worker") for _ in range(_WORKERS)]

    async def staff(self, method: str, path: str, **body: Any) -> Any:
        """Do what staff do over the API; while it is out of reach they try again."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = await self._staff.request(method, path, json=body or None)
            except httpx.TransportError:
                answer = httpx.Response(httpx.codes.SERVICE_UNAVAILABLE)
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return answer.raise_for_status().json() if answer.content else None
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path} is answered {answer.status_code} for a minute.")
            await asyncio.sleep(0.3)

    async def resume(self, name: str) -> None:
        """Set a destination going again."""
        await self.staff("POST", f"/v1/destinations/{self.ids[name]}/resume")

    async def erase(self, reference: str) -> None:
        """Erase a lead; where the answer was cut off, it is not there any more when staff ask again."""
        try:
            await self.staff("DELETE", f"/v1/leads/{reference}")
        except httpx.HTTPStatusError as refusal:
            if refusal.response.status_code != httpx.codes.NOT_FOUND:
                raise

    async def bury(self, within: float) -> bool:
        """Wait until a process has died, and start another in its place; return whether one died in time."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if -signal.SIGKILL in await self.revive():
                return True
            await asyncio.sleep(0.05)
        return False

    async def revive(self) -> list[int]:
        """Start another process for each that has ended, as a supervisor does; return with what codes they ended."""
        ended = [one for one in self.workers if one.poll() is not None]
        for one in ended:
            # Who is started while the database is out of reach says so and ends.
            if one.returncode not in {-signal.SIGKILL, OUT_OF_REACH}:
                raise RuntimeError(f"A process that nobody killed ended with {one.returncode}; see {self.service.log}.")
            self.killed.add(one.pid)
            await self.replace(one)
        return [one.returncode for one in ended]

    async def kill(self, one: Process) -> None:
        """Kill a process from outside, whatever it is doing, and start another in its place."""
        self.killed.add(one.pid)
        one.kill()
        one.wait()
        await self.replace(one)

    async def tell_to_leave(self, one: Process) -> int:
        """Stop a process as an operator does, start another, and return with what code the first one left."""
        one.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(one.wait, _PATIENCE_SECONDS)
        await self.replace(one)
        return code

    async def replace(self, one: Process) -> None:
        """Start a process in the place of one that has ended."""
        self.service.processes.remove(one)
        self.workers.remove(one)
        if self.kind == "postgresql":
            self.workers.append(self.service.start("worker"))
        else:
            await self._serve()

    def pass_time(self, by: timedelta) -> None:
        """Let time go by, as far as the house's clock says."""
        self.hands.set_clock(self.hands.ahead() + by)

    async def close(self) -> list[int]:
        """Stop every process as an operator does, and return with what code each left."""
        await self._staff.aclose()
        await asyncio.to_thread(self.service.stop)
        return [one.returncode for one in self.service.processes]

    async def _serve(self) -> None:
        if self.kind == "postgresql":
            await self.service.serve("--no-worker")
        else:
            self.workers.append(await self.service.serve())


@dataclass(frozen=True, slots=True)
class Outside:
    """What stands around the house."""

    mail: MailServer
    endpoints: dict[str, Endpoint]
    authority_file: Path
    lease: str
