"""Whatever is sent, the answer is a request or a refusal, and never another fault."""

import contextlib
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidRequest
from app.intake.body import UnsupportedMediaType, read_body
from app.intake.schemas import read_quote_request

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=edge"
KNOWN = ("name", "email", "phone", "country", "condition", "message", "language", "timezone", "patient_age", "budget")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
HEAD = b'--edge\r\nContent-Disposition: form-data; name="'

HOSTILE = [
    *((JSON, b'{"%s": %s}' % (name.encode(), value)) for name in (*KNOWN, "consent", "attribution", "x", "fq_key")
      for value in (
          rb'"\ud800"', rb'"\udfff\ud800"', rb'"a\u0000b"', b"NaN", b"-Infinity", b"1e400", b"9" * 4000,
          b"-" + b"9" * 20,
          b"[" * 30_000, b'{"a":' * 10_000, b"[[[[[[[[1]]]]]]]]", b"{}", b"[]", b"[[]]", b"null", b"true", b"1.5e-300",
          '"\u202e\u2066abc"'.encode(), b'"\xff\xfe"', b'"' + b"=?UTF-8?Q?=0A?=@a.example" + b'"', b'"\\uffff"',
          b'"' + b"(" * 5000 + b'"', b'"' + b"00" * 5000 + b'"', b'{"": {"": ""}}', b'{"amount": {}, "currency": []}',
      )),
    (JSON, b'{"a": 1, "a": 2}'),
    (JSON, b"{" + b",".join(b'"k%d":1' % n for n in range(10_000)) + b"}"),
    (JSON, rb'{"a\u0000": 1, "\ud800": 2}'),
    (FORM, b"&".join(b"k%d=1" % n for n in range(10_000))),
    (FORM, b"name=%ED%A0%80&email=%00&consent.privacy=%FF"),
    (FORM, b"consent=1&consent.privacy=on&budget=1&budget.amount=2&attribution=x&attribution.gclid=y"),
    (FORM, b"consent.privacy=on&consent=1&=x&==&_charset_=utf-7"),
    (f"{FORM}; charset=utf-7", b"name=+AGE-"),
    (f"{FORM}; charset=\x00", b"name=a"),
    (MULTIPART, HEAD + b'\xff"\r\n\r\nx\r\n--edge--\r\n'),
    (MULTIPART, HEAD + b'a"\r\nContent-Type: text/plain; charset=\xff\r\n\r\nx\r\n--edge--\r\n'),
    (MULTIPART, HEAD + b'a\x00"\r\n\r\n\x00\r\n--edge--\r\n'),
    (MULTIPART, (HEAD + b'a"\r\n\r\nx\r\n') * 10_000),
    ("multipart/form-data; boundary=\x00", b"--\x00\r\n\r\n"),
    ("text/plain", b"{}"),
]  # fmt: skip


def swallow(content_type: str | None, raw: bytes) -> None:
    with contextlib.suppress(InvalidRequest, UnsupportedMediaType):
        request = read_quote_request(read_body(content_type, raw), accept_language="\x00;q=\ud800")
        orjson.dumps(request.answers)
        request.fingerprint_source()


@pytest.mark.parametrize(("content_type", "raw"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_refused_and_breaks_nothing(content_type: str, raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises((InvalidRequest, UnsupportedMediaType)) as caught:
        read_quote_request(read_body(content_type, raw), accept_language=None)
    # A refusal is written as JSON, pointers included.
    orjson.dumps([problem.pointer for problem in getattr(caught.value, "problems", [])])
    assert time.process_time() - started < 0.5


@given(st.sampled_from([None, JSON, FORM, MULTIPART, f"{FORM}; charset=big5", "multipart/form-data"]), st.binary())
def test_no_bytes_break_the_reader(content_type: str | None, raw: bytes) -> None:
    swallow(content_type, raw)


@given(st.dictionaries(st.sampled_from([*KNOWN, "consent", "attribution", "x", "y"]), ANY_JSON))
def test_no_json_breaks_the_reader(fields: dict[str, object]) -> None:
    least = {"name": "A", "email": "a@mail.example", "country": "ES", "treatment": "PRP"}
    swallow(JSON, orjson.dumps({**least, "consent": {"privacy": True, "health_data": True}, **fields}))


@given(st.text(max_size=80), st.binary(max_size=200))
def test_no_content_type_breaks_the_reader(content_type: str, raw: bytes) -> None:
    swallow(content_type, raw)
    swallow(f"{FORM}; charset={content_type}", raw)
    swallow(f"multipart/form-data; boundary={content_type}", raw)
