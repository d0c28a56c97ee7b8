"""A mapping of the operator's own: JSON, nested by dots, or form-encoded."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

import orjson
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.destinations.formats.fields import Fields, texts
from app.destinations.formats.format import (
    CREATED,
    FORM_ENCODED,
    Call,
    Document,
    Format,
    FormatSettings,
    Kept,
    Request,
)


class CustomSettings(FormatSettings):
    """Which field gets what, and how the body is written."""

    encoding: Literal["json", "form"] = "json"
    fields: Annotated[Fields, Field(min_length=1)]

    @model_validator(mode="after")
    def _targets_fit(self) -> Self:
        """Refuse `a` beside `a.b`: one field cannot be a value and an object."""
        targets = [tuple(target.split(".")) for target in self.fields]
        if self.encoding == "json":
            inner = {target[:depth] for target in targets for depth in range(1, len(target))}
            if not all(all(target) for target in targets) or inner & set(targets):
                raise PydanticCustomError("targets_collide", "A field is empty, or is a value and an object at once.")
        return self


def _mapped(url: str, document: Document, settings: CustomSettings, _kept: Kept) -> Request:
    if settings.encoding == "form":
        return Request(url, urlencode(texts(settings.fields, document)).encode(), FORM_ENCODED)
    body: dict[str, Any] = {}
    for target, source in settings.fields.items():
        value = source.value_in(document)
        if value is not None:
            _put(body, target.split("."), value)
    return Request(url, orjson.dumps(body))


def _put(body: dict[str, Any], place: list[str], value: Any) -> None:
    for step in place[:-1]:
        body = body.setdefault(step, {})
    body[place[-1]] = value


# Whatever stands behind the address, a second post may make a second record: more than new leads is asked for by name.
CUSTOM = Format(calls=(Call(_mapped),), settings=CustomSettings, is_signed=True, usual=frozenset({CREATED}))
