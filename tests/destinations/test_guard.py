"""What a webhook may reach."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.destinations.guard import Guard
from app.errors import InvalidRequest

PUBLIC = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "172.32.0.1", "192.0.1.1", "223.255.255.255", "2606:4700:4700::1111"]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:808:808::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


def code_of(guard: Guard, url: str) -> str:
    with pytest.raises(InvalidRequest) as refused:
        guard.check_url(url)
    (problem,) = refused.value.problems
    assert problem.pointer == "/url"
    return problem.code


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address: str) -> None:
    assert Guard().permits(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not Guard().permits(ip_address(address))


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_that_wraps_a_public_one_is_judged_by_it(address: str) -> None:
    assert Guard().permits(ip_address(address))


@given(st.ip_addresses(v=4))
def test_a_private_or_reserved_address_never_passes_in_any_wrapping(address: object) -> None:
    plain = ip_address(str(address))
    wrapped = [ip_address(f"::ffff:{address}"), ip_address(int(ip_address("64:ff9b::")) + int(plain))]
    permitted = Guard().permits(plain)
    assert [Guard().permits(one) for one in wrapped] == [permitted, permitted]
    if not plain.is_global or plain.is_multicast:
        assert not permitted


@given(st.ip_addresses(v=6))
def test_no_address_passes_that_the_standard_library_calls_private(address: object) -> None:
    plain = ip_address(str(address))
    if Guard().permits(plain):
        assert plain.is_global


def test_an_allowed_network_is_permitted_and_no_more_than_that() -> None:
    guard = Guard((ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")))
    assert guard.permits(ip_address("10.1.2.3"))
    assert guard.permits(ip_address("::ffff:10.1.2.3"))
    assert guard.permits(ip_address("fd00:1::5"))
    assert not guard.permits(ip_address("10.2.0.1"))
    assert not guard.permits(ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    ("url", "saved"),
    [
        ("https://crm.example/hook?key=1", "https://crm.example/hook?key=1"),
        ("https://crm.example", "https://crm.example/"),
        ("HTTPS://CRM.Example:443/Hook", "https://crm.example/Hook"),
        ("https://crm.example:8443/a%20b#part", "https://crm.example:8443/a%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://CRM。example/", "https://crm.example/"),
        ("https://my_crm.example/", "https://my_crm.example/"),
        ("https://1.1.1.1/hook", "https://1.1.1.1/hook"),
        ("https://[2606:4700:4700::1111]:8443/hook", "https://[2606:4700:4700::1111]:8443/hook"),
        ("https://127.0.0.1.example/", "https://127.0.0.1.example/"),
    ],
)
def test_a_good_url_is_saved_in_its_canonical_spelling(url: str, saved: str) -> None:
    assert Guard().check_url(url) == saved
    assert Guard().check_url(saved) == saved


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_literal_address_that_is_not_public_is_never_saved(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert code_of(Guard(), f"https://{host}/") in {"address-not-public", "address-not-canonical", "invalid-url"}


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("2130706433", "address-not-canonical"),
        ("0x7f.1", "address-not-canonical"),
        ("0x7f000001", "address-not-canonical"),
        ("0X7F.0.0.0X1", "address-not-canonical"),
        ("127.1", "address-not-canonical"),
        ("0", "address-not-canonical"),
        ("0x", "address-not-canonical"),
        ("017700000001", "address-not-canonical"),
        ("0177.0.0.1", "address-not-canonical"),
        ("8.8.8.010", "address-not-canonical"),
        ("1.1.1.1.1", "address-not-canonical"),
        ("256.1.1.1", "address-not-canonical"),
        ("127.0.0.1.", "address-not-canonical"),
        ("crm.example.", "address-not-canonical"),
        ("localhost.", "address-not-canonical"),
        ("１２７.0.0.1", "address-not-canonical"),
        ("8。8。8。8", "address-not-canonical"),
        ("①.1.1.1", "address-not-canonical"),
        ("[::ffff:8.8.8.8]", "address-not-canonical"),
        ("[2606:4700:4700:0::1111]", "address-not-canonical"),
        ("localhost", "address-not-public"),
        ("LOCALHOST", "address-not-public"),
        ("crm.localhost", "address-not-public"),
        ("user@crm.example", "userinfo-not-allowed"),
        ("user:word@crm.example", "userinfo-not-allowed"),
        ("crm.example@127.0.0.1", "userinfo-not-allowed"),
        ("@crm.example", "userinfo-not-allowed"),
        ("%31%32%37.0.0.1", "invalid-url"),
        ("crm%2eexample", "invalid-url"),
        ("[fe80::1%25lo]", "invalid-url"),
        ("[::1", "invalid-url"),
        ("[::1]x", "invalid-url"),
        ("[127.0.0.1]", "invalid-url"),
        ("[g::1]", "invalid-url"),
        ("", "invalid-url"),
        (":443", "invalid-url"),
        ("-crm.example", "invalid-url"),
        ("crm..example", "invalid-url"),
        ("cr m.example", "invalid-url"),
        ("crm.example\\@127.0.0.1", "invalid-url"),
        ("crm\t.example", "invalid-url"),
        ("crm.example\r\nX-Bad: 1", "invalid-url"),
        ("crm\x00.example", "invalid-url"),
        ("crm\u202e.example", "invalid-url"),
        ("crm\u00a0.example", "invalid-url"),
        ("crm.example:0", "invalid-url"),
        ("crm.example:65536", "invalid-url"),
        ("crm.example:-1", "invalid-url"),
        ("crm.example:8x", "invalid-url"),
        ("crm.example:٨٠", "invalid-url"),
        ("crm.example:443:443", "invalid-url"),
        ("a" * 64 + ".example", "invalid-url"),
        (".".join(["a" * 60] * 5), "invalid-url"),
        ("xn--ü.example", "invalid-url"),
        ("☃\ufe0f☃.\u200b", "invalid-url"),
    ],
)
def test_a_trick_of_spelling_is_refused(host: str, code: str) -> None:
    assert code_of(Guard(), f"https://{host}/hook") == code


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example/ä",
        "https://crm.example/?q=é",
        " https://crm.example/",
        "\x1bhttps://crm.example/",
        "https:///x",
    ],
)
def test_a_url_that_would_be_sent_otherwise_than_written_is_refused(url: str) -> None:
    assert code_of(Guard(), url) == "invalid-url"


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/",
        "http://1.1.1.1/",
        "ftp://crm.example/",
        "file:///etc/passwd",
        "gopher://crm.example/",
        "javascript:alert(1)",
        "//crm.example/",
        "crm.example/hook",
        "",
    ],
)
def test_only_https_is_taken(url: str) -> None:
    assert code_of(Guard(), url) == "scheme-not-allowed"


def test_http_is_taken_only_where_the_operator_allows_the_address() -> None:
    guard = Guard((ip_network("10.1.0.0/16"),))
    assert guard.check_url("http://10.1.0.9:80/hook") == "http://10.1.0.9/hook"
    assert guard.check_url("https://10.1.0.9/hook") == "https://10.1.0.9/hook"
    assert guard.check_url("http://crm.internal/hook") == "http://crm.internal/hook"
    assert code_of(guard, "http://1.1.1.1/") == "scheme-not-allowed"
    assert code_of(guard, "http://10.2.0.1/") == "address-not-public"
    assert code_of(guard, "ftp://10.1.0.9/") == "scheme-not-allowed"


def test_localhost_is_taken_where_the_operator_allows_this_machine() -> None:
    assert Guard((ip_network("127.0.0.0/8"),)).check_url("http://localhost:9000") == "http://localhost:9000/"


def test_a_refusal_does_not_repeat_the_url() -> None:
    with pytest.raises(InvalidRequest) as refused:
        Guard().check_url("https://crm.example:99999/secret-word")
    assert "secret-word" not in str(refused.value) + refused.value.problems[0].message
    assert refused.value.__cause__ is None


@given(st.text(max_size=60))
def test_whatever_is_behind_https_is_saved_stably_or_refused(text: str) -> None:
    guard = Guard()
    try:
        saved = guard.check_url(f"https://{text}")
    except InvalidRequest:
        return
    assert saved.isascii()
    assert guard.check_url(saved) == saved
