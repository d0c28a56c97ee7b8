"""Addresses that near a header."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from app.deliveries.letters import lead_letter
from app.deliveries.mailboxes import read_sender
from app.deliveries.writing import Posting
from app.destinations.shapes import Include
from app.errors import Refusal


def letter(
    enquirer: object = None, *, sender: str = "Freequote <a@clinic.example>", recipient: str = "quotes@clinic.example"
) -> EmailMessage:
    """Write a letter, send it through bytes as a mail server would, and read it again."""
    data = {"id": "1", "reference": "FQ-7K3M9-QXD4H", "person": {"name": "Ona Vidal", "email": enquirer}}
    made = lead_letter(
        {"type": "lead.created", "timestamp": "2026-11-23T10:00:00Z", "data": data},
        Posting(sender, recipient, "<0199a0b0@clinic.example>", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        include=Include.CONTACT,
    )
    return message_from_bytes(made.as_bytes(), policy=policy.default)


@pytest.mark.parametrize(
    "address",
    [
        "=?UTF-8?Q?=0A?=@mail.example",
        "=?UTF-8?Q?ona=0ABcc:_all?=@mail.example",
        "ona@=?UTF-8?Q?=0A?=.example",
        "ona@mail.example\nBcc: all@mail.example",
        "ona@mail.example\r\n\r\nbody",
        "ona@mail.example, other@mail.example",
        "ona@mail.example,other@mail.example",
        "ona@mail.example;other@mail.example",
        "ona@other@mail.example",
        "Ona <ona@mail.example>",
        "<ona@mail.example>",
        '"ona\\" x"@mail.example',
        "group:ona@mail.example;",
        "ona(comment)@mail.example",
        "ona\x00@mail.example",
        "ona\u2028@mail.example",
        "on a@mail.example",
        ".ona@mail.example",
        "o..na@mail.example",
        "a" * 65 + "@mail.example",
        "ona@[127.0.0.1]",
        "ona@mail_.example ",
        "ona@",
        "@mail.example",
        "ona",
        "",
        "jürgen@mail.example",
        None,
        17,
        ["ona@mail.example"],
    ],
)
def test_an_address_that_is_not_single_and_clean_never_nears_a_header(address: object) -> None:
    message = letter(address)
    assert message["Reply-To"] is None
    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Language",
        "X-Auto-Response-Suppress",
        "MIME-Version",
        "Content-Type",
    }


@pytest.mark.parametrize(
    ("address", "header"),
    [
        ("ona@mail.example", "ona@mail.example"),
        ("o'na+quote=1@mail.example", "o'na+quote=1@mail.example"),
        ("ona@bücher.example", "ona@xn--bcher-kva.example"),
        ("a" * 64 + "@" + "b" * 60 + "." + "c" * 60 + ".example", None),
    ],
)
def test_a_clean_address_is_one_to_reply_to(address: str, header: str | None) -> None:
    message = letter(address)
    (found,) = message["Reply-To"].addresses
    assert found.addr_spec == (header or address)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Freequote <quotes@clinic.example>", "Freequote", "quotes@clinic.example"),
        ('"Clinic, Inc" <quotes@clinic.example>', "Clinic, Inc", "quotes@clinic.example"),
        ("Clínica Ñ <quotes@clinic.example>", "Clínica Ñ", "quotes@clinic.example"),
        ("quotes@clinic.example", "", "quotes@clinic.example"),
        ("<quotes@bücher.example>", "", "quotes@xn--bcher-kva.example"),
    ],
)
def test_the_operators_sender_is_read_with_or_without_a_name(text: str, name: str, address: str) -> None:
    read = read_sender(text)
    assert (read.display_name, read.addr_spec) == (name, address)
    assert letter(sender=text)["From"].addresses[0] == read


@pytest.mark.parametrize(
    "sender", ["", "Freequote", "a@b.example, c@d.example", "X\nY <a@b.example>", "=?x?= <a@b.example>", "ü@b.example"]
)
def test_a_sender_that_is_no_address_is_refused_with_what_to_do(sender: str) -> None:
    with pytest.raises(Refusal, match="FREEQUOTE_MAIL_FROM"):
        letter(sender=sender)


@pytest.mark.parametrize("recipient", ["", "quotes", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example"])
def test_a_recipient_that_is_no_address_is_refused(recipient: str) -> None:
    with pytest.raises(ValueError, match="not a single e-mail address"):
        letter(recipient=recipient)
