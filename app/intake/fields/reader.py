"""Reading fields: what is right is handed out, what is wrong is noted, so that all of it can be said at once."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from app.errors import FieldProblem
from app.intake.fields.pointer import BLANKS, UNFIT, UNFIT_IN_LINE, pointer_to

_YES = frozenset({"on", "true", "1", "yes"})
_NO = frozenset({"off", "false", "0", "no"})
_WHOLE_NUMBER = re.compile(r"\d{1,9}")
Choice = TypeVar("Choice", bound=str)


class Fields:
    """The fields of one JSON object, and the problems found so far."""

    def __init__(self, given: Mapping[str, Any], problems: list[FieldProblem], place: tuple[str, ...] = ()) -> None:
        self.given = given
        self._filled = {name: value for name, value in given.items() if not _is_blank(value)}
        self.problems = problems
        self.place = place

    def has(self, name: str) -> bool:
        """Say whether a field came with anything in it, right or wrong. Null and blank text are nothing."""
        return name in self._filled

    def is_wrong(self, name: str) -> bool:
        """Say whether a problem of the field was noted."""
        pointer = pointer_to(*self.place, name)
        return any(problem.pointer == pointer for problem in self.problems)

    def note(self, name: str, code: str, message: str) -> None:
        """Note a problem of a field. Of one field's problems the first is enough."""
        if not self.is_wrong(name):
            self.problems.append(FieldProblem(pointer_to(*self.place, name), code, message))

    def line(self, name: str, longest: int) -> str | None:
        """Return a text of one line, without blanks around it."""
        text = self._text(name)
        return None if text is None else self._fit(name, text.strip(BLANKS), longest, UNFIT_IN_LINE)

    def prose(self, name: str, longest: int) -> str | None:
        """Return a text of any number of lines, just as it was written."""
        text = self._text(name)
        return None if text is None else self._fit(name, text, longest, UNFIT)

    def choice(self, name: str, choices: Sequence[Choice]) -> Choice | None:
        """Return one of a few words, in whatever case it was sent."""
        text = self._text(name)
        if text is None:
            return None
        word = text.strip().lower()
        chosen = next((choice for choice in choices if choice == word), None)
        if chosen is None:
            self.note(name, "invalid-choice", f"Choose one of: {', '.join(choices)}.")
        return chosen

    def whole_number(self, name: str, most: int) -> int | None:
        """Return a number from 0 to `most`; forms send it as text, in the digits of any script."""
        value = self._filled.get(name)
        if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
            value = int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most):
            return value
        self.note(name, "invalid-number", f"Write a whole number from 0 to {most}.")
        return None

    def tick(self, name: str) -> bool | None:
        """Return yes or no, in the words that checkboxes use; None if it did not come or is neither."""
        value = self._filled.get(name)
        if value is None or isinstance(value, bool):
            return value
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in _YES | _NO:
            return word in _YES
        self.note(name, "invalid-boolean", "Send true or false.")
        return None

    def lines(self, name: str, longest: int, most: int) -> list[str]:
        """Return a list of texts of one line, each once; a single text counts as a list of one."""
        items = self.items(name)
        if items is None or len(items.given) > most:
            self.note(name, "invalid-list", f"Send a list of at most {most} texts.")
            return []
        texts = (items.line(place, longest) for place in items.given)
        return list(dict.fromkeys(text for text in texts if text is not None))

    def items(self, name: str) -> "Fields | None":
        """Return the items of a list as fields, by their places; None if it is no list."""
        value = self._filled.get(name)
        found = [] if value is None else [value] if isinstance(value, str) else value
        if not isinstance(found, list):
            return None
        by_place = {str(place): item for place, item in enumerate(found)}
        return Fields(by_place, self.problems, (*self.place, name))

    def group(self, name: str) -> "Fields":
        """Return the fields of an object in the object; none where it did not come."""
        value = self._filled.get(name)
        if value is not None and not isinstance(value, dict):
            self.note(name, "invalid-type", "This must be an object.")
            value = None
        return Fields(value or {}, self.problems, (*self.place, name))

    def _text(self, name: str) -> str | None:
        value = self._filled.get(name)
        if value is None or isinstance(value, str):
            return value
        self.note(name, "invalid-type", "This must be text.")
        return None

    def _fit(self, name: str, text: str, longest: int, unfit: re.Pattern[str]) -> str | None:
        if len(text) > longest:
            self.note(name, "too-long", f"Write at most {longest} characters.")
            return None
        if unfit.search(text):
            self.note(name, "control-characters", "Remove the invisible control characters or line breaks.")
            return None
        return text


def _is_blank(value: Any) -> bool:
    """Say whether nothing was sent: null, or a text of nothing but blanks."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()) and not value.strip(BLANKS))
