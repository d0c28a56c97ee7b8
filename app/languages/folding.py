"""Names compared as people mean them: without case, accents, apostrophes and punctuation."""

import re
import unicodedata

_PLAIN_WORD = re.compile(r"[a-z0-9]+")
# What decomposition does not take apart. Turkish writes ı where others write i.
_SPELLED_OUT = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "&": " and "}
)
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´׳״\"")


def fold(text: str) -> str:
    """Return a text in small plain letters, its words parted by one space."""
    plain = text.casefold().translate(_APOSTROPHES).translate(_SPELLED_OUT)
    # Most names have nothing to take apart, and every request is folded several times.
    if plain.isascii():
        return " ".join(_PLAIN_WORD.findall(plain))
    kept = (_folded(letter) for letter in unicodedata.normalize("NFKD", plain))
    return " ".join("".join(kept).split())


def _folded(letter: str) -> str:
    if letter.isalnum():
        return letter
    # Marks above letters and invisible joiners part no words; everything else does.
    return "" if unicodedata.category(letter) in {"Mn", "Mc", "Me", "Cf"} else " "
