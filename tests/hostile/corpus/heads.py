"""Headers, addresses and methods that no browser sends."""

import json
from collections.abc import Iterator

from tests.hostile.corpus.case import DOOR, HER, Case

_BODY = json.dumps(HER).encode()
_UNFIT = json.dumps({**HER, "country": "hush-hush"}).encode()
_READ = {b"idempotency-key", b"origin", b"sec-fetch-site", b"accept-language", b"x-forwarded-for"}
_ODD_VALUES = (
    b"", b"\xff\xfe\xfd", "hush-hush é 李".encode(), b"a" * 8000, b"," * 4000, b";" * 4000, b'"' * 3999,
    b"hush-hush\tquill.canary@feather.example", b"%0d%0aX-Injected:%20hush-hush", b"a,b;q=0.5,c;q=9e9,d;q=NaN,e;q=-1",
    b"null", b"-1", b"9" * 400, b"\xd9\xa3\xd9\xa4", b"=?UTF-8?Q?=0Ahush-hush?=",
)  # fmt: skip
_HEADERS = (
    b"idempotency-key", b"origin", b"sec-fetch-site", b"accept", b"accept-language", b"accept-encoding",
    b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded", b"x-request-id", b"authorization",
    b"cookie", b"referer", b"user-agent", b"content-encoding", b"content-length", b"transfer-encoding", b"expect",
    b"range", b"if-match", b"if-none-match", b"te", b"upgrade", b"connection",
    b"x-http-method-override", b"traceparent",
)  # fmt: skip
_TYPES = (
    b"", b";", b"/", b"application", b"text/plain", b"application/xml", b"application/jsonp", b"application/json-seq",
    b"application/json\x00", b"\xff", "application/jsonп".encode(), b"*/*", b"application/*", b"text/html",
    b"application/octet-stream", b"application/problem+json", b"application/json, text/plain", b"j" * 8000,
)  # fmt: skip
_TARGETS = (
    b"//v1/quote-requests", b"/v1//quote-requests", b"/v1/quote-requests/", b"/v1/./quote-requests",
    b"/v1/../v1/quote-requests", b"/V1/Quote-Requests", b"/v1/quote-requests%00", b"/v1/quote-requests%2f",
    b"/v1%2fquote-requests/x", b"/v1/quote-requests;hush-hush=1", b"/v1/quote-requests\\", b"/%2e%2e/%2e%2e/etc/passwd",
    b"/..%252f..%252fetc/passwd", b"/%ff%fe", b"/%ed%a0%80", b"/%E2%80%AE", b"/" + b"a" * 8000, b"/" + b"a/" * 2000,
    b"/%0d%0aX-Injected:%20hush-hush", b"/static/..%2f..%2fsettings.py", b"/static/pages.%2e%2e.css", b"/*",
    b"/forms/%00", b"/forms/..%2f..%2f", b"/forms/default/thanks/hush-hush", b"/problems/%00", b"/problems/hush-hush",
    b"/.git/config", b"/v1/leads/%00hush-hush", b"/v1/leads/hush-hush", b"/v1/deliveries/hush-hush",
    b"/v1/destinations/hush-hush", b"/v1/keys/hush-hush", b"/v1/forms/%ff/settings", b"/v1/forms/hush-hush",
)  # fmt: skip
_QUERIES = (
    b"", b"form=%00", b"form=%ff", b"form=hush-hush", b"form=default&form=hush-hush", b"form[]=default", b"form",
    b"=", b"&&&", b"%", b"%zz=%zz", b"cursor=hush-hush", b"limit=-1", b"limit=" + b"9" * 3000, b"limit=NaN",
    b"limit=%d9%a3", b"cursor=" + b"A" * 4000, b"cursor=WzEsMl0", b"cursor=bnVsbA", b"state=hush-hush", b"form=" * 900,
    b"lang=%00", b"lang=" + b"a-" * 900, b"reference=%3Cscript%3E", b"reference=" + b"F" * 4000, b"held=maybe",
    b"received_from=9999-12-31T23:59:59-14:00", b"received_from=0001-01-01T00:00:00%2B14:00", b"lead=%00",
)  # fmt: skip
_ASKED = (
    b"/v1/quote-requests",
    b"/v1/leads",
    b"/v1/deliveries",
    b"/v1/forms",
    b"/forms/default",
    b"/forms/default/thanks",
)
_METHODS = ("TRACE", "TRACK", "CONNECT", "post", "Get", "PRI", "PROPFIND", "HUSH-HUSH", "P" * 500, "HEAD", "OPTIONS")
_CORS_ASKS = (
    (b"access-control-request-method", b"DELETE"), (b"access-control-request-method", b"hush-hush"),
    (b"access-control-request-headers", b"authorization, hush-hush"), (b"access-control-request-headers", b"," * 4000),
    (b"access-control-request-private-network", b"true"),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield a request that keeps every rule, under heads that keep none."""
    for header in _HEADERS:
        # Only what the door itself reads is worth a lead each time.
        body = _BODY if header in _READ else _UNFIT
        for value in _ODD_VALUES:
            yield Case(f"{header.decode()}: {value[:40]!r}", body, headers=((header, value),))
        twice = ((header, b"hush-hush-1"), (header, b"hush-hush-2"))
        yield Case(f"{header.decode()} twice", _BODY, headers=twice)
    for content_type in _TYPES:
        yield Case(f"as {content_type[:40]!r}", _BODY, content_type, is_refused=True)
    yield Case("as nothing", _BODY, None, is_refused=True)
    for target in _TARGETS:
        yield Case(f"POST {target[:50]!r}", _BODY, target=target, is_refused=True)
        yield Case(f"GET {target[:50]!r}", method="GET", target=target)
    for path in _ASKED:
        for query in _QUERIES:
            yield Case(f"GET {path.decode()}?{query[:40]!r}", method="GET", target=path + b"?" + query)
    for query in _QUERIES:
        yield Case(f"POST ?{query[:40]!r}", _BODY, target=DOOR + b"?" + query)
    for method in _METHODS:
        yield Case(f"{method[:20]} the door", _BODY, method=method)
    for ask in _CORS_ASKS:
        yield Case(
            f"preflight {ask[1][:30]!r}", method="OPTIONS", headers=((b"origin", b"https://feather.example"), ask)
        )
