"""What each sealed column of events, deliveries and attempts is bound to: an envelope opens in its own row alone."""

from uuid import UUID


def body_of(event_id: UUID) -> str:
    """Name the place of an event's document."""
    return f"events.body:{event_id}"


def progress_of(delivery_id: UUID) -> str:
    """Name the place of what the calls of a delivery gave so far."""
    return f"deliveries.progress:{delivery_id}"


def excerpt_of(delivery_id: UUID, number: int) -> str:
    """Name the place of the start of an answer."""
    return f"attempts.excerpt:{delivery_id}.{number}"
