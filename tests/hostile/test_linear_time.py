"""What reads a visitor's text takes time that grows with the text, not with its square: 64 KiB are read at once."""

import re
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from app.access import keys
from app.errors import AppError
from app.forms import schemas as forms
from app.intake import body, composing, reading
from app.intake.fields import charset, contact, encoded, money, pointer, reader
from app.languages import catalogue, countries, folding, negotiation
from app.telemetry import _SAFE_REQUEST_ID

_SIZE = 65_536
_CPU_SECONDS = 20
"""Many times what it takes; whatever tries each way of matching takes days."""
_PIECES = (
    *("a", "a.", "a-", "-a", "a@", "a@b.", "@", ".", "0", "00", "1,", "1 ", "1'000", "(", "()", "a(", "（", "%", "%4"),
    *(
        "&",
        "=",
        "&a=",
        "q=0.",
        ";q=1,",
        "en-",
        "x-a-",
        "a,",
        " ",
        "\t",
        "\n",
        "\r\n",
        "é",
        "İ",
        "ﷺ",
        "\u202e",
        "a\u0301",
    ),
    *(
        '"',
        "\\",
        '";',
        "[",
        '{"a":',
        "--edge\r\n",
        "b.",
        "b-",
        "é@é.",
        "xn--",
        "٣",
        "+1",
        "tel:",
        "ext",
        ";ext=",
        "x" * 7 + "@",
    ),
)
_MODULES = (
    charset,
    contact,
    encoded,
    money,
    pointer,
    reader,
    reading,
    composing,
    catalogue,
    folding,
    negotiation,
    keys,
)
_SPREADING = (encoded._BROKEN_ESCAPE, contact._NEVER_IN_AN_ADDRESS, pointer.UNFIT, pointer.UNFIT_IN_LINE)
"""Patterns that are searched for in texts that nobody has measured."""


def _patterns() -> list[re.Pattern[str] | re.Pattern[bytes]]:
    found = {value for module in _MODULES for value in vars(module).values() if isinstance(value, re.Pattern)}
    return [*found, _SAFE_REQUEST_ID]


def _texts() -> list[str]:
    whole = [piece * (_SIZE // len(piece)) for piece in _PIECES]
    # Most matching that goes wrong does so only when the end does not fit.
    return [*whole, *(text + "!" for text in whole), *("a@" + text for text in whole if text[0] == "b")]


def _read_with_everything(text: str) -> None:
    contact.normalise_email(text)
    contact.parse_phone(text, "ES")
    money.read_amount(text, "EUR")
    negotiation.read_language(text)
    negotiation.preferred_languages(text)
    countries.read_country(text)
    catalogue.condition_code(text)
    charset.codec_of(text)
    reading.is_browser_post({"content-type": "multipart/form-data", "accept": text})
    for media in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"):
        for content_type in (media, f"{media}; a={text}"):
            with suppress(AppError):
                body.read_body(content_type, text.encode())
    with suppress(ValueError):
        forms.origin_of(text)


def _match_with_everything(text: str) -> None:
    for pattern in _patterns():
        given = text if isinstance(pattern.pattern, str) else text.encode()
        pattern.fullmatch(given)  # type: ignore[arg-type]
        if pattern in _SPREADING:
            pattern.search(given)  # type: ignore[arg-type]


def test_every_pattern_and_reader_takes_64_kib_of_anything_in_one_go() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.hostile.test_linear_time import read_all; read_all()"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"{len(_texts())} texts\n"), done.stderr


def read_all() -> None:
    """Read every text with everything, under a limit of the processor's time that ends the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    for text in _texts():
        _match_with_everything(text)
        _read_with_everything(text)
    sys.stdout.write(f"{len(_texts())} texts\n")
