"""The audit as the API and the command line show it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.audit.actions import Action
from app.clock import Moment

_PLAIN = r"^[a-z0-9:_.-]+$"


class AuditFilters(BaseModel):
    """Which entries a list shows."""

    model_config = ConfigDict(extra="forbid")

    actor: Annotated[str | None, Field(pattern=_PLAIN, max_length=64, examples=["cli"])] = None
    action: Action | None = None
    subject: Annotated[str | None, Field(pattern=_PLAIN, max_length=128, examples=["form:clinic-es"])] = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Annotated[Moment | None, Field(description="Acts before this moment.")] = None


class AuditOut(BaseModel):
    """Who did what, to what, and when."""

    id: int
    at: datetime
    actor: Annotated[str, Field(description="`key:<id>`, `staff:<id>`, `cli`, `door`, `enquirer` or `nobody`.")]
    action: str
    subject: Annotated[str, Field(examples=["lead:01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3"])]
    details: dict[str, Any]
    position: Annotated[int | None, Field(description="Its place in the chain; null: it will get one in a moment.")]


class AuditList(BaseModel):
    """One page of entries, newest first."""

    items: list[AuditOut]
    next_cursor: str | None


class Fault(BaseModel):
    """One place where the chain is not what it was."""

    position: int
    fault: Annotated[str, Field(examples=["changed"])]
    detail: str


class Verification(BaseModel):
    """Whether every entry is there, unchanged and in its order."""

    ok: bool
    entries: Annotated[int, Field(description="How many were checked.")]
    waiting: Annotated[int, Field(description="How many are not chained yet; more than a moment's means no worker.")]
    position: int
    hash: Annotated[str, Field(description="Of the last entry. Keep it elsewhere to compare it later.")]
    public_key: Annotated[str, Field(description="Ed25519, base64; checks the signatures of checkpoints.")]
    checkpoints: Annotated[int, Field(description="How many checkpoints outside the database were compared.")]
    faults: list[Fault]
