"""What every way for letters can do."""

from email.message import EmailMessage
from typing import Protocol

from app.deliveries.policy import Outcome


class MailChannel(Protocol):
    """A way for letters out of the house."""

    async def send(self, message: EmailMessage, recipient: str) -> Outcome:
        """Hand over one letter for one address; raises nothing that the other side can cause."""

    async def check(self) -> str:
        """Say in a sentence that the channel works, or raise `Refusal`."""

    async def aclose(self) -> None:
        """Close what it keeps open."""
