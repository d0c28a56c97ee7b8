"""Passwords that will do and that will not, and codes as the standard has them."""

from datetime import UTC, datetime

import pytest

from app.access.passwords import Passwords, check_password
from app.access.totp import code_at, matching_step, step_of
from app.errors import InvalidRequest

OWN = ("ines.ortega@clinic.example", "Inés Ortega")
COMMON = [
    *("Password1234", "passwordpassword", "P@ssw0rd2024!!", "Welcome-2026-!", "qwertyuiop12", "QWERTZUIOP!!"),
    *("123456789012", "aaaaaaaaaaaa", "abcdefghijkl", "lkjhgfdsa987", "Sunshine#2026", "summer-winter-2026"),
    *("Ines.Ortega.2026", "clinic-admin-123", "freequote2026!", "              ", "!!!!!!!!!!!!"),
]
GOOD = [
    *("correct horse battery staple", "lavendel trompete gabel", "x7$kQ2!pL9@zw", "мокрая берёза стоит"),
    *("中文密码很安全的一个密码啊", "Tr0mbone+quilt", "vier kleine igel 99"),
]
# RFC 6238, appendix B, the last six digits.
RFC_6238 = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]
SECRET = b"12345678901234567890"


@pytest.mark.parametrize("password", [*COMMON, "short", "elevenchars"])
def test_what_others_guess_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_password(password, "/password", *OWN)
    assert password not in str(refused.value.problems)


@pytest.mark.parametrize("password", GOOD)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    check_password(password, "/password", *OWN)


async def test_a_password_fits_however_its_letters_are_composed() -> None:
    passwords = Passwords()
    kept = await passwords.hash("caf\u00e9 trompete gabel")
    assert kept != await passwords.hash("caf\u00e9 trompete gabel"), "each has its own salt"
    assert await passwords.fits("cafe\u0301 trompete gabel", kept)
    assert not await passwords.fits("cafe trompete gabel", kept)
    assert not await passwords.fits("", None)


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SECRET, step_of(moment)) == code
    assert matching_step(SECRET, code, moment) == seconds // 30


def test_a_code_of_the_step_before_or_after_counts_and_no_other() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    found = [matching_step(SECRET, code_at(SECRET, step_of(now) + off), now) for off in range(-3, 4)]
    at = step_of(now)
    assert found == [None, None, at - 1, at, at + 1, None, None]
