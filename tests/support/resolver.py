"""A resolver that says what a test wrote, in order, and changes its mind when told to."""

import socket
from collections.abc import Container, Mapping, Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult


class ScriptedResolver(AbstractResolver):
    """Gives each name its answers one after the other; the last one stays. Other names do not exist.

    For the names in `unanswered` nobody answers.
    """

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]], unanswered: Container[str] = ()) -> None:
        self._unanswered = unanswered
        self._answers = {name: list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Answer, or raise what a real look-up raises."""
        del family
        self.asked.append(host)
        if host in self._unanswered:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        if host not in self._answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self._answers[host]
        return [_result(host, address, port) for address in (answers.pop(0) if len(answers) > 1 else answers[0])]

    async def close(self) -> None:
        """Hold nothing."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
