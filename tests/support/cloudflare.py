"""What stands for Cloudflare's siteverify: a real HTTP server that judges tokens as the published contract says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from tests.support.loops import LoopThread
from tests.support.sink import HttpSink

SITE_KEY, SECRET = "0x4AAAAAAA-invented_site", "0x4AAAAAAA-invented-secret"


@dataclass
class Siteverify(HttpSink):
    """Takes each token that begins with `good` for one question, known by its `idempotency_key`."""

    asked: list[dict[str, str]] = field(default_factory=list)
    _questions: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of an installation that asks here."""
        return {
            "FREEQUOTE_TURNSTILE_SITE_KEY": SITE_KEY,
            "FREEQUOTE_TURNSTILE_SECRET": SECRET,
            "FREEQUOTE_TURNSTILE_URL": self.url("/turnstile/v0/siteverify"),
            "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
        }

    async def _answer(self, request: web.Request) -> web.Response:
        asked = {name: values[0] for name, values in parse_qs((await request.read()).decode()).items()}
        self.asked.append(asked)
        if self.answers:
            return await super()._answer(request)
        return web.json_response(self._judge(asked))

    def _judge(self, asked: dict[str, str]) -> dict[str, object]:
        token, question = asked["response"], asked["idempotency_key"]
        if asked["secret"] != SECRET:
            return {"success": False, "error-codes": ["invalid-input-secret"]}
        if not token.startswith("good"):
            return {"success": False, "error-codes": ["invalid-input-response"]}
        if self._questions.setdefault(token, question) != question:
            return {"success": False, "error-codes": ["timeout-or-duplicate"]}
        return {"success": True, "error-codes": [], "hostname": "clinic.example", "action": ""}


@pytest.fixture(scope="session")
def cloudflare() -> Iterator[Siteverify]:
    """Give the running server, one for all tests of a worker."""
    face = Siteverify()
    with LoopThread() as thread:
        runner = thread.run(face.listen())
        yield face
        thread.run(runner.cleanup())


@pytest.fixture
def siteverify(cloudflare: Siteverify) -> Siteverify:
    """Give the running server, without what other tests asked."""
    cloudflare.asked.clear()
    cloudflare.answers.clear()
    return cloudflare
