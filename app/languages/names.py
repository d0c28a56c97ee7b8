"""Names of languages, and moments, as people write them."""

from datetime import UTC, datetime
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime


@lru_cache(maxsize=256)
def language_name(tag: str, language: str = "en") -> str:
    """Return a BCP 47 tag's name in a language, `Portuguese (Brazil)` for `pt-BR`; the tag where it has none."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(language) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def moment_in(moment: datetime, language: str) -> str:
    """Write a moment in UTC and in a language, `24 Nov 2026, 10:00:00 UTC`."""
    return f"{format_datetime(moment.astimezone(UTC), 'medium', locale=language)} UTC"
