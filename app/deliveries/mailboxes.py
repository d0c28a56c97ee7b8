"""E-mail addresses on their way into a header or an envelope, where a stray letter can make a second recipient."""

import re
from email.headerregistry import Address

import idna

_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SENDER = re.compile(r'(?:"?(?P<name>[^"<>]*?)"?\s*<(?P<mailbox>[^<>]+)>|(?P<bare>[^<>]+))')
_UNSAFE = frozenset('<>()[],;:"\\@')
_LOCAL_PART_LIMIT = 64


def read_mailbox(text: str, display_name: str = "") -> Address:
    """Return an address with its domain in ASCII, or raise `ValueError`, whose message does not repeat it.

    The local part may hold letters beyond ASCII; then the mail server must speak SMTPUTF8.
    """
    local, at, domain = text.strip().rpartition("@")
    # Python 3.11 decodes an encoded word in an address, and with it a line break, so `=?` never gets near one.
    unsafe = any(letter in _UNSAFE or letter.isspace() or not letter.isprintable() for letter in local)
    if not at or not local or unsafe or "=?" in local or len(local) > _LOCAL_PART_LIMIT:
        raise ValueError("not a single e-mail address")
    if local.isascii() and not _DOT_ATOM.fullmatch(local):
        raise ValueError("not a single e-mail address")
    try:
        return Address(display_name, local, idna.encode(domain, uts46=True).decode())
    except idna.IDNAError:
        raise ValueError("not a single e-mail address") from None


def read_sender(text: str) -> Address:
    """Return the operator's `Name <address>` or bare address, or raise `ValueError`."""
    match = _SENDER.fullmatch(text.strip())
    name = (match["name"] or "") if match else ""
    if match is None or not name.isprintable() or "=?" in name:
        raise ValueError("not a sender")
    address = read_mailbox(match["mailbox"] or match["bare"], name)
    if not address.username.isascii():
        raise ValueError("not a sender that every mail server takes")
    return address


def reply_address(text: object) -> Address | None:
    """Return a visitor's address if a header may carry it, else None: staff find it in the letter.

    A local part beyond ASCII would keep the letter from every mail server without SMTPUTF8.
    """
    if not isinstance(text, str):
        return None
    try:
        address = read_mailbox(text)
    except ValueError:
        return None
    return address if address.username.isascii() else None
