"""Brings an event to a webhook in the destination's format: shaped, signed, and saying who we are."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from app.deliveries.oauth import AccessTokens, NoToken
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.queries import Claimed
from app.deliveries.webhook import Reply, WebhookSender, signature_headers
from app.destinations.connection import Connection, OAuth2, fixed_authorization, settings_of
from app.destinations.credentials import address_of, read_connection, signing_secrets
from app.destinations.formats import FORMATS
from app.destinations.formats.format import Format, NotTaken, Request
from app.destinations.shapes import Include, shape
from app.sealing.keyring import Keyring

_UNAUTHORIZED = 401
_Progress = dict[str, str | int]


class Courier:
    """Makes one call of a format for each attempt, so that what a call gave is on disk before the next one."""

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
        call = form.calls[made]
        share = shape(document, Include(one.include))
        request = call.write(url, share, settings_of(form, connection), kept)
        reply = await self._post(request, form, connection, self._headers(one, form, request, now), now)
        return self._after(one, url, made, kept, reply)

    def _headers(self, one: Claimed, form: Format, request: Request, now: datetime) -> dict[str, str]:
        headers = {"content-type": request.content_type}
        if form.is_signed:
            secrets = signing_secrets(
                self._keyring, one.destination_id, one.secret, one.previous_secret, one.previous_secret_until, now
            )
            headers |= signature_headers(secrets, str(one.event_id), request.body, now)
        return headers

    async def _post(
        self, request: Request, form: Format, connection: Connection, headers: dict[str, str], now: datetime
    ) -> Reply:
        end = self._webhook.end_of_attempt()
        headers = {**connection.headers, **headers}
        auth = connection.auth
        if not isinstance(auth, OAuth2):
            if auth:
                headers["authorization"] = fixed_authorization(auth, form.auth_scheme)
            return await self._webhook.post(request.url, headers, request.body, now, end)
        try:
            token = await self._tokens.get(auth, now, end)
            headers["authorization"] = f"{form.auth_scheme} {token}"
            reply = await self._webhook.post(request.url, headers, request.body, now, end)
            if reply.outcome.status_code != _UNAUTHORIZED:
                return reply
            # It ended before its time, or was taken back: once more, with a fresh one.
            self._tokens.forget(auth, token)
            headers["authorization"] = f"{form.auth_scheme} {await self._tokens.get(auth, now, end)}"
        except NoToken as fault:
            return Reply(Outcome(fault.verdict, reason=fault.reason, retry_after=fault.retry_after))
        return await self._webhook.post(request.url, headers, request.body, now, end)

    def _after(self, one: Claimed, url: str, made: int, kept: _Progress, reply: Reply) -> Outcome:
        outcome, calls = reply.outcome, FORMATS[one.format].calls
        if outcome.verdict is not Verdict.DELIVERED:
            return outcome
        try:
            kept = {**kept, **calls[made].read(reply.answer)}
        except NotTaken as refusal:
            return replace(outcome, verdict=Verdict.RETRY, reason=str(refusal))
        if made + 1 == len(calls):
            return outcome
        reason = f"{made + 1} of {len(calls)} calls are made"
        sealed = self._seal_progress(one, {"to": [one.format, url], "made": made + 1, "kept": kept})
        return replace(outcome, verdict=Verdict.HALFWAY, reason=reason, progress=sealed)

    def _progress(self, one: Claimed, url: str) -> tuple[int, _Progress]:
        """Return how many calls are made there, and what they gave; the calls to another place are none of them."""
        if one.progress is None:
            return 0, {}
        key = self._keyring.data_key(one.lead_id, one.wrapped_key)
        progress = orjson.loads(key.open(one.progress, _place(one)))
        return (progress["made"], progress["kept"]) if progress.get("to") == [one.format, url] else (0, {})

    def _seal_progress(self, one: Claimed, progress: dict[str, Any]) -> bytes:
        key = self._keyring.data_key(one.lead_id, one.wrapped_key)
        return key.seal(orjson.dumps(progress), _place(one))


def _place(one: Claimed) -> str:
    return f"deliveries.progress:{one.id}"
