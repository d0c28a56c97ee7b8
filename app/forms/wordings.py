"""The careful default texts that a new form shows, and the hash by which a wording set is proven."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Literal

import orjson

from app.languages.translations import N_, SOURCE, spoken, translation

DEFAULT_LANGUAGE = SOURCE
PURPOSES = ("privacy", "health_data", "sharing", "marketing")
NOTICE = "notice"
"""Not a consent: what every visitor is told about such treatments."""
NEXT = "next"
"""Not a consent either: what happens with the request, who reads it, and by when."""
TOLD = (NOTICE, NEXT)

DEFAULT_TEXTS: Mapping[str, str] = {
    "privacy": N_("I agree that my details are kept and used to answer this request."),
    "health_data": N_("I agree that the health information I give here is read by the staff who prepare the quote."),
    "sharing": N_("I agree that my request is also given to:"),
    "marketing": N_("I would like to receive news by e-mail. I can end this at any time."),
    NOTICE: N_(
        "Most stem-cell treatments are still being studied: for many conditions it is not proven that they help or "
        "that they are safe. A quote is not medical advice. Please speak with the doctor who knows you."
    ),
    NEXT: N_(
        "A member of staff reads your request and answers you as soon as they can. They may ask for reports or "
        "images; you decide what you send."
    ),
}

AnswerWithin = Literal["4_hours", "24_hours", "48_hours", "1_working_day", "3_working_days", "1_week"]
WITHIN: Mapping[AnswerWithin, str] = {
    "4_hours": N_("within 4 hours"),
    "24_hours": N_("within 24 hours"),
    "48_hours": N_("within 48 hours"),
    "1_working_day": N_("within one working day"),
    "3_working_days": N_("within three working days"),
    "1_week": N_("within a week"),
}
"""What a form may promise of the answer. Whole phrases: no two languages put a number beside a noun in one way."""
_NEXT_WITHIN = N_(
    "A member of staff reads your request and answers you {within}. They may ask for reports or images; you decide "
    "what you send."
)


def default_texts(language: str, answer_within: AnswerWithin | None = None) -> dict[str, str]:
    """Return the default texts in a language (BCP 47) that we speak; in English if we do not.

    They promise no time unless the form's staff said one.
    """
    gettext = translation(spoken([language])).gettext
    texts = {name: gettext(text) for name, text in DEFAULT_TEXTS.items()}
    if answer_within is not None:
        texts[NEXT] = gettext(_NEXT_WITHIN).replace("{within}", gettext(WITHIN[answer_within]))
    return texts


def kept_up(language: str, texts: Mapping[str, str], answer_within: AnswerWithin | None) -> dict[str, str]:
    """Return a form's texts with the time that it promises now; what happens next in words of its own is left alone."""
    ours = {default_texts(language, within)[NEXT] for within in (None, *WITHIN)}
    said = default_texts(language, answer_within)[NEXT] if texts.get(NEXT) in ours else texts.get(NEXT)
    return {**texts, **({NEXT: said} if said else {})}


def wordings_for(languages: Iterable[str]) -> list[str]:
    """Return those of a form's languages that there are default texts in; English if there is none."""
    known = [tag for tag in dict.fromkeys(languages) if spoken([tag]) == tag.partition("-")[0]]
    return known or [DEFAULT_LANGUAGE]


def wording_hash(language: str, texts: Mapping[str, str], recipients: Sequence[str]) -> str:
    """Return SHA-256, hexadecimal, over the canonical JSON of what was shown."""
    shown = {"language": language, "texts": dict(texts), "recipients": list(recipients)}
    return sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()
