"""What access says no with."""

from http import HTTPStatus
from uuid import UUID

from app.errors import AppError


class NotAuthenticated(AppError):
    """Missing, unknown, revoked and expired keys look the same from outside."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not-authenticated"
    title = "A valid API key is needed"
    explanation = (
        "Send `Authorization: Bearer fq_…` with a key that is known, not revoked and not expired. "
        "Keys in an address are refused: addresses end up in logs."
    )

    def __init__(self) -> None:
        super().__init__("Send a valid API key as `Authorization: Bearer fq_…`.")

    @property
    def headers(self) -> dict[str, str]:
        """The scheme to use (RFC 6750 §3)."""
        return {"WWW-Authenticate": 'Bearer realm="freequote"'}


class MissingScope(AppError):
    """The key is known but may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "missing-scope"
    title = "The key may not do this"
    explanation = "The key is valid, but does not hold the scope that this route needs. `detail` names it."

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}.")


class MoreThanItsMaker(AppError):
    """A key may hand on only what it holds."""

    status = HTTPStatus.FORBIDDEN
    code = "more-than-its-maker"
    title = "A key can hand on only what it holds"
    explanation = "A minted key, or a destination, would see more than the key that makes it."

    def __init__(self, what: str) -> None:
        super().__init__(f"The key that asks does not hold {what}.")


class NeedsAllForms(AppError):
    """What is asked for is of the whole house, and the key is one of some forms."""

    status = HTTPStatus.FORBIDDEN
    code = "needs-all-forms"
    title = "Not for a key of some forms"
    explanation = (
        "The answer would tell of forms that the key may not see. Ask with a key that is not limited to forms."
    )

    def __init__(self) -> None:
        super().__init__("This needs a key that is not limited to some forms.")


class KeyNotFound(AppError):
    """There is no such key."""

    status = HTTPStatus.NOT_FOUND
    code = "key-not-found"
    title = "No such key"
    explanation = "There is no API key with that id."

    def __init__(self, key_id: UUID) -> None:
        super().__init__(f"There is no key {key_id}.")
