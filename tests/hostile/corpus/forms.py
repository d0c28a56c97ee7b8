"""Form-encoded and multipart bodies: what browsers never write, and what some of them do."""

from collections.abc import Iterator
from urllib.parse import urlencode

from tests.hostile.corpus.case import FORM, HER, HERS_FLAT, MULTIPART, NAME, Case

_HERS = urlencode(HERS_FLAT).encode()
_END = b"--edge--\r\n"


def _part(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    return b'--edge\r\nContent-Disposition: form-data; name="' + name + b'"' + more + b"\r\n\r\n" + value + b"\r\n"


_PARTS = b"".join(_part(name.encode(), value.encode()) for name, value in HERS_FLAT.items())
_REFUSED_FORMS: dict[str, bytes] = {
    "nothing": b"",
    "only marks": b"&&&===",
    "escape without digits": _HERS + b"&hobby=%",
    "escape with one digit": _HERS + b"&hobby=%4",
    "escape of no digits": _HERS + b"&hobby=%zz",
    "escape of a script": _HERS + b"&hobby=%u0041",
    "NUL": _HERS + b"&hobby=%00",
    "raw NUL": _HERS + b"&hobby=\x00",
    "NUL in a name": _HERS + b"&ho%00bby=x",
    "bytes that are not UTF-8": _HERS + b"&hobby=M%FCller",
    "raw bytes that are not UTF-8": _HERS + b"&hobby=\xff\xfe",
    "name that is not UTF-8": _HERS + b"&%FF=x",
    "surrogate": _HERS + b"&hobby=%ED%A0%80",
    "overlong slash": _HERS + b"&hobby=%C0%AF",
    "charset that hides ASCII": _HERS + b"&_charset_=utf-7",
    "charset that is none": _HERS + b"&_charset_=hush-hush",
    "two names": _HERS + b"&name=Somebody+Else",
    "two numbers": _HERS + b"&phone=%2B34600000000",
    "ten thousand fields": b"&".join(b"k%d=1" % number for number in range(6000)),
    "ten thousand of one field": b"&".join([b"hobby=1"] * 6000),
    "group and its members": _HERS + b"&consent=hush-hush",
    "budget that is no object": _HERS + b"&budget=hush-hush&budget.amount=1&budget.currency=EUR",
    "line end in a line": _HERS.replace(b"Canarybird", b"Canarybird%0D%0ABcc%3A+x"),
    "JSON": b'{"name": "hush-hush"}',
}
_TAKEN_FORMS: dict[str, tuple[bytes, dict[str, str]]] = {
    "plus and escaped plus": (b"&hobby=a+b%2Bc", {"hobby": "a b+c"}),
    "semicolon": (b"&hobby=a;b=c", {"hobby": "a;b=c"}),
    "brackets": (b"&a[b][]=1&a%5Bc%5D=2", {"a[b][]": "1", "a[c]": "2"}),
    "equals signs": (b"&hobby===a==", {"hobby": "==a=="}),
    "escaped twice": (b"&hobby=%2541", {"hobby": "%41"}),
    "entity": (b"&hobby=%26eacute%3B+%26%238238%3B", {"hobby": "&eacute; &#8238;"}),
    "small digits of an escape": (b"&hobby=%c3%a9", {"hobby": "é"}),
    "raw UTF-8": ("&hobby=é".encode(), {"hobby": "é"}),
    "bidi override": (b"&hobby=%E2%80%AEabc", {"hobby": "\u202eabc"}),
    "same name twice": (b"&name=Quillfeather+Canarybird", {}),
    "prototype": (b"&__proto__[a]=1&constructor=2", {"__proto__[a]": "1", "constructor": "2"}),
    "carriage return alone": (b"&hobby=a%0Db", {"hobby": "a\nb"}),
}
_REFUSED_PARTS: dict[str, bytes] = {
    "nothing": b"",
    "no parts": _END,
    "not ended": _PARTS,
    "ended in the middle": (_PARTS + _END)[:-40],
    "another edge": (_PARTS + _END).replace(b"edge", b"other"),
    "line feeds alone": (_PARTS + _END).replace(b"\r\n", b"\n"),
    "no name": _PARTS + b"--edge\r\nContent-Disposition: form-data\r\n\r\nhush-hush\r\n" + _END,
    "no disposition": _PARTS + b"--edge\r\nContent-Type: text/plain\r\n\r\nhush-hush\r\n" + _END,
    "no head": _PARTS + b"--edge\r\n\r\nhush-hush\r\n" + _END,
    "head without colon": _PARTS + b"--edge\r\nhush-hush\r\n\r\nx\r\n" + _END,
    "head of twenty thousand letters": _PARTS + _part(b"hobby", b"x", b"\r\nX-A: " + b"y" * 20_000) + _END,
    "two hundred heads": _PARTS + _part(b"hobby", b"x", b"\r\nX-A: y" * 200) + _END,
    "file": _PARTS + _part(b"scan", b"%PDF hush-hush", b'; filename="hush-hush.pdf"') + _END,
    "file with a path": _PARTS + _part(b"scan", b"x", b'; filename="../../hush-hush\x00.sh"') + _END,
    "file in an extended parameter": _PARTS + _part(b"scan", b"x", b"; filename*=UTF-8''hush-hush.pdf") + _END,
    "base64": _PARTS + _part(b"hobby", b"aHVzaC1odXNo", b"\r\nContent-Transfer-Encoding: base64") + _END,
    "quoted-printable": _PARTS + _part(b"hobby", b"=E9", b"\r\nContent-Transfer-Encoding: quoted-printable") + _END,
    "binary": _PARTS + _part(b"hobby", bytes(range(256))) + _END,
    "bytes that are not UTF-8": _PARTS + _part(b"hobby", b"M\xfcller") + _END,
    "charset of a part that is none": _PARTS + _part(b"hobby", b"x", b"\r\nContent-Type: text/plain; charset=x") + _END,
    "charset of a part that hides ASCII": (
        _PARTS + _part(b"hobby", b"+AGE-", b"\r\nContent-Type: text/plain; charset=utf-7") + _END
    ),
    "name of bytes": _PARTS + _part(b"\xff\xfe", b"x") + _END,
    "name with a line end": _PARTS + _part(b"ho\r\nbby", b"x") + _END,
    "name with NUL": _PARTS + _part(b"ho\x00bby", b"x") + _END,
    "ten thousand parts": _part(b"k", b"1") * 900 + _END,
    "edge in the content": _PARTS + _part(b"hobby", b"a\r\n--edge\r\nb") + _END,
    "two names": _PARTS + _part(b"name", b"Somebody Else") + _END,
}
_TAKEN_PARTS: dict[str, tuple[bytes, dict[str, str]]] = {
    "charset of its own": (_part(b"hobby", b"M\xfcller", b"\r\nContent-Type: text/plain; charset=latin1"),
                           {"hobby": "Müller"}),
    "empty file": (_part(b"scan", b"", b'; filename=""\r\nContent-Type: application/octet-stream'), {}),
    "nearly the edge": (_part(b"hobby", b"a\r\n--edg\r\n-edge--"), {"hobby": "a\n--edg\n-edge--"}),
    "nested multipart": (
        _part(b"hobby", b"--in\r\n\r\nx\r\n--in--", b"\r\nContent-Type: multipart/mixed; boundary=in"),
        {"hobby": "--in\n\nx\n--in--"},
    ),
    "escape in the content": (_part(b"hobby", b"%41+%2B"), {"hobby": "%41+%2B"}),
    "line ends in the content": (_part(b"hobby", b"\r\na\r\n\r\n"), {"hobby": "\na\n\n"}),
    "small letters in the head": (_part(b"hobby", b"x").replace(b"Content-Disposition", b"content-DISPOSITION"),
                                  {"hobby": "x"}),
}  # fmt: skip
_BAD_TYPES = (
    b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data; boundary=" + b"e" * 5000,
    b"multipart/form-data; boundary=\xff", b"multipart/mixed; boundary=edge", b"multipart/form-data; boundary=\x00",
    b"multipart/form-data; boundary=edge; charset=utf-16", b"multipart/form-data;boundary*=UTF-8''edge2",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield bodies of both kinds, those that must be refused and those that must be taken as they are."""
    for name, body in _REFUSED_FORMS.items():
        yield Case(f"form: {name}", body, FORM, is_refused=True)
    for name, (more, kept) in _TAKEN_FORMS.items():
        yield Case(f"form: {name}", _HERS + more, FORM, is_refused=False, kept={**HER, **kept})
    for name, body in _REFUSED_PARTS.items():
        yield Case(f"multipart: {name}", body, MULTIPART, is_refused=True)
    for name, (more, kept) in _TAKEN_PARTS.items():
        yield Case(f"multipart: {name}", _PARTS + more + _END, MULTIPART, is_refused=False, kept={**HER, **kept})
    for content_type in _BAD_TYPES:
        yield Case(f"multipart as {content_type[:60]!r}", _PARTS + _END, content_type, is_refused=True)
    latin = urlencode({**HERS_FLAT, "hobby": "Müller"}, encoding="latin-1").encode()
    yield Case("form: latin letters", latin, FORM + b"; charset=latin1", is_refused=False, kept={"hobby": "Müller"})
    yield Case("form: name in the query", _HERS, FORM, target=b"/v1/quote-requests?name=x", kept={"name": NAME})
