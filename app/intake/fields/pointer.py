"""JSON pointers (RFC 6901) to fields, and the texts that no field may hold."""

import re

_LONGEST_NAME = 100
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Control characters except tab and line ends. PostgreSQL refuses NUL, XML the rest, and none of them is a word."""
UNFIT_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""The same for fields of one line: a line end could end a header."""
BLANKS = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace() and not UNFIT.match(letter))
"""What may be trimmed. Python counts some control characters as blanks too, but those are never removed in silence."""


def pointer_to(*place: str | int) -> str:
    """Point at a member, by the names on the way to it; ends before a name that is not fit to be shown."""
    pointer = ""
    for name in map(str, place):
        if len(name) > _LONGEST_NAME or UNFIT_IN_LINE.search(name) or not is_unicode(name):
            break
        pointer += f"/{name.replace('~', '~0').replace('/', '~1')}"
    return pointer


def is_unicode(text: str) -> bool:
    """Say whether a text can be written in UTF-8: lone surrogates, which JSON can spell, cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
