"""How a webhook's endpoint is spoken to: the format's settings, who we are to it, and headers of the operator's own."""

import base64
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.destinations.formats import FORMATS
from app.destinations.formats.fields import Source, beyond
from app.destinations.formats.format import Format, FormatSettings
from app.destinations.guard import Guard
from app.destinations.shapes import Include
from app.errors import FieldProblem, InvalidRequest
from app.problems import from_validation

_VISIBLE = r"^[!-~]+$"
_USER_ID = r"^[^:\x00-\x1f\x7f]+$"
"""RFC 7617 §2: no colon and no control character."""
_PASSWORD = r"^[^\x00-\x1f\x7f]+$"  # noqa: S105 - a pattern
_HEADER_VALUE = r"^[!-~](?:[ -~]*[!-~])?$"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset(
    {
        *("host", "content-length", "content-type", "content-encoding", "accept-encoding", "expect", "cookie"),
        # Hop by hop (RFC 9110 §7.6.1, RFC 2616 §13.5.1): they speak of the connection, which is ours.
        *("connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"),
        *("te", "trailer", "trailers", "transfer-encoding", "upgrade", "http2-settings"),
    }
)
_OURS_PREFIX = "webhook-"


class _Auth(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BasicAuth(_Auth):
    """A user name and a password (RFC 7617)."""

    kind: Literal["basic"]
    username: Annotated[str, Field(min_length=1, max_length=200, pattern=_USER_ID)]
    password: Annotated[str, Field(min_length=1, max_length=1000, pattern=_PASSWORD, repr=False)]


class BearerAuth(_Auth):
    """A token that lasts (RFC 6750)."""

    kind: Literal["bearer"]
    token: Annotated[str, Field(min_length=1, max_length=4000, pattern=_VISIBLE, repr=False)]


class OAuth2(_Auth):
    """Tokens fetched when they are needed: by the client's own credentials, or by a refresh token if there is one."""

    kind: Literal["oauth2"]
    token_url: Annotated[
        str, Field(min_length=1, max_length=2000, examples=["https://accounts.zoho.eu/oauth/v2/token"])
    ]
    client_id: Annotated[str, Field(min_length=1, max_length=1000, pattern=_HEADER_VALUE)]
    client_secret: Annotated[str, Field(min_length=1, max_length=1000, pattern=_HEADER_VALUE, repr=False)]
    credentials_in: Annotated[
        Literal["body", "header"], Field(description="Where the token endpoint wants id and secret (RFC 6749 §2.3.1).")
    ] = "body"
    refresh_token: Annotated[str | None, Field(min_length=1, max_length=4000, pattern=_VISIBLE, repr=False)] = None
    scope: Annotated[str | None, Field(min_length=1, max_length=1000, pattern=_HEADER_VALUE)] = None


Auth = Annotated[BasicAuth | BearerAuth | OAuth2, Field(discriminator="kind")]


def _free(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise PydanticCustomError("invalid_header", "This is not the name of a header.")
    if name.lower() in _OURS or name.lower().startswith(_OURS_PREFIX):
        raise PydanticCustomError("header_not_allowed", "This header is not yours to set.")
    return name.lower()


HeaderName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_free)]
HeaderValue = Annotated[str, Field(min_length=1, max_length=4000, pattern=_HEADER_VALUE)]
Headers = Annotated[dict[HeaderName, HeaderValue], Field(max_length=20)]


class Connection(BaseModel):
    """What stands, sealed, in a destination's row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: dict[str, Any] = {}
    auth: Auth | None = None
    headers: Headers = {}


def settings_of(form: Format, connection: Connection) -> FormatSettings:
    """Return a format's settings as the format knows them."""
    return form.settings.model_validate(connection.settings)


def check(connection: Connection, format_name: str, include: Include, guard: Guard) -> Connection:
    """Return the connection as it is to be saved, or raise `InvalidRequest` with all that is wrong with it."""
    form = FORMATS[format_name]
    if connection.auth and "authorization" in connection.headers:
        _refuse("/headers/authorization", "two-authorizations", "Say either `auth` or this header.")
    if list(Include).index(include) < list(Include).index(form.needs):
        _refuse("/include", "include-too-low", f"This format needs at least `{form.needs.value}`.")
    try:
        settings = settings_of(form, connection)
    except ValidationError as error:
        found = from_validation({**one, "loc": ("settings", *one["loc"])} for one in error.errors())
        raise found from None
    fields: dict[str, Source] = getattr(settings, "fields", {})
    too_far = [f"/settings/fields/{_escaped(target)}/path" for target in beyond(fields, include)]
    if too_far:
        raise InvalidRequest([FieldProblem(place, "beyond-include", "`include` keeps this away.") for place in too_far])
    auth = _with_vetted_url(connection.auth, guard)
    if form.needs_auth and auth is None and not connection.headers:
        _refuse("/auth", "missing", "This endpoint wants to know who posts: say `auth`, or a header that holds a key.")
    return connection.model_copy(update={"auth": auth})


def fixed_authorization(auth: BasicAuth | BearerAuth, scheme: str) -> str:
    """Return the `Authorization` header of what needs no fetching."""
    if isinstance(auth, BearerAuth):
        return f"{scheme} {auth.token}"
    return basic(auth.username, auth.password)


def basic(username: str, password: str) -> str:
    """Return the `Authorization` header of a user name and a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _with_vetted_url(auth: Auth | None, guard: Guard) -> Auth | None:
    if not isinstance(auth, OAuth2):
        return auth
    try:
        return auth.model_copy(update={"token_url": guard.check_url(auth.token_url)})
    except InvalidRequest as refusal:
        found = [FieldProblem("/auth/token_url", one.code, one.message) for one in refusal.problems]
    raise InvalidRequest(found)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _refuse(pointer: str, code: str, message: str) -> None:
    raise InvalidRequest([FieldProblem(pointer, code, message)])
