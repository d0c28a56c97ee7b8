"""Language tags (BCP 47): reading one, and choosing by what a browser prefers."""

import re
from collections.abc import Sequence

LONGEST_TAG = 35
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})"
    r"(?:-(?P<extended>[a-z]{3}))?"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?)",
    re.ASCII,
)
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
# Browsers of old systems still send these.
_RETIRED = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
# Nobody prefers more languages than this; a longer header is somebody's experiment.
_LONGEST_HEADER = 1000


def read_language(text: str) -> str | None:
    """Return a tag in its canonical spelling (RFC 5646 §2.1.1, §4.5), `pt_br` as `pt-BR`; None if it is none.

    Retired codes become today's (`iw` is `he`), and `zh-yue` becomes `yue`.
    """
    tag = text.strip().replace("_", "-").lower()
    match = _TAG.fullmatch(tag) if len(tag) <= LONGEST_TAG else None
    if match is None:
        return None
    script, region = match["script"], match["region"]
    parts = [match["extended"] or _RETIRED.get(match["language"], match["language"])]
    if script:
        parts.append(script.title())
    if region:
        parts.append(region.upper())
    return "-".join(parts) + match["rest"]


def preferred_languages(accept_language: str | None) -> list[str]:
    """Return the tags of an Accept-Language header (RFC 9110 §12.5.4), the most wanted first."""
    ranked = []
    for part in (accept_language or "")[:_LONGEST_HEADER].split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        tag, quality = read_language(name), _quality(parameters)
        if tag and quality:
            ranked.append((-quality, tag))
    # Sorting is stable, so that equals stay in the order in which they were sent.
    return list(dict.fromkeys(tag for _, tag in sorted(ranked, key=lambda entry: entry[0])))


def pick_language(accept_language: str | None, available: Sequence[str]) -> str | None:
    """Return the available language that is wanted most: the very tag, else one of the same language (RFC 4647)."""
    for tag in preferred_languages(accept_language):
        if tag in available:
            return tag
        language = tag.partition("-")[0]
        for offered in available:
            if offered.partition("-")[0] == language:
                return offered
    return None


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.lower().startswith("q="):
            match = _QUALITY.fullmatch(parameter.lower())
            return float(match[1]) if match else 0.0
    return 1.0
