"""The mail server's URL."""

import pytest

from app.deliveries.mail import SmtpChannel
from app.deliveries.smtp_server import SmtpServer
from app.errors import Refusal


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, tls=False, starttls=True)),
        ("smtp://mail.example:2525/", SmtpServer("mail.example", 2525, tls=False, starttls=True)),
        ("smtps://mail.example", SmtpServer("mail.example", 465, tls=True, starttls=False)),
        ("smtp://localhost:25?tls=off", SmtpServer("localhost", 25, tls=False, starttls=False)),
        ("smtp://[::1]:25?tls=off", SmtpServer("::1", 25, tls=False, starttls=False)),
        ("smtp://127.0.0.5?tls=off", SmtpServer("127.0.0.5", 587, tls=False, starttls=False)),
    ],
)
def test_a_mail_servers_url_says_how_it_is_reached(url: str, server: SmtpServer) -> None:
    assert SmtpServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example:587",
        "http://mail.example",
        "smtp://",
        "smtp://:587",
        "smtp://mail.example:99999",
        "smtp://mail.example?tls=off",
        "smtp://10.0.0.5?tls=off",
        "smtps://mail.example?tls=off",
        "smtp://localhost?tls=no",
        "smtp://localhost?tls=off&verify=off",
        "smtp://user@mail.example",
        "smtp://:secret-word@mail.example",
        "smtp://user:secret-word/x@mail.example",
        "smtp://user:secret-word#x@mail.example",
        "smtp://mail.example/secret-word",
        "smtp://[mail.example",
    ],
)
def test_a_mail_servers_url_that_is_no_good_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Refusal) as refused:
        SmtpChannel(url)
    assert "FREEQUOTE_SMTP_URL" in str(refused.value)
    assert "secret-word" not in str(refused.value)
