"""Numbers with a calling code, judged by the library's own numbering plans but without its parser.

Most numbers come this way, and the parser's many spellings cost eight times as much as the plan itself. What is not
plain here is not refused: it is the library's to judge.
"""

import re
from dataclasses import dataclass
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_DIGITS = re.compile(r"\+[1-9][0-9]{6,14}")
_PARTING = str.maketrans("", "", " -.()")
_LONGEST_CALLING_CODE = 3
_KINDS = (
    *("mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip"),
    *("personal_number", "pager", "uan", "voicemail"),
)


@dataclass(frozen=True, slots=True)
class _Range:
    """The numbers of one kind."""

    lengths: frozenset[int]
    pattern: re.Pattern[str]

    def holds(self, national: str) -> bool:
        return len(national) in self.lengths and self.pattern.fullmatch(national) is not None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbering plan of a calling code that one country has for itself."""

    possible: _Range
    prefix: re.Pattern[str] | None
    """What is dialled before a number inside the country; where it was written, the library has to take it off."""
    kinds: tuple[_Range, ...]


def read_plain(text: str) -> tuple[str, bool] | None:
    """Return a possible number in E.164 and whether its range is in use; None where the library has to look."""
    number = text.translate(_PARTING)
    if not _DIGITS.fullmatch(number):
        return None
    plan, national = _plan_of(number)
    if plan is None or not plan.possible.holds(national) or (plan.prefix and plan.prefix.match(national)):
        return None
    return number, any(kind.holds(national) for kind in plan.kinds)


def _plan_of(number: str) -> tuple[_Plan | None, str]:
    """Return the plan and the national part of a number; calling codes are prefix-free."""
    for end in range(2, _LONGEST_CALLING_CODE + 2):
        if (code := int(number[1:end])) in COUNTRY_CODE_TO_REGION_CODE:
            return _plan(code), number[end:]
    return None, ""


@cache
def _plan(calling_code: int) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE[calling_code]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, regions[0])
    if len(regions) > 1 or metadata is None:
        return None
    possible = _range(metadata.general_desc)
    prefix = metadata.national_prefix_for_parsing
    kinds = tuple(filter(None, (_range(getattr(metadata, kind)) for kind in _KINDS)))
    return _Plan(possible, re.compile(prefix) if prefix else None, kinds) if possible else None


def _range(told: PhoneNumberDesc | None) -> _Range | None:
    if told is None or not told.national_number_pattern:
        return None
    lengths = frozenset(told.possible_length) - frozenset(told.possible_length_local_only)
    return _Range(lengths, re.compile(told.national_number_pattern))
