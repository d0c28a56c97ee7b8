"""Names that change their address, looked up by the system's own resolver at a name server of the test's own.

`127.0.0.2` stands for a public address, since the operator allows it; `127.0.0.3` is one that must not be reached.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.support.dns import PLACE, NameServer, name_server
from tests.support.raw import raw_server

ROOT = Path(__file__).parent.parent.parent
NAME = "rebind.clinic.example"
GOOD, BAD = "127.0.0.2", "127.0.0.3"
DELIVERED = ["DELIVERED", "the endpoint answered 200"]
NOT_PUBLIC = ["RETRY", "address is not public"]
# Mounted over the machine's own files for one process: nobody else sees them.
WITH_ITS_OWN_DNS = (
    'mount --bind "$1/resolv.conf" /etc/resolv.conf && mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf'
    ' && shift && exec "$@"'
)


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that posts, and asks our name server; skip, and say why, where none can be made to."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "resolv.conf").write_text(f"nameserver {PLACE[0]}\n", encoding="ascii")
    (folder / "nsswitch.conf").write_text("hosts: dns\n", encoding="ascii")
    inside = ["unshare", "--mount", "sh", "-c", WITH_ITS_OWN_DNS, "sh", str(folder)]
    skip_unless_possible(inside)
    command = [*inside, sys.executable, "-m", "tests.deliveries.posting"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FREEQUOTE_")}
    environ = {**kept, "FREEQUOTE_ALLOW_NETWORKS": f"{GOOD}/32"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environ) as process:
        yield process


def skip_unless_possible(inside: list[str]) -> None:
    privileged = shutil.which("unshare") and not os.geteuid()
    if not privileged or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("another resolv.conf for one process can only be mounted by root, with the right to")
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.bind(PLACE)
    except PermissionError:
        pytest.skip("a name server needs port 53, which may not be opened here")


@dataclass(frozen=True)
class World:
    """A name server, two servers on one port, and who was connected to."""

    sending: subprocess.Popen[bytes]
    names: NameServer
    port: int
    reached: list[str]

    async def post(self) -> list[str]:
        """Post to the name; return the verdict, and the reason that staff are shown."""
        assert self.sending.stdin is not None
        assert self.sending.stdout is not None
        self.sending.stdin.write(f"http://{NAME}:{self.port}/\n".encode())
        self.sending.stdin.flush()
        outcome: list[str] = orjson.loads(await asyncio.to_thread(self.sending.stdout.readline))
        return outcome


@asynccontextmanager
async def world(sending: subprocess.Popen[bytes], answers: Sequence[Sequence[str]]) -> AsyncIterator[World]:
    reached: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer.get_extra_info("sockname")[0])
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    async with (
        name_server(NAME, answers) as names,
        raw_server(connected, host=GOOD) as port,
        raw_server(connected, host=BAD, port=port),
    ):
        yield World(sending, names, port, reached)


async def test_the_post_goes_to_the_address_that_was_judged_whatever_the_name_says_next(
    sending: subprocess.Popen[bytes],
) -> None:
    async with world(sending, [[GOOD], [BAD]]) as here:
        assert await here.post() == DELIVERED
    assert here.reached == [GOOD]
    # One look-up: a second would have found the other address.
    assert here.names.asked.count("A") == 1
    assert here.names.asked.count("AAAA") <= 1


async def test_a_name_that_has_turned_private_is_refused_without_a_connection(
    sending: subprocess.Popen[bytes],
) -> None:
    async with world(sending, [[GOOD], [BAD]]) as here:
        assert [await here.post(), await here.post()] == [DELIVERED, NOT_PUBLIC]
    assert here.reached == [GOOD]
    assert here.names.asked.count("A") == 2


@pytest.mark.parametrize("answer", [[GOOD, BAD], [BAD, GOOD]])
async def test_an_answer_with_one_bad_address_is_refused_whole(
    sending: subprocess.Popen[bytes], answer: list[str]
) -> None:
    async with world(sending, [answer]) as here:
        assert await here.post() == NOT_PUBLIC
    assert here.reached == []


async def test_a_bad_ipv6_address_beside_a_good_one_refuses_both(sending: subprocess.Popen[bytes]) -> None:
    async with world(sending, [[GOOD, "::1"]]) as here:
        outcome = await here.post()
    if "AAAA" not in here.names.asked:
        pytest.skip("this machine has no IPv6 address, so its resolver asks for none")
    assert outcome == NOT_PUBLIC
    assert here.reached == []
