"""What a visitor may choose from, with names in the page's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from babel import Locale

from app.languages.catalogue import Kind, catalogue
from app.languages.countries import country_codes, country_names
from app.languages.folding import fold

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
    prefixes: Mapping[str, str]
    """What numbers of a country begin with when they are dialled from elsewhere."""
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
        prefixes=_prefixes(),
        languages=dict(sorted(languages.items(), key=lambda entry: fold(entry[1]))),
        currencies={code: f"{code} ({locale.currencies[code]})" for code in _CURRENCIES},
        conditions=_suggestions("conditions", language),
        treatments=_suggestions("treatments", language),
    )


@lru_cache(maxsize=1)
def _prefixes() -> Mapping[str, str]:
    found = {code: phonenumbers.country_code_for_region(code) for code in country_codes()}
    return {code: f"+{prefix}" for code, prefix in found.items() if prefix}


def _suggestions(kind: Kind, language: str) -> tuple[str, ...]:
    names = (by_language.get(language, by_language["en"])[0] for by_language in catalogue()[kind].values())
    return tuple(sorted((_capitalised(name, language) for name in names), key=fold))


def _capitalised(name: str, language: str) -> str:
    # Turkish has two letters i, and each keeps its dot.
    first = "İ" if language == "tr" and name[0] == "i" else name[0].upper()
    return first + name[1:]
