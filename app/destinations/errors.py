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


class BuiltIn(AppError):
    """A destination that belongs to a form's settings is neither changed nor deleted by itself."""

    status = HTTPStatus.CONFLICT
    code = "destination-built-in"
    title = "This destination belongs to its form"
    explanation = (
        "The destination that acknowledges requests to enquirers comes and goes with the form's setting `acknowledge`. "
        "It can be paused and resumed like any other; everything else about it is set at the form."
    )

    def __init__(self) -> None:
        super().__init__("This destination is part of its form; change the form's `acknowledge` instead.")


class NothingToRotate(AppError):
    """The destination's posts are not signed, so there is no secret to change."""

    status = HTTPStatus.CONFLICT
    code = "no-signing-secret"
    title = "Nothing is signed there"
    explanation = (
        "Only webhooks of the formats `standard` and `custom` are signed; the others have no secret to change."
    )

    def __init__(self) -> None:
        super().__init__("What goes to this destination is not signed.")
