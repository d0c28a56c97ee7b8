"""What a mail server's answer, or the lack of one, means for a letter and for the channel."""

import ssl

import aiosmtplib

from app.deliveries.policy import Outcome, Verdict

FAULTS = (aiosmtplib.SMTPException, OSError, ValueError)
"""What talking to a mail server can raise."""
# The first that fits counts: most of them are OSErrors, too.
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "the mail server's TLS certificate is not trusted"),
    (ssl.SSLError, "no TLS connection to the mail server came about"),
    (TimeoutError, "the mail server does not answer in time"),
    (OSError, "the mail server is out of reach"),
)
_EXCERPT_LIMIT = 1024
_FINAL = 500
_TOO_LARGE = 552


def reply_of(fault: BaseException) -> aiosmtplib.SMTPResponseException | None:
    """Return the server's own refusal out of a fault, if it is one."""
    refusal = fault.recipients[0] if isinstance(fault, aiosmtplib.SMTPRecipientsRefused) else fault
    return refusal if isinstance(refusal, aiosmtplib.SMTPResponseException) else None


def leaves_connection_sound(fault: BaseException) -> bool:
    """Say whether the connection can carry the next letter: the server said no to this one, in so many words."""
    return reply_of(fault) is not None and not isinstance(fault, aiosmtplib.SMTPHeloError)


def judge_letter(fault: BaseException) -> Outcome:
    """Say what it means that the server, once we were in, did not take the letter."""
    if isinstance(fault, aiosmtplib.SMTPHeloError):
        # The library says hello as late as it can; a server that minds is not judging this letter.
        return Outcome(Verdict.CHANNEL_DOWN, reason=why_down(fault))
    reply = reply_of(fault)
    if reply is not None:
        return _judge_reply(reply)
    if isinstance(fault, aiosmtplib.SMTPNotSupported | ValueError):
        return Outcome(Verdict.FAILED, reason="the mail server cannot take this address")
    # If it broke off after DATA the letter may have been taken: the next try carries the same Message-ID.
    return Outcome(Verdict.RETRY, reason="the mail server broke off")


def _judge_reply(reply: aiosmtplib.SMTPResponseException) -> Outcome:
    verdict, reason = Verdict.RETRY, f"the mail server answered {reply.code}"
    if reply.code >= _FINAL:
        verdict = Verdict.FAILED
        if isinstance(reply, aiosmtplib.SMTPSenderRefused) and reply.code != _TOO_LARGE:
            # It is FREEQUOTE_MAIL_FROM that is refused: no letter would pass, and none is to blame.
            verdict, reason = Verdict.CHANNEL_DOWN, f"the mail server refuses our sender address ({reply.code})"
    excerpt = reply.message.encode()[:_EXCERPT_LIMIT]
    return Outcome(verdict, reason=reason, status_code=reply.code, excerpt=excerpt)


def why_down(fault: BaseException) -> str:
    """Say in a few words, none of them the server's, what keeps us from logging in."""
    if isinstance(fault, aiosmtplib.SMTPAuthenticationError):
        return f"the mail server refuses our log-in ({fault.code})"
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return f"the mail server refuses the connection ({fault.code})"
    # The library wraps what OpenSSL says.
    causes = (fault, fault.__cause__, fault.__context__)
    for kind, words in _REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return "the mail server offers no STARTTLS or no log-in that we know"
