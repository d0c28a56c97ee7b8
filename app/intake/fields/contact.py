"""E-mail addresses and phone numbers, as people of any country write them."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from app.intake.fields.numbering import read_plain
from app.intake.fields.rules import LONGEST_EMAIL

# Nearly every address is one of these; the library takes twenty times as long to say so.
_PLAIN_ADDRESS = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
# An encoded word can carry a line end into a header; commas and angle brackets make two addresses of one.
_NEVER_IN_AN_ADDRESS = re.compile(r"=\?|[,;<>()\\\"\s]")
# What phones and right-to-left pages put around a number or an address that is copied from them.
_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_WITHOUT_INVISIBLE = str.maketrans("", "", _INVISIBLE)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may exist (`possible`); `valid` says whether its range is known to be in use."""

    e164: str
    valid: bool


def trim_email(text: str) -> str:
    """Return an address without the invisible marks that copying puts around it."""
    return text.strip(_INVISIBLE + " ")


def normalise_email(text: str) -> str | None:
    """Return an address as it is compared: in small letters, its domain in ASCII; None if it is no address."""
    if len(text) > LONGEST_EMAIL or _NEVER_IN_AN_ADDRESS.search(text):
        return None
    if "xn--" not in text.lower() and _PLAIN_ADDRESS.fullmatch(text):
        return text.lower()
    try:
        # Nothing is asked of the network, and a test system's `.test` is as good a domain as any.
        parts = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return None
    if not parts.ascii_domain or "." not in parts.ascii_domain:
        return None
    return f"{unicodedata.normalize('NFC', parts.local_part.casefold())}@{parts.ascii_domain.lower()}"


def parse_phone(text: str, country: str | None) -> Phone | None:
    """Return a possible number, read as somebody in `country` would dial it; None if it is none."""
    digits = _plain_digits(text.translate(_WITHOUT_INVISIBLE))
    if plain := read_plain(digits):
        return Phone(*plain)
    number = _possible(digits, country)
    if number is not None:
        return Phone(_e164(number), phonenumbers.is_valid_number(number))
    if digits.startswith("+"):
        return None
    # Many leave out the plus. Without its help only a number that is surely one is taken.
    number = _possible(f"+{digits}", None)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return Phone(_e164(number), valid=True)


def _plain_digits(text: str) -> str:
    """Write digits of any script as 0-9, and `00` at the start, in brackets or not, as `+`."""
    plain = text
    if not text.isascii():
        plain = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)
    start = plain.lstrip(" (")
    return f"+{start[2:].lstrip()}" if start.startswith("00") else plain


def _possible(text: str, country: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if possible else None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
