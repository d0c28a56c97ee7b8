"""The checker sees what must not be."""

from collections import Counter

import pytest

from soak.checker import Row, behind_the_end, too_often
from soak.tally import Tally


def attempt(number: int, outcome: str, status: int) -> Row:
    return ("delivery", "event", "destination", str(number), outcome, str(status), "", "", "delivered")


@pytest.mark.parametrize(
    ("copies", "attempts", "wrong"),
    [
        (1, [attempt(1, "delivered", 200)], []),
        (2, [attempt(1, "delivered", 200)], ["event"]),
        (2, [attempt(1, "lost", 0), attempt(2, "delivered", 200)], []),
        (2, [attempt(1, "retry", 0), attempt(2, "delivered", 200)], []),
        (2, [attempt(1, "retry", 500), attempt(2, "delivered", 200)], ["event"]),
        (3, [attempt(1, "lost", 0), attempt(2, "delivered", 200)], ["event"]),
    ],
)
def test_a_second_copy_needs_an_attempt_whose_answer_was_lost(
    copies: int, attempts: list[Row], wrong: list[str]
) -> None:
    assert too_often(Counter({"event": copies}), {"event": attempts}) == wrong


def test_what_comes_behind_the_news_of_an_erasure_is_seen() -> None:
    created, erased = ("one", "lead.created"), ("one", "lead.erased")
    assert behind_the_end([created, ("other", "lead.created"), erased, ("other", "lead.updated"), erased]) == []
    assert behind_the_end([created, erased, created]) == ["one"]


def test_a_fault_of_which_nothing_was_seen_is_named() -> None:
    tally = Tally()
    tally.count("mail", "down", seen=False)
    tally.count("mail", "slow", seen=False)
    tally.count("mail", "slow", seen=True)
    assert tally.unseen() == ["mail: down"]
