"""Identifiers: sortable ids for rows, short references for people."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ids import CROCKFORD, new_id, new_reference, read_reference

LETTERS = st.text(alphabet=CROCKFORD, min_size=10, max_size=10)


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_an_id_carries_the_moment_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = new_id().int >> 80
    after = time.time_ns() // 1_000_000
    assert before <= milliseconds <= after


def test_ids_made_later_sort_later() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()


def test_ids_made_at_once_differ() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_a_new_reference_reads_back_as_itself() -> None:
    made = new_reference()
    assert read_reference(made) == made


def test_references_differ() -> None:
    assert len({new_reference() for _ in range(1_000)}) == 1_000


@given(LETTERS)
def test_a_reference_is_read_however_it_is_typed(letters: str) -> None:
    canonical = f"FQ-{letters[:5]}-{letters[5:]}"
    for typed in (canonical, canonical.lower(), canonical.replace("-", ""), letters, f"  {letters[:5]} {letters[5:]} "):
        assert read_reference(typed) == canonical


@pytest.mark.parametrize(("typed", "meant"), [("O", "0"), ("I", "1"), ("L", "1"), ("o", "0"), ("l", "1")])
def test_letters_that_look_like_digits_are_read_as_those(typed: str, meant: str) -> None:
    assert read_reference(f"FQ-7K3M9-QXD4{typed}") == f"FQ-7K3M9-QXD4{meant}"


@pytest.mark.parametrize("text", ["", "FQ", "FQ-7K3M9-QXD4", "FQ-7K3M9-QXD4HH", "FQ-7K3M9-QXD4U", "FQ-7K3M9-QXD4é"])
def test_what_is_no_reference_is_none(text: str) -> None:
    assert read_reference(text) is None


@given(st.text(max_size=40))
def test_any_text_at_all_is_read_without_a_fault(text: str) -> None:
    reference = read_reference(text)
    assert reference is None or read_reference(reference) == reference
