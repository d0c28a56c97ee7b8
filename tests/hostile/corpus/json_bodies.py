"""JSON that is legal and odd, JSON that is not, and things that only look like it."""

import json
from collections.abc import Iterator

from tests.hostile.corpus.case import HER, Case

_FIELDS = (
    *("name", "email", "phone", "country", "condition", "message", "language", "timezone", "relationship"),
    *("patient_age", "budget", "destination_countries", "consent", "attribution", "utm_source", "fq_key", "hobby"),
)
_VALUES: dict[str, bytes] = {
    "high surrogate": rb'"\ud800"',
    "surrogates the wrong way round": rb'"\udfff\ud800"',
    "half of an emoji": rb'"hush-hush \ud83d"',
    "escaped NUL": rb'"hush-hush\u0000"',
    "raw NUL": b'"hush-hush\x00"',
    "escape sequence of a terminal": rb'"\u001b[2Jhush-hush"',
    "C1 control": rb'"hush-hush\u0085"',
    "line separator": rb'"hush-hush\u2028x"',
    "header in the value": rb'"hush-hush\r\nBcc: quill.canary@feather.example"',
    "encoded word": b'"=?UTF-8?Q?=0A?=@feather.example"',
    "noncharacter": rb'"\uffff"',
    "bytes that are not UTF-8": b'"\xff\xfe hush-hush"',
    "overlong slash": b'"\xc0\xaf"',
    "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "bidi override": '"\u202egnp.hush-hush\u202c\u2066x\u2069"'.encode(),
    "three hundred accents on one letter": ('"a' + "\u0301" * 99 + '"').encode(),
    "letters that are not ours": '"Аurеliа Ⅳ ﬁ ½ ﷽ 𝕊 🧑‍🦽"'.encode(),
    "blanks of every kind": '"\u00a0\u2003\u3000\u200b\ufeff"'.encode(),
    "NaN": b"NaN",
    "minus infinity": b"-Infinity",
    "float that is infinite": b"1e400",
    "float that is nothing": b"1e-400",
    "integer of 64 bits and one more": b"18446744073709551617",
    "integer of 4000 digits": b"9" * 4000,
    "integer of 5000 digits": b"9" * 5000,
    "leading zero": b"007",
    "hexadecimal": b"0x1F",
    "minus zero": b"-0.0",
    "true": b"true",
    "null": b"null",
    "object": b'{"": {"": ""}}',
    "list": b'["hush-hush", ["hush-hush"]]',
    "list of nothing": b"[null, [], {}]",
    "prototype": b'{"__proto__": {"a": 1}, "constructor": 1}',
    "nested eight deep": b"[[[[[[[[1]]]]]]]]",
    "nested thirty thousand deep": b"[" * 30_000,
    "formula": b"\"=cmd|'/c calc'!A0\"",
    "markup": b'"<script>alert(1)</script>&lt;"',
    "template": b'"{{7*7}}${7*7}%s%n{0.__class__}"',
    "statement": b'"\'; DROP TABLE leads; --"',
    "path": b'"../../../../etc/passwd"',
    "sixty thousand letters": b'"' + b"a" * 60_000 + b'"',
    "six thousand letters": b'"' + b"a" * 6000 + b'"',
    "brackets": b'"' + b"(" * 5000 + b'"',
    "five thousand zeros": b'"' + b"0" * 5000 + b'"',
    "digits of another script": '"٣٤٦٩٩١١١٢٢٢"'.encode(),
    "not closed": b'"hush-hush',
}
_WHOLE: dict[str, bytes] = {
    "nothing": b"",
    "one NUL": b"\x00",
    "only a mark of byte order": b"\xef\xbb\xbf",
    "a text": b'"hush-hush"',
    "a list": b"[]",
    "null": b"null",
    "two objects": b"{} {}",
    "a comment": b"{/* hush-hush */}",
    "a comma too many": b'{"name": "hush-hush",}',
    "single quotes": b"{'name': 'hush-hush'}",
    "UTF-16": json.dumps(HER).encode("utf-16"),
    "UTF-32": json.dumps(HER).encode("utf-32"),
    "UTF-7": b"{+ACI-name+ACI-: +ACI-hush-hush+ACI-}",
    "compressed": b"\x1f\x8b\x08\x00hush-hush",
    "half of it": json.dumps(HER).encode()[:-9],
    "more behind it": json.dumps(HER).encode() + b"hush-hush",
    "same key twice": json.dumps(HER).encode()[:-1] + b', "name": "Hush Hush"}',
    "same key spelled in two ways": json.dumps(HER).encode()[:-1] + rb', "n\u0061me": "Hush Hush"}',
    "same key twice inside": b'{"consent": {"privacy": false, "privacy": true}}',
    "ten thousand fields": b"{" + b",".join(b'"k%d":1' % number for number in range(6000)) + b"}",
    "name of a field with NUL": json.dumps(HER).encode()[:-1] + rb', "a\u0000b": "x"}',
    "name of a field of half a character": json.dumps(HER).encode()[:-1] + rb', "\ud800": "x"}',
    "empty name of a field": json.dumps(HER).encode()[:-1] + b', "": "x"}',
    "name of a field of a thousand letters": json.dumps(HER).encode()[:-1] + b', "%s": 1}' % (b"k" * 1000),
    "fifty-one answers": json.dumps({**HER, **{f"k{number}": 1 for number in range(51)}}).encode(),
    "answers too long": json.dumps({**HER, "hobby": "é" * 5000}).encode(),
}


def cases() -> Iterator[Case]:
    """Yield every field with every value, and bodies that are wrong as a whole."""
    for name, value in _VALUES.items():
        for field in _FIELDS:
            yield from _changed(f"{name} in {field}", field, value)
    for name, body in _WHOLE.items():
        yield Case(f"JSON: {name}", body, is_refused=True)
    yield Case("JSON: mark of byte order", b"\xef\xbb\xbf" + json.dumps(HER).encode(), is_refused=False, kept=HER)


def _changed(name: str, field: str, value: bytes) -> Iterator[Case]:
    rest = json.dumps({known: told for known, told in HER.items() if known != field}).encode()
    body = rest[:-1] + b', "%s": %s}' % (field.encode(), value)
    try:
        kept = json.loads(body)
    except (ValueError, RecursionError):
        yield Case(f"JSON: {name}", body, is_refused=True)
        return
    yield Case(f"JSON: {name}", body, kept=kept, is_refused=False if value == _PLAIN.get(field) else None)


_PLAIN = {"message": _VALUES["letters that are not ours"], "name": _VALUES["bidi override"]}
"""Odd, but somebody's words all the same: these must be taken."""
