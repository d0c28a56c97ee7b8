"""What a visitor may choose from, with names in the page's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from app.languages.catalogue import Kind, catalogue
from app.languages.countries import country_names

_LANGUAGES = (
    *("ar", "bg", "bn", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id"),
    *("it", "ja", "ka", "kk", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr"),
    *("sv", "th", "tr", "uk", "ur", "uz", "vi", "zh"),
)
_CURRENCIES = (
    *("EUR", "USD", "GBP", "CHF", "AED", "AUD", "BRL", "CAD", "CNY", "CZK", "DKK", "EGP", "ILS", "INR", "JPY"),
    *("KWD", "KZT", "MXN", "NOK", "PLN", "QAR", "RON", "SAR", "SEK", "TRY", "UAH"),
)


@dataclass(frozen=True, slots=True)
class Choices:
    """Lists of one language; each maps what is sent to what is shown, or suggests what may be typed."""

    countries: Mapping[str, str]
    languages: Mapping[str, str]
    currencies: Mapping[str, str]
    conditions: tuple[str, ...]
    treatments: tuple[str, ...]


@lru_cache(maxsize=64)
def choices(language: str) -> Choices:
    """Return the lists in one language of the pages."""
    locale = Locale.parse(language)
    languages = {code: locale.languages[code] for code in _LANGUAGES}
    return Choices(
        countries=country_names(language),
        languages=dict(sorted(languages.items(), key=lambda entry: entry[1])),
        currencies={code: f"{code} ({locale.currencies[code]})" for code in _CURRENCIES},
        conditions=_suggestions("conditions", language),
        treatments=_suggestions("treatments", language),
    )


def _suggestions(kind: Kind, language: str) -> tuple[str, ...]:
    names = (by_language.get(language, by_language["en"])[0] for by_language in catalogue()[kind].values())
    return tuple(sorted(name[0].upper() + name[1:] for name in names))
