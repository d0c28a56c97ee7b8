"""What a format is: the calls that bring one event to one kind of endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.destinations.shapes import ERASED, Include

Document = dict[str, Any]
"""An event in the standard shape, already cut down to what the destination may know."""
Kept = Mapping[str, str | int]
"""What the answers to earlier calls gave for the later ones."""

JSON = "application/json"
FORM_ENCODED = "application/x-www-form-urlencoded"
CREATED = "lead.created"
UPDATED = "lead.updated"
EVERY_EVENT = frozenset({CREATED, UPDATED, ERASED})


class FormatSettings(BaseModel):
    """What an operator says about an endpoint; none of it is a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, without what identifies or signs it."""

    url: str
    body: bytes
    content_type: str | None = JSON
    method: Literal["POST", "GET"] = "POST"

    @property
    def headers(self) -> dict[str, str]:
        """What the body is, if there is one."""
        return {"content-type": self.content_type} if self.content_type else {}


class NotTaken(Exception):
    """The answer says, whatever its status, that nothing was taken. Its words hold nothing that a visitor sent."""


def _nothing(_answer: bytes) -> Kept:
    return {}


@dataclass(frozen=True, slots=True)
class Call:
    """One of a format's calls: how to write it, and what its answer gives for the next one."""

    write: Callable[[str, Document, Any, Kept], Request | None]
    """From the destination's URL, the event, the format's settings, and what earlier calls gave; None: not needed."""
    read: Callable[[bytes], Kept] = _nothing
    """Reads the answer to a 2xx; raises `NotTaken`."""
    example: bytes = b""
    """Such an answer, invented, for previews."""


@dataclass(frozen=True, slots=True)
class Format:
    """How events are brought to one kind of endpoint."""

    calls: tuple[Call, ...]
    settings: type[FormatSettings] = FormatSettings
    url: str | None = None
    """Where it goes unless the operator says otherwise."""
    is_signed: bool = False
    needs: Include = Include.REFERENCE
    """The least it can work with."""
    needs_auth: bool = False
    auth_scheme: str = "Bearer"
    carries: frozenset[str] = EVERY_EVENT
    """The types of event that it can express at all."""
    usual: frozenset[str] = EVERY_EVENT
    """Those that a destination gets which names none."""
