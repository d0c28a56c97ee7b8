"""Errors are nouns with a status and a code; one handler turns each into a problem (RFC 9457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field. It never holds the value: that may be personal data."""

    pointer: str
    """A JSON pointer (RFC 6901) to the field, `/email` for instance."""
    code: str
    """What is wrong, for programs: `invalid-email`."""
    message: str
    """What is wrong, for people, in English."""


class AppError(Exception):
    """Anything that a caller is told about, as a status, a stable code and a sentence."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong inside"
    explanation: ClassVar[str] = "A fault on our side. Nothing that was accepted is lost."
    """What the page behind the problem's `type` says."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the answer."""
        return {}


class InvalidRequest(AppError):
    """The caller's input breaks a rule; `problems` says which, field by field."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid-request"
    title = "Some fields are not right"
    explanation = "One or more fields break a rule. `errors` names each by a JSON pointer, with a code and a sentence."

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        count = len(problems)
        super().__init__("One field is not right." if count == 1 else f"{count} fields are not right.")
        self.problems = list(problems)


class OutOfReach(AppError):
    """Something we need does not answer; the same request may be sent again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "out-of-reach"
    title = "Not available for a moment"
    explanation = (
        "Something the service needs does not answer. Send the same request again after `Retry-After` seconds; "
        "with the same Idempotency-Key no second lead can come of it."
    )

    def __init__(self, detail: str = "The service cannot do this right now. Please send it again.") -> None:
        super().__init__(detail)

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": "5"}


class Refusal(Exception):
    """A command or a start-up that will not go on, with a sentence that says what to do."""
