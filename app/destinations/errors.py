"""What destinations say no with."""

from http import HTTPStatus

from app.errors import AppError


class DestinationNotFound(AppError):
    """There is no such destination, or it serves a form that the key may not see."""

    status = HTTPStatus.NOT_FOUND
    code = "destination-not-found"
    title = "No such destination"
    explanation = "There is no destination with that id among those this key may see."

    def __init__(self) -> None:
        super().__init__("There is no destination with that id.")
