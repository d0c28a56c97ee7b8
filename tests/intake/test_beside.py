"""What comes beside the request, and what makes two requests the same."""

from typing import Any

import orjson
import pytest

from app.errors import InvalidRequest
from app.intake.body import read_body
from app.intake.schemas import read_quote_request
from app.pages.typed import HONEYPOT
from tests.intake.reading import CONSENT, LEAST, problems, read


def test_what_the_site_asks_besides_is_kept_as_it_came() -> None:
    answers = {"best_time": "evenings", "walks": True, "scores": [1, 2.5, None], "more": {"a": {"b": "c\n"}}, "x": ""}
    assert read(**answers).answers == answers
    assert read(consent={**CONSENT, "photos": True}, attribution={"ttclid": "z"}).answers == {
        "consent.photos": True,
        "attribution.ttclid": "z",
    }


def test_answers_over_their_limits_are_refused_and_never_cut() -> None:
    fifty = {f"q{n}": "a" for n in range(50)}
    assert len(read(**fifty).answers) == 50
    assert problems(**fifty, q50="a") == [("/answers", "too-many-answers")]
    room = 8192 - len('{"q":""}')
    assert read(q="ü" * (room // 2)).answers == {"q": "ü" * (room // 2)}
    assert problems(q="ü" * (room // 2 + 1)) == [("/answers", "answers-too-long")]
    assert problems(**{"k" * 101: "a"}) == [("/answers", "invalid-field-name")]
    assert read(**{"k" * 100: "a"}).answers
    assert problems(q=["a", {"b": "\x00"}]) == [("/q", "control-characters")]


def test_integers_of_more_than_64_bits_are_refused_before_they_break_a_reader() -> None:
    raw = orjson.dumps(LEAST)[:-1] + b', "n": 9223372036854775808}'
    with pytest.raises(InvalidRequest) as caught:
        read_quote_request(read_body("application/json", raw), accept_language=None)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [("/n", "number-out-of-range")]
    assert read(n=9223372036854775807).answers == {"n": 9223372036854775807}


def test_fields_of_our_own_are_kept_apart_and_unknown_ones_ignored() -> None:
    request = read(fq_key="k-1", fq_token="t", fq_unknown="u", **{HONEYPOT: ["x"]})
    assert request.fq == {"fq_key": "k-1", "fq_token": "t", HONEYPOT: '["x"]'}
    assert request.answers == {}
    assert read(**{HONEYPOT: ""}).fq == {}


def test_the_fingerprint_leaves_out_what_is_ours_and_what_was_found_out() -> None:
    one = read("de", fq_key="a", redirect="https://clinic.example/a", form="default")
    other = read("fr", fq_key="b", fq_token="c", redirect="https://clinic.example/b")
    assert one.fingerprint_source() == other.fingerprint_source()
    assert b"multiple-sclerosis" not in one.fingerprint_source()


@pytest.mark.parametrize(
    "change", [{"name": "Ana Duarte G"}, {"language": "de"}, {"extra": 1}, {"gclid": "x"}, {"message": "a"}]
)
def test_the_fingerprint_tells_requests_apart(change: dict[str, Any]) -> None:
    assert read(**change).fingerprint_source() != read().fingerprint_source()
