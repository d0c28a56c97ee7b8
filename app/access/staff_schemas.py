"""Staff and their sessions as the API and the command line show them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.access.models import StaffAccount
from app.access.passwords import LONGEST
from app.access.roles import Role
from app.access.schemas import FORM_KEY, PLAIN_NAME

Email = Annotated[
    str,
    StringConstraints(to_lower=True, max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"),
    Field(examples=["ines.ortega@clinic.example"]),
]
Given = Annotated[str, Field(max_length=LONGEST * 4)]
"""A password as it is typed; which ones will do is judged elsewhere."""
Code = Annotated[str, Field(max_length=16, examples=["492039"])]


Name = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN_NAME, examples=["Inés Ortega"])]
Forms = Annotated[
    list[Annotated[str, Field(pattern=FORM_KEY)]],
    Field(max_length=200, description="Keys of the forms they may see; empty: all."),
]


class NewStaff(BaseModel):
    """A member of staff to be invited."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Name
    role: Role
    forms: Forms = []


class StaffChange(BaseModel):
    """What is to change on an account; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    role: Role | None = None
    forms: Forms | None = None


class StaffOut(BaseModel):
    """A member of staff."""

    id: UUID
    email: str
    name: str
    role: Role
    forms: list[str]
    state: Literal["invited", "active", "disabled"]
    totp: Annotated[bool, Field(description="Whether a code is asked for at log-in.")]
    bound: Annotated[bool, Field(description="Whether they sign in through the provider, too.")]
    created_at: datetime

    @classmethod
    def of(cls, account: StaffAccount) -> Self:
        """Show an account."""
        bound = account.oidc_subject is not None
        state = "disabled" if account.disabled_at else "active" if account.password or bound else "invited"
        columns = ("id", "email", "name", "role", "forms", "created_at")
        shown = {name: getattr(account, name) for name in columns}
        return cls.model_validate({**shown, "state": state, "totp": account.totp is not None, "bound": bound})


class Invited(StaffOut):
    """A member of staff who was just invited, with the link, this once."""

    link: Annotated[str, Field(description="Opens once. Whoever has it sets the password: hand it over in person.")]
    invited_until: datetime


class Joining(BaseModel):
    """An invitation taken up."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=100)]
    password: Given


class LogIn(BaseModel):
    """Who logs in."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=254)]
    password: Given
    code: Annotated[Code | None, Field(description="Of the authenticator app, where one is set up.")] = None


class PasswordChange(BaseModel):
    """One's own password, changed."""

    model_config = ConfigDict(extra="forbid")

    current: Given
    new: Given


class Confirmed(BaseModel):
    """Said again by whoever sits there: the session alone is not enough."""

    model_config = ConfigDict(extra="forbid")

    password: Given


class TotpCode(BaseModel):
    """The first code of a new authenticator app."""

    model_config = ConfigDict(extra="forbid")

    code: Code


class Enrolment(BaseModel):
    """A secret for an authenticator app, shown this once; it counts from the first code on."""

    secret: Annotated[str, Field(description="Base 32, for typing.")]
    uri: Annotated[str, Field(description="`otpauth://…`, for a QR code.")]


class Me(BaseModel):
    """Who asks, and what they may do."""

    kind: Literal["key", "staff"]
    id: UUID
    name: str
    scopes: list[str]
    forms: list[str]
    role: Role | None = None
    totp: Annotated[
        Literal["on", "off", "needed"] | None,
        Field(description="Of staff: `needed` means that nothing else works until an authenticator app is set up."),
    ] = None
