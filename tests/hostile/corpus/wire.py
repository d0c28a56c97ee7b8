"""Bytes for a socket: what no library of either side would let through."""

import json
from collections.abc import Iterator

from tests.hostile.corpus.case import HER, Case

_BODY = json.dumps(HER).encode()
_LENGTH = b"Content-Length: %d\r\n" % len(_BODY)
_LINE = b"POST /v1/quote-requests HTTP/1.1\r\n"
_HOST = b"Host: 127.0.0.1\r\n"
_TYPE = b"Content-Type: application/json\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY)
SMUGGLED = "Smuggled Stowaway"
_HIDDEN_BODY = json.dumps({**HER, "name": SMUGGLED}).encode()
_HIDDEN = _LINE + _HOST + _TYPE + b"Content-Length: %d\r\n\r\n%s" % (len(_HIDDEN_BODY), _HIDDEN_BODY)


def _post(heads: bytes, body: bytes = _BODY) -> bytes:
    return _LINE + _HOST + _TYPE + heads + b"\r\n" + body


HIDING: dict[str, bytes] = {
    "length, then chunks": _post(b"Content-Length: %d\r\n" % (5 + len(_HIDDEN)) + _CHUNKED, b"0\r\n\r\n" + _HIDDEN),
    "chunks, then a length": _post(_CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n" + _HIDDEN),
    "chunks, and the right length": _post(_CHUNKED + b"Content-Length: %d\r\n" % len(_CHUNKS), _CHUNKS + _HIDDEN),
    "two lengths": _post(b"Content-Length: 0\r\n" + _LENGTH, _HIDDEN),
    "two lengths in one": _post(b"Content-Length: 0, %d\r\n" % len(_HIDDEN), _HIDDEN),
    "length with a plus": _post(b"Content-Length: +0\r\n", _HIDDEN),
    "length below nothing": _post(b"Content-Length: -1\r\n", _HIDDEN),
    "length in hexadecimal": _post(b"Content-Length: 0x0\r\n", _HIDDEN),
    "chunked, spelled otherwise": _post(b"Transfer-Encoding: xchunked\r\n", _CHUNKS + _HIDDEN),
    "chunked twice": _post(b"Transfer-Encoding: chunked, chunked\r\n", _CHUNKS + _HIDDEN),
    "chunked, then identity": _post(_CHUNKED + b"Transfer-Encoding: identity\r\n", _CHUNKS + _HIDDEN),
    "blank before the colon": _post(b"Transfer-Encoding : chunked\r\n", _CHUNKS + _HIDDEN),
    "chunk whose length is none": _post(_CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n" + _HIDDEN),
    "chunk longer than its length": _post(_CHUNKED, b"1\r\nhello\r\n0\r\n\r\n" + _HIDDEN),
    "chunk of all lengths": _post(_CHUNKED, b"f" * 40 + b"\r\n" + _HIDDEN),
    "header in a trailer": _post(_CHUNKED, b"0\r\nContent-Length: 4\r\nx y\r\n\r\n" + _HIDDEN),
}
"""Each hides a second request where two readers may differ on where the first one ends."""

ODD: dict[str, bytes] = {
    "nothing but line ends": b"\r\n" * 500,
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03hush-hush",
    "the next HTTP": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the last HTTP": b"POST /v1/quote-requests\r\n\r\n",
    "HTTP of no number": b"GET / HTTP/hush-hush\r\n\r\n",
    "no host": _LINE + _TYPE + _LENGTH + b"\r\n" + _BODY,
    "two hosts": _post(b"Host: feather.example\r\n" + _LENGTH),
    "host of a sentence": b"GET /forms/default HTTP/1.1\r\nHost: hush-hush feather.example\r\n\r\n",
    "whole address": b"POST http://feather.example/v1/quote-requests HTTP/1.1\r\n" + _HOST + _LENGTH + b"\r\n" + _BODY,
    "address of a tunnel": b"CONNECT feather.example:443 HTTP/1.1\r\n" + _HOST + b"\r\n",
    "address of everything": b"OPTIONS * HTTP/1.1\r\n" + _HOST + b"\r\n",
    "address of bytes": b"GET /\xff\xfehush-hush HTTP/1.1\r\n" + _HOST + b"\r\n",
    "address with NUL": b"GET /\x00hush-hush HTTP/1.1\r\n" + _HOST + b"\r\n",
    "address without a slash": b"GET hush-hush HTTP/1.1\r\n" + _HOST + b"\r\n",
    "address of a hundred thousand letters": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + _HOST + b"\r\n",
    "method of bytes": b"\xffHUSH-HUSH /v1/leads HTTP/1.1\r\n" + _HOST + b"\r\n",
    "header of a hundred thousand letters": _post(b"X-A: " + b"a" * 100_000 + b"\r\n" + _LENGTH),
    "ten thousand headers": _post(b"X-A: hush-hush\r\n" * 10_000 + _LENGTH),
    "header of bytes": _post(b"X-A: \xff\xfehush-hush\r\n" + _LENGTH),
    "header name of bytes": _post(b"X-\xff: hush-hush\r\n" + _LENGTH),
    "header with NUL": _post(b"X-A: hush\x00-hush\r\n" + _LENGTH),
    "header without a name": _post(b": hush-hush\r\n" + _LENGTH),
    "header without a colon": _post(b"hush-hush\r\n" + _LENGTH),
    "header on two lines": _post(b"X-A: hush\r\n -hush\r\n" + _LENGTH),
    "carriage return in a header": _post(b"X-A: hush\rX-Injected: hush\r\n" + _LENGTH),
    "line feed in the request id": _post(b"X-Request-ID: abcdef0123456789\nX-Injected: hush\r\n" + _LENGTH),
    "line feeds alone": _post(_LENGTH).replace(b"\r\n", b"\n"),
    "half a head": _LINE + b"Content-Ty",
    "half a body": _post(b"Content-Length: 4000\r\n"),
    "no body at all": _post(b""),
    "body twice as long": _post(b"Content-Length: %d\r\n" % (2 * len(_BODY))),
    "body of twenty million": _post(b"Content-Length: 20000000\r\n", b"[" * 200_000),
    "length of four hundred digits": _post(b"Content-Length: " + b"9" * 400 + b"\r\n"),
    "endless chunks": _post(_CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n" + b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "chunk with a long extension": _post(_CHUNKED, b"5;" + b"a" * 60_000 + b"\r\nhello\r\n0\r\n\r\n"),
    "asks to go on": _post(b"Expect: 100-continue\r\n" + _LENGTH),
    "asks for something else": _post(b"Expect: hush-hush\r\n" + _LENGTH),
    "asks for a socket": b"GET /v1/stream HTTP/1.1\r\n" + _HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "asks for the next HTTP": _post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + _LENGTH),
}


def as_bytes(case: Case) -> bytes | None:
    """Write a case of the rest of the corpus as a request; None where its heads tell a length of their own."""
    told = {name for name, _ in case.all_headers}
    if told & {b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect"}:
        return None
    heads = [*case.all_headers, (b"content-length", b"%d" % len(case.body)), (b"connection", b"close")]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in heads)
    return case.method.encode() + b" " + case.target + b" HTTP/1.1\r\n" + lines + b"\r\n" + case.body


def requests(cases: list[Case]) -> Iterator[tuple[str, bytes]]:
    """Yield every seventh case of the rest of the corpus, by name, as bytes."""
    for case in cases[::7]:
        if written := as_bytes(case):
            yield case.name, written
