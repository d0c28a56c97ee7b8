"""Which charsets a form may arrive in, and what they mean."""

import re

DEFAULT_CHARSET = "utf-8"
_LATIN = re.compile(r"iso[-_]?8859[-_]?(?P<part>[1-9]|1[013456])")
_WINDOWS = re.compile(r"(?:windows-|cp)(?P<page>125[0-8])")
# Browsers read these labels as supersets of what the standards say (WHATWG Encoding §4.2), and so do we.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8"), "utf-8"),
    **dict.fromkeys(("us-ascii", "ascii"), "ascii"),
    **dict.fromkeys(("latin1", "latin-1", "iso-8859-1", "iso8859-1", "iso_8859-1"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "iso8859-9", "iso_8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932"), "cp932"),
    "euc-jp": "euc_jp",
    **dict.fromkeys(("gb18030", "gbk", "gb2312", "x-gbk"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
}


def codec_of(label: str) -> str | None:
    """Return Python's name of the charset that a label means, or None if it is not among the safe ones.

    Left out on purpose: charsets that can hide ASCII in other bytes (UTF-7, UTF-16, ISO-2022-…) and codecs that
    are no charsets.
    """
    plain = label.strip().strip("\"'").lower()
    if plain in _CODECS:
        return _CODECS[plain]
    if match := _LATIN.fullmatch(plain):
        return f"iso8859_{match['part']}"
    if match := _WINDOWS.fullmatch(plain):
        return f"cp{match['page']}"
    return None
