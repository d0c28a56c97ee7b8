"""Names of languages, as people write them."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError


@lru_cache(maxsize=256)
def language_name(tag: str, language: str = "en") -> str:
    """Return a BCP 47 tag's name in a language, `Portuguese (Brazil)` for `pt-BR`; the tag where it has none."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(language) or tag
    except (UnknownLocaleError, ValueError):
        return tag
