"""Brings an event to a webhook in the destination's format: shaped, signed, and saying who we are."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from app.deliveries.contexts import progress_of
from app.deliveries.oauth import AccessTokens, NoToken
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.queries import Claimed
from app.deliveries.webhook import Reply, WebhookSender, signature_headers
from app.destinations.connection import Connection, OAuth2, fixed_authorization, settings_of
from app.destinations.credentials import address_of, read_connection, signing_secrets
from app.destinations.formats import FORMATS
from app.destinations.formats.format import Call, Format, NotTaken, Request
from app.destinations.shapes import Include, shape
from app.sealing.keyring import Keyring

_UNAUTHORIZED = 401
_Progress = dict[str, str | int]


class Courier:
    """Makes one call of a format, and its look-ups, in each attempt: what it gave is on disk before the next."""

    def __init__(self, keyring: Keyring, webhook: WebhookSender) -> None:
        self._keyring = keyring
        self._webhook = webhook
        self._tokens = AccessTokens(webhook)

    async def bring(self, one: Claimed, document: dict[str, Any], now: datetime) -> Outcome:
        """Make the next call and say what came of it; raises nothing that the network can cause."""
        form = FORMATS[one.format]
        connection = read_connection(self._keyring, one.destination_id, one.connection)
        url = address_of(self._keyring, one.destination_id, one.address)
        made, kept = self._progress(one, url)
        share, settings = shape(document, Include(one.include)), settings_of(form, connection)
        end = self._webhook.end_of_attempt()
        while True:
            while (request := form.calls[made].write(url, share, settings, kept)) is None:
                made += 1
            reply = await self._post(request, form, connection, self._headers(one, form, request, now), now, end)
            outcome, kept = _read(form.calls[made], kept, reply)
            if request.method != "GET" or outcome.verdict is not Verdict.DELIVERED:
                return self._halfway(one, url, made + 1, kept, outcome)
            # What was only looked up is true for now: the next call follows in the same attempt.
            made += 1

    def _headers(self, one: Claimed, form: Format, request: Request, now: datetime) -> dict[str, str]:
        headers = request.headers
        if form.is_signed:
            secrets = signing_secrets(
                self._keyring, one.destination_id, one.secret, one.previous_secret, one.previous_secret_until, now
            )
            headers |= signature_headers(secrets, str(one.event_id), request.body, now)
        return headers

    async def _post(
        self, request: Request, form: Format, connection: Connection, headers: dict[str, str], now: datetime, end: float
    ) -> Reply:
        headers = {**connection.headers, **headers}
        auth = connection.auth
        if not isinstance(auth, OAuth2):
            if auth:
                headers["authorization"] = fixed_authorization(auth, form.auth_scheme)
            return await self._webhook.post(request.url, headers, request.body, now, end, request.method)
        try:
            token = await self._tokens.get(auth, now, end)
            headers["authorization"] = f"{form.auth_scheme} {token}"
            reply = await self._webhook.post(request.url, headers, request.body, now, end, request.method)
            if reply.outcome.status_code != _UNAUTHORIZED:
                return reply
            # It ended before its time, or was taken back: once more, with a fresh one.
            self._tokens.forget(auth, token)
            headers["authorization"] = f"{form.auth_scheme} {await self._tokens.get(auth, now, end)}"
        except NoToken as fault:
            return Reply(Outcome(fault.verdict, reason=fault.reason, retry_after=fault.retry_after))
        return await self._webhook.post(request.url, headers, request.body, now, end, request.method)

    def _halfway(self, one: Claimed, url: str, made: int, kept: _Progress, outcome: Outcome) -> Outcome:
        """Keep what the calls made so far gave, if more of them are to follow."""
        calls = len(FORMATS[one.format].calls)
        if outcome.verdict is not Verdict.DELIVERED or made == calls:
            return outcome
        sealed = self._seal_progress(one, {"to": [one.format, url], "made": made, "kept": kept})
        return replace(outcome, verdict=Verdict.HALFWAY, reason=f"{made} of {calls} calls are made", progress=sealed)

    def _progress(self, one: Claimed, url: str) -> tuple[int, _Progress]:
        """Return how many calls are made there, and what they gave; the calls to another place are none of them."""
        if one.progress is None:
            return 0, {}
        progress = orjson.loads(one.key(self._keyring).open(one.progress, progress_of(one.id)))
        return (progress["made"], progress["kept"]) if progress.get("to") == [one.format, url] else (0, {})

    def _seal_progress(self, one: Claimed, progress: dict[str, Any]) -> bytes:
        return one.key(self._keyring).seal(orjson.dumps(progress), progress_of(one.id))


def _read(call: Call, kept: _Progress, reply: Reply) -> tuple[Outcome, _Progress]:
    """Return what came of a call, its answer read, and what is known after it."""
    if reply.outcome.verdict is not Verdict.DELIVERED:
        return reply.outcome, kept
    try:
        return reply.outcome, {**kept, **call.read(reply.answer)}
    except NotTaken as refusal:
        return replace(reply.outcome, verdict=Verdict.RETRY, reason=str(refusal)), kept
