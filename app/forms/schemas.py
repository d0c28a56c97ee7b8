"""Forms and wordings as the API and the command line show them."""

from datetime import datetime
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

import idna
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.forms import limits
from app.forms.fields import FIELDS, check_aliases, check_fields
from app.forms.limits import Limits
from app.forms.models import Form, WordingSet
from app.forms.themes import USUAL, Theme, ThemeChange
from app.forms.wordings import AnswerWithin

FORM_KEY_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
LINE_PATTERN = r"^[^\x00-\x1f\x7f]*$"
"""What a name may hold: PostgreSQL refuses NUL, and a line break would end the header of a letter."""
_PROSE_PATTERN = r"^[^\x00]*$"
_DEFAULT_PORTS = {"https": 443, "http": 80}


def origin_of(text: str) -> str:
    """Return an origin as browsers send it: scheme, host in small ASCII letters, port only if unusual."""
    parts = _web_address(text)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("an origin is scheme and host alone, for example https://clinic.example")
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORTS[parts.scheme] else ""
    return f"{parts.scheme}://{_host(parts.hostname or '')}{port}"


def _host(name: str) -> str:
    if name.isascii():
        return f"[{name}]" if ":" in name else name
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError("write a plain address that starts with https:// (or http://)") from None


def _redirect(text: str) -> str:
    _web_address(text)
    return text


def _web_address(text: str) -> SplitResult:
    unsafe = any(letter <= " " or letter in '\\"<>' or letter == "\x7f" for letter in text)
    parts = urlsplit(text)
    if unsafe or parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError("write a plain address that starts with https:// (or http://)")
    _ = parts.port  # raises ValueError where it is no number
    return parts


Origin = Annotated[str, AfterValidator(origin_of), Field(max_length=300, examples=["https://clinic.example"])]
Redirect = Annotated[str, AfterValidator(_redirect), Field(max_length=500, examples=["https://clinic.example/thanks"])]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["es"])]
FormKey = Annotated[str, Field(pattern=FORM_KEY_PATTERN, examples=["clinic-es"])]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE_PATTERN, examples=["Clinic, Spanish site"])]
Recipient = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE_PATTERN)]
Fields = Annotated[
    list[str],
    AfterValidator(check_fields),
    Field(
        max_length=len(FIELDS),
        description="What the page asks for, in this order within its parts; empty: everything, in the usual order.",
        examples=[["condition", "message", "name", "country", "email", "phone"]],
    ),
]
Aliases = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=100, pattern=LINE_PATTERN)], str],
    AfterValidator(check_aliases),
    Field(
        max_length=50,
        description="The site's own names of fields in a plain HTML form, each with the name of the contract.",
        examples=[{"your-name": "name", "telefono": "phone", "acepto": "consent.privacy"}],
    ),
]
ConsentText = Annotated[str, Field(min_length=1, max_length=4000, pattern=_PROSE_PATTERN)]


class FormSettings(BaseModel):
    """What can be set on a form."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    languages: Annotated[list[Language], Field(min_length=1, max_length=40)] = ["en"]
    origins: Annotated[
        list[Origin],
        Field(max_length=50, description="Sites that may post from a browser. Empty: any in development, none else."),
    ] = []
    redirects: Annotated[
        list[Redirect],
        Field(max_length=50, description="Addresses a plain form may name; the first is the thank-you address."),
    ] = []
    is_open: bool = True
    fields: Fields = []
    aliases: Aliases = {}
    theme: Theme = USUAL
    limits: Limits = limits.USUAL


ProofOfWork = Annotated[
    bool,
    Field(description="Whether browsers solve a puzzle while people type; without the solution more speaks for spam."),
]
Turnstile = Annotated[
    bool,
    Field(
        description="Whether Cloudflare's Turnstile runs on its pages once somebody begins to write. Cloudflare then "
        "learns who asks about an illness, and its script runs beside what they write: `proof_of_work` tells nobody. "
        "It cannot be switched on before the installation has a site key and a secret."
    ),
]
Acknowledge = Annotated[bool, Field(description="Whether enquirers get a letter that says that their request arrived.")]
ReplyTo = Annotated[
    str | None,
    Field(min_length=3, max_length=254, description="Where answers to that letter go; null: to its sender."),
]

Within = Annotated[
    AnswerWithin | None,
    Field(description="By when staff answer, as the default texts say it to enquirers; null: they promise nothing."),
]


class NewForm(FormSettings):
    """A form to be made."""

    key: FormKey
    proof_of_work: ProofOfWork = False
    turnstile: Turnstile = False
    acknowledge: Acknowledge = False
    reply_to: ReplyTo = None
    answer_within: Within = None


class FormChange(BaseModel):
    """What is to change on a form; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    languages: Annotated[list[Language], Field(min_length=1, max_length=40)] | None = None
    origins: Annotated[list[Origin], Field(max_length=50)] | None = None
    redirects: Annotated[list[Redirect], Field(max_length=50)] | None = None
    is_open: bool | None = None
    fields: Fields | None = None
    aliases: Aliases | None = None
    theme: ThemeChange | None = None
    limits: Limits | None = None
    proof_of_work: ProofOfWork | None = None
    turnstile: Turnstile | None = None
    acknowledge: Acknowledge | None = None
    reply_to: ReplyTo = None
    answer_within: Within = None


class FormOut(BaseModel):
    """A form, as staff see it."""

    key: str
    name: str
    languages: list[str]
    origins: list[str]
    redirects: list[str]
    is_open: bool
    proof_of_work: bool
    turnstile: bool
    acknowledge: bool
    reply_to: str | None
    answer_within: AnswerWithin | None
    fields: list[str]
    aliases: dict[str, str]
    theme: Theme
    limits: Limits
    created_at: datetime

    @classmethod
    def of(cls, form: Form) -> Self:
        """Show a form."""
        return cls.model_validate(form, from_attributes=True)


class NewWording(BaseModel):
    """New texts for one language; they make a new wording set and leave the old ones as they are."""

    model_config = ConfigDict(extra="forbid")

    language: Language
    privacy: ConsentText
    health_data: ConsentText
    sharing: ConsentText | None = None
    marketing: ConsentText | None = None
    notice: ConsentText
    next: Annotated[
        ConsentText | None,
        Field(description="What happens next: who reads the request, and by when. Absent: the default sentence."),
    ] = None
    recipients: Annotated[list[Recipient], Field(max_length=50)] = []


class WordingOut(BaseModel):
    """A wording set: exactly what is shown, and its hash."""

    id: UUID
    language: str
    texts: dict[str, str]
    recipients: list[str]
    hash: str
    created_at: datetime

    @classmethod
    def of(cls, wording: WordingSet) -> Self:
        """Show a wording set."""
        return cls.model_validate(wording, from_attributes=True)


class TimeToken(BaseModel):
    """Shows, when it comes back as `fq_token`, when a page was drawn and for which form."""

    token: str


class PublicForm(BaseModel):
    """What a page needs to draw the form."""

    key: str
    name: str
    languages: list[str]
    fields: Annotated[list[str], Field(description="What the form asks for, in the order of the page.")]
    proof_of_work: ProofOfWork
    turnstile_site_key: Annotated[
        str | None, Field(description="By which a page renders Cloudflare's Turnstile; null: the form does without it.")
    ]
    wordings: Annotated[dict[str, WordingOut], Field(description="The current wording set of each language.")]
