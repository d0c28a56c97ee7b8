"""What leads say no with."""

from http import HTTPStatus

from app.access.errors import MissingScope
from app.errors import AppError, InvalidRequest
from app.limits import TooManyRequests


class LeadNotFound(AppError):
    """There is no such lead, or it came through a form that the key may not see."""

    status = HTTPStatus.NOT_FOUND
    code = "lead-not-found"
    title = "No such lead"
    explanation = "There is no lead with that id or reference among those this key may see."

    def __init__(self) -> None:
        super().__init__("There is no lead with that id or reference.")


class SearchNeedsContact(MissingScope):
    """Whoever may not see contact data could otherwise confirm it: the hits of a search say what was looked for."""

    code = "search-needs-contact"
    title = "Not to be looked for without seeing it"
    explanation = (
        "Names, e-mail addresses and phone numbers can be looked for with the scope `leads:contact` alone: without it "
        "they are masked, and a search that finds a lead would say what the mask hides. A reference in `q`, and every "
        "filter but `email` and `phone`, works without it."
    )

    def __init__(self) -> None:
        AppError.__init__(
            self, "To look for names, addresses or numbers needs the scope leads:contact; a reference does not."
        )


class StaleLead(AppError):
    """Somebody else changed the lead in between."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "stale-lead"
    title = "The lead has changed meanwhile"
    explanation = "The lead's version is not the one in `If-Match`. Read it again, then decide again."

    def __init__(self) -> None:
        super().__init__("The lead was changed after the version in If-Match.")


class NotHeld(AppError):
    """The lead is not held, so there is nothing to release or to reject."""

    status = HTTPStatus.CONFLICT
    code = "lead-not-held"
    title = "The lead is not held"
    explanation = "Only a lead that is held as suspected spam can be released or rejected, and only once."

    def __init__(self) -> None:
        super().__init__("The lead is not held, or was released or rejected already.")


class LeadsNotFound(InvalidRequest):
    """Of several leads some are not there, or came through a form that the key may not see."""

    status = HTTPStatus.NOT_FOUND
    code = "leads-not-found"
    title = "Some of the leads do not exist"
    explanation = "There is no lead with some of those ids or references; `errors` points at them. None was changed."


class TooManyOpened(TooManyRequests):
    """Somebody opens leads faster than anyone can read them."""

    code = "too-many-opened"
    title = "Too many leads opened at once"
    explanation = (
        "Opening a lead shows everything about a person, so a key, or a member of staff, can open only so many in a "
        "minute. Open the next one after `Retry-After` seconds; for many at once there are the list and the export."
    )
    detail_text = "Too many leads were opened in a short time. Please open the next one in a moment."
