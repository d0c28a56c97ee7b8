"""Mail, against a real SMTP server."""

from contextlib import aclosing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from app.deliveries.mail import SmtpChannel
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.smtp_server import SmtpServer as ParsedServer
from app.errors import Refusal
from tests.deliveries.lettered import STAFF, letter
from tests.deliveries.mail_servers import GREETING, UP_TO_DATA, answering, listening
from tests.support.certificates import Authority
from tests.support.smtp import SmtpServer

USER, PASSWORD = "clinic@mail", "p@ss:w/rd ü"


async def send(url: str, recipient: str = STAFF, **parts: Any) -> Outcome:
    async with aclosing(SmtpChannel(url, **{"deadline": 3, **parts})) as channel:
        return await channel.send(letter(recipient), recipient)


def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: LoginPassword) -> AuthResult:
    known = (login.login.decode(), login.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=known, handled=False)


async def test_a_letter_arrives_as_written_with_its_own_id(smtp_server: SmtpServer) -> None:
    outcome = await send(smtp_server.url)
    assert outcome.verdict is Verdict.DELIVERED
    assert outcome.duration_ms > 0
    (mail,) = smtp_server.mails
    assert (mail.sender, mail.recipients) == ("freequote@clinic.example", (STAFF,))
    assert mail.message["Message-ID"] == "<0199a0b0@clinic.example>"
    assert mail.content.isascii()


@pytest.mark.parametrize(
    ("reply", "verdict", "code"),
    [
        ("450 4.2.1 Mailbox busy", Verdict.RETRY, 450),
        ("452 4.2.2 Mailbox full", Verdict.RETRY, 452),
        ("550 5.1.1 Nobody of that name", Verdict.FAILED, 550),
        ("554 5.7.1 Not wanted", Verdict.FAILED, 554),
    ],
)
async def test_a_refused_recipient_is_tried_again_or_final_as_the_server_says(
    smtp_server: SmtpServer, reply: str, verdict: Verdict, code: int
) -> None:
    smtp_server.refused[STAFF] = reply
    outcome = await send(smtp_server.url)
    assert (outcome.verdict, outcome.status_code) == (verdict, code)
    assert outcome.reason == f"the mail server answered {code}"
    assert reply[4:].encode() in outcome.excerpt


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [("451 4.3.0 Come back later", Verdict.RETRY), ("554 5.7.1 Looks like spam", Verdict.FAILED)],
)
async def test_a_refused_letter_is_tried_again_or_final_as_the_server_says(
    smtp_server: SmtpServer, reply: str, verdict: Verdict
) -> None:
    smtp_server.replies.append(reply)
    assert (await send(smtp_server.url)).verdict is verdict
    assert (await send(smtp_server.url)).verdict is Verdict.DELIVERED


async def test_a_letter_goes_over_starttls_with_a_log_in_whose_password_was_percent_encoded(tmp_path: Path) -> None:
    authority, face = Authority(tmp_path), SmtpServer()
    options: dict[str, Any] = {"tls_context": authority.serve("127.0.0.1"), "authenticator": authenticator}
    async with listening(face, require_starttls=True, auth_required=True, **options) as port:
        url = f"smtp://clinic%40mail:p%40ss%3Aw%2Frd%20%C3%BC@127.0.0.1:{port}"
        outcome = await send(url, ssl_context=authority.trust)
        said = await SmtpChannel(url, ssl_context=authority.trust).check()
    assert outcome.verdict is Verdict.DELIVERED
    assert len(face.mails) == 1
    assert said == f"The mail server 127.0.0.1:{port} takes our log-in."


async def test_a_letter_goes_over_tls_from_the_first_byte(tmp_path: Path) -> None:
    authority, face = Authority(tmp_path), SmtpServer()
    async with listening(face, authority.serve("127.0.0.1")) as port:
        outcome = await send(f"smtps://127.0.0.1:{port}", ssl_context=authority.trust)
    assert outcome.verdict is Verdict.DELIVERED
    assert len(face.mails) == 1


async def test_a_refused_log_in_pauses_the_channel_and_no_password_leaks(tmp_path: Path) -> None:
    authority, face = Authority(tmp_path), SmtpServer()
    tls = authority.serve("127.0.0.1")
    async with listening(face, tls_context=tls, authenticator=authenticator, auth_required=True) as port:
        channel = SmtpChannel(f"smtp://clinic:wrong-word@127.0.0.1:{port}", ssl_context=authority.trust)
        outcome = await channel.send(letter(), STAFF)
        with pytest.raises(Refusal) as refused:
            await channel.check()
    assert (outcome.verdict, outcome.reason) == (Verdict.CHANNEL_DOWN, "the mail server refuses our log-in (535)")
    assert "refuses our log-in" in str(refused.value)
    assert "wrong-word" not in str(refused.value) + repr(ParsedServer.parse("smtp://a:wrong-word@h"))
    assert face.mails == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("certificate_for", ["127.0.0.1", "other.example"])
async def test_a_certificate_that_is_not_trusted_pauses_the_channel(
    tmp_path: Path, scheme: str, certificate_for: str
) -> None:
    authority, face = Authority(tmp_path), SmtpServer()
    tls = authority.serve(certificate_for)
    # The right host of an unknown authority, and the wrong host of a known one.
    trust = None if certificate_for == "127.0.0.1" else authority.trust
    served = listening(face, tls) if scheme == "smtps" else listening(face, tls_context=tls)
    async with served as port:
        outcome = await send(f"{scheme}://127.0.0.1:{port}", ssl_context=trust)
    assert outcome.verdict is Verdict.CHANNEL_DOWN
    assert outcome.reason == "the mail server's TLS certificate is not trusted"
    assert face.mails == []


async def test_no_letter_goes_in_the_clear_when_the_server_offers_no_starttls(smtp_server: SmtpServer) -> None:
    outcome = await send(f"smtp://127.0.0.1:{smtp_server.port}")
    assert outcome.verdict is Verdict.CHANNEL_DOWN
    assert "STARTTLS" in outcome.reason
    assert smtp_server.mails == []


async def test_a_server_that_is_not_there_pauses_the_channel(free_port: int) -> None:
    outcome = await send(f"smtp://127.0.0.1:{free_port}?tls=off")
    assert (outcome.verdict, outcome.reason) == (Verdict.CHANNEL_DOWN, "the mail server is out of reach")


async def test_a_silent_server_pauses_the_channel_at_the_deadline() -> None:
    async with answering(b"", last_words=60) as port:
        started = monotonic()
        outcome = await send(f"smtp://127.0.0.1:{port}?tls=off", deadline=0.4)
    assert monotonic() - started < 2
    assert (outcome.verdict, outcome.reason) == (Verdict.CHANNEL_DOWN, "the mail server does not answer in time")


@pytest.mark.parametrize("last_words", [0, 60])
async def test_a_reply_to_the_letter_that_never_comes_makes_another_try(last_words: float) -> None:
    async with answering(*UP_TO_DATA, last_words=last_words) as port:
        outcome = await send(f"smtp://127.0.0.1:{port}?tls=off", deadline=0.5)
    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "the mail server broke off")
    assert outcome.duration_ms < 900


async def test_a_farewell_that_never_comes_does_not_undo_the_delivery() -> None:
    async with answering(*UP_TO_DATA, b"250 Taken\r\n", last_words=60) as port:
        outcome = await send(f"smtp://127.0.0.1:{port}?tls=off", deadline=0.5)
    assert outcome.verdict is Verdict.DELIVERED


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (b"550 5.7.1 Not your address\r\n", Verdict.CHANNEL_DOWN),
        (b"451 4.3.0 Come back later\r\n", Verdict.RETRY),
        (b"552 5.3.4 Too large\r\n", Verdict.FAILED),
    ],
)
async def test_a_refused_sender_address_is_our_own_fault(reply: bytes, verdict: Verdict) -> None:
    async with answering(*GREETING, reply, b"250 OK\r\n", b"221 Bye\r\n") as port:
        outcome = await send(f"smtp://127.0.0.1:{port}?tls=off")
    assert outcome.verdict is verdict


async def test_an_address_beyond_ascii_goes_by_smtputf8_and_its_domain_in_ascii() -> None:
    face = SmtpServer()
    async with listening(face, enable_SMTPUTF8=True) as port:
        outcome = await send(f"smtp://127.0.0.1:{port}?tls=off", "jürgen@bücher.example")
    assert outcome.verdict is Verdict.DELIVERED
    assert face.mails[0].recipients == ("jürgen@xn--bcher-kva.example",)
    assert "jürgen@xn--bcher-kva.example".encode() in face.mails[0].content


async def test_an_address_beyond_ascii_is_final_where_the_server_cannot_take_it(smtp_server: SmtpServer) -> None:
    outcome = await send(smtp_server.url, "jürgen@clinic.example")
    assert (outcome.verdict, outcome.reason) == (Verdict.FAILED, "the mail server cannot take this address")


async def test_a_domain_beyond_ascii_needs_nothing_of_the_server(smtp_server: SmtpServer) -> None:
    assert (await send(smtp_server.url, "quotes@bücher.example")).verdict is Verdict.DELIVERED
    assert smtp_server.mails[0].recipients == ("quotes@xn--bcher-kva.example",)


async def test_a_mail_server_of_this_machine_without_a_log_in_is_checked_too(smtp_server: SmtpServer) -> None:
    said = await SmtpChannel(smtp_server.url).check()
    assert said == f"The mail server 127.0.0.1:{smtp_server.port} answers (no log-in is set)."
