"""The parts of the running service that a route may ask for; `create_app` puts them together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from app.clock import Clock
from app.database import Database
from app.sealing.keyring import Keyring
from app.settings import Settings


def nobody_listens() -> None:
    """Stand in where nobody passes a hint on; polling finds what was promised."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every room works with."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock
    hint: Callable[[], None] = field(default=nobody_listens)
    """Called after a commit that promised something, so that a worker, here or elsewhere, looks at once."""


def get_parts(request: Request) -> Parts:
    """Return the parts of the app that the request came to."""
    parts: Parts = request.app.state.parts
    return parts


House = Annotated[Parts, Depends(get_parts)]
