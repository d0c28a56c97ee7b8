"""Countries by code and by name, as people write them."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from app.languages.folding import fold

SPOKEN = ("en", "es", "de", "fr", "it", "pt", "nl", "pl", "tr", "ru", "ar", "he")
"""Languages whose names of countries, conditions and treatments are understood."""
_LONGEST_NAME = 100
# CLDR lists these beside the codes of ISO 3166-1. Kosovo's XK is no ISO code either, but people live there.
_NOT_ISO = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
# What lists of countries and people write beside CLDR's names: ISO's official names, former names, parts of a whole.
_ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    "AE": ("UAE", "U.A.E.", "Emirates"),
    "BA": ("Bosnia", "Bosnia Herzegovina"),
    "BN": ("Brunei Darussalam",),
    "BO": ("Bolivia, Plurinational State of", "Plurinational State of Bolivia"),
    "CD": ("DRC", "DR Congo", "Congo, Democratic Republic of the", "Democratic Republic of the Congo", "Zaire"),
    "CG": ("Congo", "Republic of the Congo", "Congo Republic"),
    "CI": ("Ivory Coast", "Cote d'Ivoire"),
    "CN": ("PRC", "Mainland China", "People's Republic of China"),
    "CV": ("Cabo Verde", "Cape Verde"),
    "CZ": ("Czech Republic", "Czechia"),
    "FM": ("Micronesia, Federated States of", "Federated States of Micronesia"),
    "GB": (
        *("UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
        "United Kingdom of Great Britain and Northern Ireland",
    ),
    "GR": ("EL", "Hellas"),
    "HK": ("Hong Kong",),
    "IE": ("Eire", "Republic of Ireland"),
    "IR": ("Iran, Islamic Republic of", "Islamic Republic of Iran"),
    "KP": ("Korea, Democratic People's Republic of", "Democratic People's Republic of Korea", "DPRK"),
    "KR": ("Korea", "Korea, Republic of", "Republic of Korea", "ROK"),
    "LA": ("Lao", "Lao People's Democratic Republic"),
    "MD": ("Moldova, Republic of", "Republic of Moldova"),
    "MK": ("Macedonia", "FYROM"),
    "MM": ("Burma",),
    "MO": ("Macau", "Macao"),
    "NL": ("Holland", "Netherlands, Kingdom of the"),
    "PS": ("Palestine", "Palestine, State of", "State of Palestine"),
    "RU": ("Russian Federation",),
    "SA": ("KSA", "Kingdom of Saudi Arabia"),
    "ST": ("Sao Tome",),
    "SY": ("Syrian Arab Republic",),
    "SZ": ("Swaziland", "Eswatini"),
    "TL": ("East Timor",),
    "TR": ("Turkey", "Turkiye", "Türkiye", "Republic of Türkiye"),
    "TW": ("Taiwan, Province of China", "Republic of China"),
    "TZ": ("Tanzania, United Republic of", "United Republic of Tanzania"),
    "US": ("USA", "U.S.A.", "U.S.", "United States of America", "America", "The States"),
    "VA": ("Vatican", "Holy See"),
    "VE": ("Venezuela, Bolivarian Republic of", "Bolivarian Republic of Venezuela"),
    "VN": ("Viet Nam",),
}


def read_country(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a code or a name, in any case; None if there is no such country."""
    if len(text) > _LONGEST_NAME:
        return None
    code = text.strip().upper()
    if code in country_codes():
        return code
    folded = fold(text)
    return _by_name().get(folded) or _by_name().get(folded.removeprefix("the "))


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """Return every alpha-2 code that is taken."""
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == len("ES") and code.isalpha()) - _NOT_ISO


@lru_cache(maxsize=64)
def country_names(language: str) -> Mapping[str, str]:
    """Return the names of all countries in one language (English where it is unknown), sorted by name."""
    territories = _locale(language).territories
    names = {code: territories.get(code, code) for code in country_codes()}
    return MappingProxyType(dict(sorted(names.items(), key=lambda entry: fold(entry[1]))))


def _locale(language: str) -> Locale:
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, str]:
    """Map folded names and alpha-3 codes to codes; where a name has two meanings the earlier language's counts."""
    found = {fold(name): code for code, names in _ALSO_CALLED.items() for name in names}
    for language in SPOKEN:
        for code in country_codes():
            found.setdefault(fold(Locale(language).territories[code]), code)
    for old, new in get_global("territory_aliases").items():
        if len(old) == len("ESP") and old.isalpha() and len(new) == 1 and new[0] in country_codes():
            found.setdefault(old.lower(), new[0])
    return found
