"""What is wrong with a field, said to a visitor in their language; programs get the door's own English."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.errors import FieldProblem
from app.languages.translations import N_, SOURCE, translation

_LISTED = N_("Choose one from the list.")
MISTAKES: Mapping[str, str] = {
    "required": N_("Please fill this in."),
    "contact-required": N_("Write an e-mail address or a phone number."),
    "condition-or-treatment-required": N_("Write a condition or a treatment."),
    "guardian-required": N_("Write the name of a parent or guardian."),
    "consent-required": N_("Without this consent the request cannot be taken."),
    "invalid-email": N_("This is not an e-mail address."),
    "invalid-phone": N_("This is not a phone number. Write it with the country code, for example +34 612 34 56 78."),
    "unknown-country": N_("We do not know this country. Please write its usual name."),
    "unknown-currency": _LISTED,
    "invalid-choice": _LISTED,
    "invalid-language": _LISTED,
    "invalid-timezone": _LISTED,
    "invalid-amount": N_("Write the amount in digits, for example 1500.00."),
    "invalid-number": N_("Write a whole number from 0 to {most}."),
    "too-long": N_("This is too long: at most {most} characters fit."),
    "control-characters": N_("Remove the invisible control characters or line breaks."),
    "invalid-encoding": N_("This text did not arrive as it was written. Please write it again."),
    "duplicate-field": N_("This came more than once, with different content."),
    "file-not-accepted": N_("Files cannot be sent here. You can send them later."),
}
"""Sentences by the door's code; what is not here is a fault of the site, which its visitors cannot mend."""
_FAULT_OF_THE_SITE = N_("This could not be read. The website may be set up wrongly: please tell its owner.")
_NUMBER = re.compile(r"\d+")


def explained(problems: Iterable[FieldProblem], language: str) -> list[FieldProblem]:
    """Return the same problems, each with a sentence in one of the `SPOKEN` languages."""
    return [replace(problem, message=_sentence(problem, language)) for problem in problems]


def _sentence(problem: FieldProblem, language: str) -> str:
    known = MISTAKES.get(problem.code)
    if known is None and language == SOURCE:
        return problem.message
    # The limit stands in the door's own sentence, where it comes last.
    most = next(reversed(_NUMBER.findall(problem.message)), "")
    return translation(language).gettext(known or _FAULT_OF_THE_SITE).replace("{most}", most)
