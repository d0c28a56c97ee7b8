"""What deliveries say no with."""

from http import HTTPStatus

from app.errors import AppError


class DeliveryNotFound(AppError):
    """There is no such delivery, or it belongs to a form that the key may not see."""

    status = HTTPStatus.NOT_FOUND
    code = "delivery-not-found"
    title = "No such delivery"
    explanation = "There is no delivery with that id among those this key may see."

    def __init__(self) -> None:
        super().__init__("There is no delivery with that id.")


class NotRetriable(AppError):
    """A delivery that is under way, done or withheld is not sent again."""

    status = HTTPStatus.CONFLICT
    code = "delivery-not-retriable"
    title = "This delivery is not sent again"
    explanation = (
        "Only a delivery that waits or has failed can be tried again. One that is being sent has its answer to come; "
        "one that was withheld may not go out; one that was cancelled, like all of an erased lead, has nothing left to "
        "send."
    )

    def __init__(self, state: str) -> None:
        super().__init__(f"The delivery is {state}; only one that is pending or failed is tried again.")


class ReplayUnderWay(AppError):
    """One replay at a time for a destination: two would send the same deliveries twice."""

    status = HTTPStatus.CONFLICT
    code = "replay-under-way"
    title = "A replay is under way"
    explanation = "The destination has a replay that is not finished. Wait until it is, then order the next."

    def __init__(self) -> None:
        super().__init__("A replay for this destination is under way.")
