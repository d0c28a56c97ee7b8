"""Bytes become submissions."""

import pytest

from app.errors import InvalidRequest
from app.intake.body import UnsupportedMediaType, read_body

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "multipart/form-data; boundary=edge"


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """Write parts, each with the lines of its head and its content."""
    written = b"".join(b"--edge\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return written + b"--edge--\r\n"


def field(name: str, content: bytes, more: str = "") -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"{more}', content


def codes(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    """Return pointer and code of every problem, of the body or of its fields."""
    try:
        problems = read_body(content_type, raw).problems
    except InvalidRequest as error:
        problems = error.problems
    return [(problem.pointer, problem.code) for problem in problems]


def test_a_json_body_is_its_fields() -> None:
    submission = read_body("application/json; charset=utf-8", '\ufeff{"name": "李小龙", "n": [1.5, null]}'.encode())
    assert (submission.encoding, submission.fields) == ("json", {"name": "李小龙", "n": [1.5, None]})
    assert submission.typed == {}


def test_a_form_takes_the_shape_of_json() -> None:
    raw = (
        b"name=M%C3%BCller-%C5%81ukasiewicz&consent.privacy=on&consent_health_data=1&consent.sharing=Clinic+A"
        b"&consent.sharing=Clinic+B&budget_amount=1500&budget_currency=EUR&destination_countries=ES,TR"
        b"&destination_countries=DE&attribution.gclid=x&utm_source=y&consent_number=7&hobby=chess&hobby=go&email="
    )
    submission = read_body(FORM, raw)
    assert submission.encoding == "form"
    assert submission.fields == {
        "name": "Müller-Łukasiewicz",
        "consent": {"privacy": "on", "health_data": "1", "sharing": ["Clinic A", "Clinic B"]},
        "budget": {"amount": "1500", "currency": "EUR"},
        "destination_countries": ["ES,TR", "DE"],
        "attribution": {"gclid": "x"},
        "utm_source": "y",
        "consent_number": "7",
        "hobby": ["chess", "go"],
    }
    assert submission.typed["budget_amount"] == ["1500"]
    assert submission.typed["hobby"] == ["chess", "go"]
    assert submission.typed["email"] == [""]


def test_multipart_text_fields_are_read_like_a_form() -> None:
    raw = multipart(field("name", "李小龙".encode()), field("consent.privacy", b"yes"), field("message", b"a\r\nb"))
    submission = read_body(BOUNDARY, raw)
    assert submission.encoding == "multipart"
    assert submission.fields == {"name": "李小龙", "consent": {"privacy": "yes"}, "message": "a\nb"}
    assert submission.typed == {"name": ["李小龙"], "consent.privacy": ["yes"], "message": ["a\nb"]}


def test_line_ends_are_the_same_in_every_encoding() -> None:
    as_json = read_body("application/json", rb'{"message": "a\r\nb\rc\nd"}').fields
    as_form = read_body(FORM, b"message=a%0D%0Ab%0Dc%0Ad").fields
    as_multipart = read_body(BOUNDARY, multipart(field("message", b"a\r\nb\rc\nd"))).fields
    assert as_json == as_form == as_multipart == {"message": "a\nb\nc\nd"}


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        (f"{FORM}; charset=iso-8859-1", b"name=M%FCller"),
        (f'{FORM}; charset="windows-1252"', b"name=M\xfcller"),
        (FORM, b"name=M%FCller&_charset_=windows-1252"),
        (f"{BOUNDARY}; charset=ISO-8859-15", multipart(field("name", b"M\xfcller"))),
        (BOUNDARY, multipart(field("_charset_", b"iso-8859-1"), field("name", b"M\xfcller"))),
        (BOUNDARY, multipart(field("name", b"M\xfcller", "\r\nContent-Type: text/plain; charset=iso-8859-2"))),
    ],
)
def test_the_declared_charset_is_honoured(content_type: str, raw: bytes) -> None:
    assert read_body(content_type, raw).fields == {"name": "Müller"}


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-1251", "Мария"),
        ("koi8-r", "Мария"),
        ("windows-1256", "فاطمة"),
        ("shift_jis", "高橋①"),
        ("euc-jp", "高橋"),
        ("gbk", "李小龙"),
        ("big5", "李小龍"),
        ("euc-kr", "김민준"),
        ("iso-8859-9", "Şükrü"),
    ],
)
def test_the_charsets_of_old_sites_are_known(charset: str, text: str) -> None:
    codec = {"shift_jis": "cp932"}.get(charset, charset)
    raw = multipart(field("name", text.encode(codec)))
    assert read_body(f"{BOUNDARY}; charset={charset}", raw).fields == {"name": text}


@pytest.mark.parametrize(
    "charset", ["utf-7", "utf-16", "iso-2022-jp", "rot13", "idna", "zip", "punycode", "", "\x00", "x" * 999]
)
def test_charsets_that_hide_ascii_and_codecs_that_are_none_are_refused(charset: str) -> None:
    told = charset or "nonsense"
    assert codes(f"{FORM}; charset={told}", b"name=Ana") == [("", "unsupported-charset")]


def test_text_that_is_not_in_its_charset_is_a_problem_of_its_field_and_never_replaced() -> None:
    submission = read_body(FORM, b"name=M%FCller&budget_amount=%FF&email=ana%40mail.example")
    assert [(p.pointer, p.code) for p in submission.problems] == [
        ("/name", "invalid-encoding"),
        ("/budget/amount", "invalid-encoding"),
    ]
    assert submission.fields == {"email": "ana@mail.example"}
    assert submission.typed["email"] == ["ana@mail.example"]


def test_a_file_is_not_accepted_but_an_empty_file_field_is_nothing() -> None:
    chosen = field("scan", b"%PDF", '; filename="scan.pdf"\r\nContent-Type: application/pdf')
    empty = field("scan", b"", '; filename=""\r\nContent-Type: application/octet-stream')
    assert codes(BOUNDARY, multipart(chosen)) == [("/scan", "file-not-accepted")]
    assert read_body(BOUNDARY, multipart(empty, field("name", b"Ana"))).fields == {"name": "Ana"}


def test_a_field_sent_twice_with_two_contents_is_a_problem_and_the_same_content_is_none() -> None:
    assert codes(FORM, b"email=a%40mail.example&email=b%40mail.example") == [("/email", "duplicate-field")]
    assert codes(FORM, b"name=Ana&name=Ana&email=&email=a") == []


def test_a_hidden_no_before_a_checkbox_gives_way_to_the_tick() -> None:
    assert read_body(FORM, b"consent.privacy=off&consent.privacy=on").fields == {"consent": {"privacy": "on"}}


def test_where_a_visitor_came_from_may_be_told_twice() -> None:
    submission = read_body(FORM, b"utm_source=a&utm_source=b&attribution.gclid=c&attribution_gclid=d&fq_key=1&fq_key=2")
    assert submission.fields == {"utm_source": "a", "attribution": {"gclid": "c"}, "fq_key": "1"}
    assert submission.problems == []


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid-json"),
        (b"{", "invalid-json"),
        (b"[]", "invalid-json"),
        (b'"name"', "invalid-json"),
        (b"null", "invalid-json"),
        (b'{"a": NaN}', "invalid-json"),
        (b'{"a": -Infinity}', "invalid-json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "invalid-json"),
        (b'{"a": "\x01"}', "invalid-json"),
        (b'{"name": "M\xfcller"}', "invalid-encoding"),
        ('{"name": "Ana"}'.encode("utf-16"), "invalid-encoding"),
        (b'{"a": 1, "a": 2}', "duplicate-field"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate-field"),
        (b'{"a":' * 6 + b"[]" + b"}" * 6, "too-deep"),
        (b'{"a":' + b"[" * 60_000, "too-deep"),
        (b'{"\\ud800": 1}', "invalid-encoding"),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(201)) + b"}", "too-many-fields"),
        (b'{"a":[' + b",".join([b"1"] * 200) + b"]}", "too-many-fields"),
    ],
)
def test_json_that_cannot_be_kept_is_refused(raw: bytes, code: str) -> None:
    assert codes("application/json", raw) == [("", code)]


def test_half_a_character_or_an_endless_number_is_named_by_its_place() -> None:
    assert codes("application/json", rb'{"a": {"b/c": ["x", "\ud83d"]}}') == [("/a/b~1c/1", "invalid-encoding")]
    assert codes("application/json", b'{"a": 1e999}') == [("/a", "number-out-of-range")]


def test_json_of_six_levels_and_two_hundred_fields_is_read() -> None:
    assert read_body("application/json", b'{"a":' * 6 + b"1" + b"}" * 6).fields
    assert len(read_body("application/json", b"{" + b",".join(b'"k%d":1' % n for n in range(200)) + b"}").fields) == 200


@pytest.mark.parametrize("raw", [b"name=%", b"name=%4", b"name=%zz", b"%u0041=1"])
def test_a_broken_escape_is_refused(raw: bytes) -> None:
    assert codes(FORM, raw) == [("", "invalid-encoding")]


@pytest.mark.parametrize("raw", [b"&".join([b"a=1"] * 10_000), b"&" * 10_000])
def test_a_form_of_ten_thousand_fields_is_refused(raw: bytes) -> None:
    assert codes(FORM, raw) == [("", "too-many-fields")]


def test_a_multipart_body_of_ten_thousand_fields_is_refused() -> None:
    assert codes(BOUNDARY, multipart(*[field("a", b"1")] * 10_000)) == [("", "too-many-fields")]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"name=Ana",
        multipart(field("name", b"Ana"))[:-5],
        multipart(field("name", b"Ana"))[:30],
        b"--other\r\n\r\n--other--\r\n",
        multipart(("Content-Type: text/plain", b"Ana")),
        multipart(field("name", b"QW5h", "\r\nContent-Transfer-Encoding: base64")),
        multipart(("X: " + "y" * 20_000, b"")),
        multipart(("\r\n".join(f"X{n}: y" for n in range(200)), b"")),
    ],
)
def test_a_broken_multipart_body_is_refused(raw: bytes) -> None:
    assert codes(BOUNDARY, raw) == [("", "invalid-multipart")]


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "x" * 5000])
def test_a_multipart_body_without_a_usable_boundary_is_refused(boundary: str) -> None:
    assert codes(f"multipart/form-data{boundary}", multipart(field("name", b"Ana"))) == [("", "invalid-multipart")]


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/xml", "json", "application/json+x", ";", "application/jsonп", "\ud800;a=b"],
)
def test_any_other_encoding_is_not_supported(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        read_body(content_type, b"{}")
