"""Keys as the API and the command line show them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.access.models import ApiKey
from app.access.scopes import Scope
from app.clock import Moment

FORM_KEY = r"^[a-z0-9-]{1,63}$"
PLAIN_NAME = r"^[^\x00-\x1f\x7f]*$"


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN_NAME, examples=["Front desk"])]
    scopes: Annotated[list[Scope], Field(min_length=1)]
    forms: Annotated[
        list[Annotated[str, Field(pattern=FORM_KEY)]],
        Field(max_length=200, description="Keys of the forms it may see; empty: all."),
    ] = []
    expires_at: Moment | None = None


class KeyOut(BaseModel):
    """A key without its secret."""

    id: UUID
    name: str
    scopes: list[Scope]
    forms: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Show a key."""
        return cls.model_validate(key, from_attributes=True)


class MintedKey(KeyOut):
    """A key just made, with its secret, this once."""

    secret: Annotated[str, Field(examples=["fq_…"])]
