"""The same request is the same, whatever way it came."""

from typing import Any
from urllib.parse import urlencode

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.intake.body import read_body
from app.intake.schemas import QuoteRequest, read_quote_request
from tests.intake.drawn import ANSWERS, BOUNDARY, REQUESTS, flat, multipart


def read(content_type: str, raw: bytes) -> QuoteRequest:
    return read_quote_request(read_body(content_type, raw), accept_language="de")


@given(REQUESTS, ANSWERS, st.sampled_from("._"))
def test_one_request_in_three_encodings_has_one_fingerprint(
    request: dict[str, Any], answers: dict[str, Any], mark: str
) -> None:
    sent = {**request, **answers}
    as_json = read("application/json", orjson.dumps(sent))
    as_form = read("application/x-www-form-urlencoded", urlencode(flat(sent, mark)).encode())
    as_multipart = read(f"multipart/form-data; boundary={BOUNDARY}", multipart(flat(sent, mark)))
    assert as_json.fingerprint_source() == as_form.fingerprint_source() == as_multipart.fingerprint_source()
    assert as_json == as_form == as_multipart


@given(REQUESTS, ANSWERS)
def test_the_words_of_a_visitor_are_never_changed(request: dict[str, Any], answers: dict[str, Any]) -> None:
    read_back = read("application/json", orjson.dumps({**request, **answers}))
    assert read_back.name == request["name"].strip()
    assert read_back.condition == request["condition"].strip()
    assert read_back.message == request.get("message")
    assert read_back.answers == answers
