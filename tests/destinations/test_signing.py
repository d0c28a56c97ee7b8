"""Signatures."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.destinations.signing import new_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'


def test_the_signature_is_the_one_that_the_specification_shows() -> None:
    assert sign([SECRET], MESSAGE, 1614265330, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_is_32_random_bytes_behind_a_prefix() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_a_consumers_own_library_accepts_either_of_two_secrets_and_nothing_changed() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    now = int(datetime.now(UTC).timestamp())
    body = '{"name": "Müller-Łukasiewicz 李小龙"}'.encode()
    headers = {
        "webhook-id": "0199a0b0",
        "webhook-timestamp": str(now),
        "webhook-signature": sign([new, old], "0199a0b0", now, body),
    }
    Webhook(old).verify(body, headers)
    Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body, {**headers, "webhook-id": "0199a0b1"})
