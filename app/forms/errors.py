"""What forms say no with."""

from http import HTTPStatus

from app.errors import AppError


class FormNotFound(AppError):
    """There is no form with that key, or the key that asks may not see it."""

    status = HTTPStatus.NOT_FOUND
    code = "form-not-found"
    title = "No such form"
    explanation = "There is no form with that key. `freequote form list` shows the keys."

    def __init__(self) -> None:
        super().__init__("There is no form with that key.")


class FormClosed(AppError):
    """The form takes no requests any more."""

    status = HTTPStatus.GONE
    code = "form-closed"
    title = "The form is closed"
    explanation = "This form takes no requests any more. What was sent to it earlier is kept."

    def __init__(self) -> None:
        super().__init__("This form takes no requests any more.")


class FormExists(AppError):
    """The key is taken."""

    status = HTTPStatus.CONFLICT
    code = "form-exists"
    title = "The form's key is taken"
    explanation = "There is a form with that key already. Change it, or choose another key."

    def __init__(self, key: str) -> None:
        super().__init__(f"There is a form {key} already.")


class LetterTextNotFound(AppError):
    """The form has no text of its own for that letter in that language."""

    status = HTTPStatus.NOT_FOUND
    code = "letter-text-not-found"
    title = "No such text"
    explanation = "The form has no text of its own for that letter in that language: the letter says what is usual."

    def __init__(self) -> None:
        super().__init__("The form has no text of its own for that letter in that language.")
