"""The texts of pages in every language that we speak: gettext catalogues, read from their .po files."""

import re
from collections.abc import Iterable
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.languages.countries import SPOKEN
from app.languages.negotiation import read_language

SOURCE = "en"
"""The language that texts are written in; it needs no catalogue."""
LOCALE = Path(__file__).with_name("locale")


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a text to be translated where it is shown, not where it stands."""
    return text


@lru_cache(maxsize=len(SPOKEN))
def translation(language: str) -> NullTranslations:
    """Return the texts of one of the `SPOKEN` languages.

    Compiled in memory when first asked for (some 10 ms), so that a clean checkout needs no build step and no
    compiled file can be older than its source.
    """
    if language == SOURCE:
        return NullTranslations()
    with (LOCALE / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def spoken(tags: Iterable[str | None]) -> str:
    """Return the language of the first tag (BCP 47) that we speak, `pt` for `pt-BR`; English if there is none."""
    read = (read_language(tag) for tag in tags if tag)
    bases = (tag.partition("-")[0] for tag in read if tag)
    return next((base for base in bases if base in SPOKEN), SOURCE)


@lru_cache(maxsize=256)
def own_name(tag: str) -> str:
    """Return what a language calls itself, `Español`; the tag where nobody knows."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return tag
    return re.sub(r"^\w", lambda first: first[0].upper(), name) if name else tag
