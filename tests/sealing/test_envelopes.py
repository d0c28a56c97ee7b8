"""Envelopes open with their key, in their place, unchanged; and in no other case."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sealing.envelopes import CannotOpen, DeploymentKeys, SealingKey

SECRET = bytes(range(32))
PLACE = "leads.person:01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    key = SealingKey(SECRET)
    assert key.open(key.seal(plain, PLACE), PLACE) == plain


def test_an_envelope_does_not_open_in_another_row_or_column() -> None:
    key = SealingKey(SECRET)
    envelope = key.seal(b"Aurelia Brandt", PLACE)
    for elsewhere in (PLACE[:-1] + "4", PLACE.replace("person", "inquiry"), ""):
        with pytest.raises(CannotOpen):
            key.open(envelope, elsewhere)


def test_no_byte_of_an_envelope_can_be_changed() -> None:
    key = SealingKey(SECRET)
    envelope = key.seal(b"Aurelia Brandt", PLACE)
    for place in range(len(envelope)):
        changed = bytearray(envelope)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            key.open(bytes(changed), PLACE)


def test_no_cut_of_an_envelope_opens() -> None:
    key = SealingKey(SECRET)
    envelope = key.seal(b"Aurelia Brandt", PLACE)
    for length in range(len(envelope)):
        with pytest.raises(CannotOpen):
            key.open(envelope[:length], PLACE)


def test_the_same_words_never_look_the_same_sealed() -> None:
    key = SealingKey(SECRET)
    assert key.seal(b"multiple sclerosis", PLACE) != key.seal(b"multiple sclerosis", PLACE)


def test_the_first_deployment_key_seals_and_every_one_opens() -> None:
    old, new = os.urandom(32), os.urandom(32)
    sealed_before = DeploymentKeys([old]).seal(b"data key", PLACE)
    both = DeploymentKeys([new, old])
    assert both.open(sealed_before, PLACE) == b"data key"
    with pytest.raises(CannotOpen):
        DeploymentKeys([old]).open(both.seal(b"data key", PLACE), PLACE)
