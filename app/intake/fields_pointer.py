"""JSON pointers (RFC 6901) to fields, and the texts that no field may hold."""

import re

_LONGEST_NAME = 100
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Control characters except tab and line ends. PostgreSQL refuses NUL, XML the rest, and none of them is a word."""
UNFIT_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""The same for fields of one line: a line end could end a header."""


def pointer_to(parent: str, name: str | int) -> str:
    """Point at a member of what `parent` points at; at the parent itself where the name is not fit to be shown."""
    text = str(name)
    if len(text) > _LONGEST_NAME or UNFIT_IN_LINE.search(text) or not is_unicode(text):
        return parent
    return f"{parent}/{text.replace('~', '~0').replace('/', '~1')}"


def is_unicode(text: str) -> bool:
    """Say whether a text can be written in UTF-8: lone surrogates, which JSON can spell, cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
