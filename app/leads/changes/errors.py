"""What the feed says no with."""

from http import HTTPStatus

from app.errors import AppError


class CursorExpired(AppError):
    """The cursor names a place that this database does not know."""

    status = HTTPStatus.GONE
    code = "cursor-expired"
    title = "The cursor is no longer known"
    explanation = (
        "The cursor was not made here, or the database was restored from a backup that is older than it. Read the "
        "changes from the start; whatever you have already, in that version or a newer one, you may pass over."
    )

    def __init__(self) -> None:
        super().__init__("There is no such place among the changes. Read them from the start.")


class TooManyStreams(AppError):
    """This process holds as many streams open as it may."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "too-many-streams"
    title = "Too many streams are open"
    explanation = "Each process keeps a bounded number of streams open. Connect again later, or poll `GET /v1/changes`."

    def __init__(self) -> None:
        super().__init__("Too many streams are open here. Connect again later, or poll the changes.")

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": "30"}
