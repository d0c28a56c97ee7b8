"""What the door says no with."""

from http import HTTPStatus

from app.errors import AppError


class OriginNotAllowed(AppError):
    """The page that sent this stands on a site that is not on the form's list."""

    status = HTTPStatus.FORBIDDEN
    code = "origin-not-allowed"
    title = "This website may not send to this form"
    explanation = (
        "The form lists the websites that may send to it, and this one is not among them. The site's owner adds it "
        "with `freequote form add … --origin https://site` or through the API."
    )

    def __init__(self) -> None:
        super().__init__("This website is not on the form's list of allowed origins.")


class IdempotencyKeyReused(AppError):
    """The key came earlier with another request."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency-key-reused"
    title = "The Idempotency-Key belongs to another request"
    explanation = "Use a new Idempotency-Key for each request, and the same one only to send the same request again."

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key came with another request in the last 24 hours.")


class RequestBrokenOff(AppError):
    """The connection ended before the body did; nothing was accepted."""

    status = HTTPStatus.BAD_REQUEST
    code = "request-broken-off"
    title = "The request ended too early"
    explanation = "The connection was closed before the whole request had arrived. Nothing was accepted."

    def __init__(self) -> None:
        super().__init__("The request ended before its body was complete.")
