"""What access says no with."""

from http import HTTPStatus
from uuid import UUID

from app.errors import AppError
from app.limits import TooManyRequests


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


class ForeignOrigin(AppError):
    """A browser that is logged in was made to send this by another site."""

    status = HTTPStatus.FORBIDDEN
    code = "foreign-origin"
    title = "Sent from another site"
    explanation = (
        "A browser's session changes things only from our own pages: `Sec-Fetch-Site` must say `same-origin` or, where "
        "a browser does not send it, `Origin` must be our own address. Scripts use an API key instead."
    )

    def __init__(self) -> None:
        super().__init__("This did not come from a page of ours.")


class NotASession(AppError):
    """Only somebody who is logged in can do this; a key cannot."""

    status = HTTPStatus.FORBIDDEN
    code = "not-a-session"
    title = "For people only"
    explanation = "This concerns one's own account, and a key has none. Log in first."

    def __init__(self) -> None:
        super().__init__("This needs somebody who is logged in.")


class LogInFailed(AppError):
    """Whatever was wrong, it looks the same: the address, the password, the code, or a disabled account."""

    status = HTTPStatus.UNAUTHORIZED
    code = "log-in-failed"
    title = "That did not log you in"
    explanation = "Address, password or code are not right, or the account is disabled. Which it is, is not said."

    def __init__(self) -> None:
        super().__init__("Address, password or code are not right.")


class CodeNeeded(AppError):
    """The password is right, and the account asks for a code besides."""

    status = HTTPStatus.UNAUTHORIZED
    code = "code-needed"
    title = "A code is needed"
    explanation = "Send the same again with `code`, the six digits that the authenticator app shows."

    def __init__(self) -> None:
        super().__init__("Send the code of the authenticator app, too.")


class TooManyLogIns(TooManyRequests):
    """One address tries an account, or many, too often."""

    code = "too-many-log-ins"
    title = "Too many tries to log in"
    explanation = "Too many tries came from this address. Others, from elsewhere, can log in all the same."
    detail_text = "Too many tries to log in. Please try again after a while."


class InvitationNotFound(AppError):
    """There is no such invitation, or it was taken up already, or it is too old."""

    status = HTTPStatus.NOT_FOUND
    code = "invitation-not-found"
    title = "No such invitation"
    explanation = "The invitation was taken up already, or is older than three days. Ask for a new one."

    def __init__(self) -> None:
        super().__init__("There is no such invitation any more.")


class StaffExists(AppError):
    """There is an account with that address already."""

    status = HTTPStatus.CONFLICT
    code = "staff-exists"
    title = "That address has an account"
    explanation = "There is an account with that address. Reset it to send a new invitation."

    def __init__(self) -> None:
        super().__init__("There is an account with that address.")


class StaffNotFound(AppError):
    """There is no such member of staff, or none that who asks may see."""

    status = HTTPStatus.NOT_FOUND
    code = "staff-not-found"
    title = "No such member of staff"
    explanation = "There is no account with that id among those you may see."

    def __init__(self) -> None:
        super().__init__("There is no such member of staff.")


class KeyNotFound(AppError):
    """There is no such key."""

    status = HTTPStatus.NOT_FOUND
    code = "key-not-found"
    title = "No such key"
    explanation = "There is no API key with that id."

    def __init__(self, key_id: UUID) -> None:
        super().__init__(f"There is no key {key_id}.")
