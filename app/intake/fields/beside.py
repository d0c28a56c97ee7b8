"""What comes beside the request: answers to questions of the site's own, where from, and fields of our own."""

import json
from typing import Any

import orjson

from app.intake.fields import rules
from app.intake.fields.pointer import UNFIT, UNFIT_IN_LINE
from app.intake.fields.reader import Fields

_WHOLE = "answers"
"""Problems that are not one answer's are noted here."""
_GROUPS = {"consent": rules.CONSENTS, "budget": rules.BUDGET, "attribution": rules.ATTRIBUTION}
_LEAST_INTEGER, _GREATEST_INTEGER = -(2**63), 2**63 - 1


def read_answers(fields: Fields) -> dict[str, Any]:
    """Return every field that the contract does not name: any JSON, within limits, and never cut in silence."""
    given = _others(fields)
    if len(given) > rules.MOST_ANSWERS:
        fields.note(_WHOLE, "too-many-answers", f"At most {rules.MOST_ANSWERS} fields of the site's own are accepted.")
        return {}
    already_wrong = len(fields.problems)
    for name, value in given.items():
        if not name.strip() or len(name) > rules.LONGEST_ANSWER_NAME or UNFIT_IN_LINE.search(name):
            message = f"The name of a field has 1 to {rules.LONGEST_ANSWER_NAME} characters and no control characters."
            fields.note(_WHOLE, "invalid-field-name", message)
        elif flaw := _flaw(value):
            fields.note(name, *flaw)
    # Numbers beyond 64 bits, noted above, cannot be written to be measured.
    if len(fields.problems) == already_wrong and len(orjson.dumps(given)) > rules.MOST_ANSWER_BYTES:
        fields.note(
            _WHOLE, "answers-too-long", f"Fields of the site's own hold at most {rules.MOST_ANSWER_BYTES} bytes."
        )
    return given


def read_attribution(fields: Fields) -> dict[str, str]:
    """Return where the visitor came from; what stands in the object counts before what stands beside it."""
    group = fields.group("attribution")
    found = {}
    for name in rules.ATTRIBUTION:
        value = (group if group.has(name) else fields).line(name, rules.LONGEST_ATTRIBUTION)
        if value is not None:
            found[name] = value
    return found


def read_ours(fields: Fields) -> dict[str, str]:
    """Return the fields of our own that have anything in them, as text; of the honeypot that is all that matters."""
    sent = {name: fields.given[name] for name in rules.OURS if fields.given.get(name) not in (None, "")}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in sent.items()}


def _others(fields: Fields) -> dict[str, Any]:
    """Return what is no field of the contract; members of its objects get dotted names."""
    found = {
        name: value
        for name, value in fields.given.items()
        if name not in rules.KNOWN_FIELDS and name not in rules.OURS and not name.startswith("fq_")
    }
    for group, known in _GROUPS.items():
        members = fields.given.get(group)
        if not isinstance(members, dict):
            continue
        unknown = {f"{group}.{name}": value for name, value in members.items() if name not in known}
        for name in unknown.keys() & found.keys():
            fields.note(name, "duplicate-field", "This field came more than once.")
        found.update(unknown)
    return found


def _flaw(value: Any) -> tuple[str, str] | None:
    """Return the first thing in a value that cannot be kept."""
    if isinstance(value, str):
        return ("control-characters", "Remove the invisible control characters.") if UNFIT.search(value) else None
    if isinstance(value, int):
        fits = _LEAST_INTEGER <= value <= _GREATEST_INTEGER
        return None if fits else ("number-out-of-range", "Send a number of at most 64 bits, or text.")
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return next(filter(None, map(_flaw, parts)), None)
