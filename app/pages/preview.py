"""A form as its page would be: before it is open, and with changes that are not made yet.

The changes travel in the page's own address, signed: nothing is stored, and nobody but us can make such an address.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated
from urllib.parse import quote

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import HTMLResponse

from app.database import DOOR_PATIENCE_SECONDS
from app.errors import FieldProblem, InvalidRequest
from app.forms import service as forms
from app.forms.errors import FormNotFound
from app.forms.models import WordingSet
from app.forms.schemas import FormChange, FormOut, Language, NewWording
from app.pages.form import form_page
from app.pages.views import Wish, view_of
from app.parts import Parts

LASTS = timedelta(hours=24)
_DRAWN = {"name", "languages", "fields", "theme", "answer_within"}
"""The settings that a page shows; others may be named, and make no difference."""
_LONGEST = 6000
"""Letters of an address's last part: some proxies take no more than 8,000 in all."""
_MAC_BYTES = 18
_PERSON = b"fq.form.preview"


class Draft(BaseModel):
    """Changes that are not made yet."""

    model_config = ConfigDict(extra="forbid")

    change: Annotated[FormChange, Field(description="As a change of the form's settings; what is left out stays.")] = (
        FormChange()
    )
    wording: Annotated[NewWording | None, Field(description="New texts for one language.")] = None
    language: Annotated[Language | None, Field(description="Which to show; absent: the visitor's.")] = None


class Preview(BaseModel):
    """Where to look at it, and for how long. Whoever has the address may."""

    address: str
    expires_at: datetime


async def preview(house: Parts, key: str, draft: Draft) -> Preview:
    """Return the address of a form's preview.

    Errors: `FormNotFound`; `InvalidRequest` if the changes are too long for an address.
    """
    await _drafted(house, key, draft)
    until = (house.clock.now() + LASTS).replace(microsecond=0)
    change = draft.change.model_dump(mode="json", include=_DRAWN, exclude_unset=True)
    told = {**draft.model_dump(mode="json", exclude_none=True), "change": change}
    said = zlib.compress(orjson.dumps({"until": int(until.timestamp()), "draft": told}), 9)
    ticket = base64.urlsafe_b64encode(_mac(house, key, said) + said).decode("ascii")
    if len(ticket) > _LONGEST:
        raise InvalidRequest([FieldProblem("/wording", "too-long", "These texts are too long for a preview.")])
    return Preview(address=f"{house.settings.base_url}/forms/{quote(key)}/preview/{ticket}", expires_at=until)


async def previewed(house: Parts, key: str, ticket: str, accept_language: str | None = None) -> HTMLResponse:
    """Draw the page behind a preview's address. Errors: `FormNotFound`, also for an address that is none of ours."""
    return await _draw(house, key, _read(house, key, ticket), accept_language)


async def page_of(house: Parts, key: str, draft: Draft) -> str:
    """Return the page itself, which needs nothing else to be looked at. Errors: `FormNotFound`."""
    return bytes((await _draw(house, key, draft)).body).decode()


async def _draw(house: Parts, key: str, draft: Draft, accept_language: str | None = None) -> HTMLResponse:
    form, wordings = await _drafted(house, key, draft)
    view = view_of(house, form, wordings, Wish((draft.language,), accept_language))
    return form_page(replace(view, is_preview=True, token="", turnstile="", frame_origins=()), {})


async def _drafted(house: Parts, key: str, draft: Draft) -> tuple[FormOut, Mapping[str, WordingSet]]:
    """Return a form and its wordings as they would be after the changes."""
    now = house.clock.now()
    async with house.database.read(DOOR_PATIENCE_SECONDS) as session:
        found = await forms.get(session, key)
        there = await forms.current_wordings(session, key)
    changes = forms.changes_of(draft.change, found)
    form = FormOut.model_validate({**FormOut.of(found).model_dump(), **changes})
    new = forms.lacking(form, there, now)
    if draft.wording is not None:
        new.append(forms.worded(form, draft.wording, now))
        form.languages = list(dict.fromkeys([*form.languages, draft.wording.language]))
    return form, {**there, **{wording.language: wording for wording in new}}


def _read(house: Parts, key: str, ticket: str) -> Draft:
    try:
        raw = base64.b64decode(ticket.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise FormNotFound from None
    mac, said = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(house, key, said)):
        raise FormNotFound
    told = orjson.loads(zlib.decompress(said))
    if datetime.fromtimestamp(told["until"], UTC) <= house.clock.now():
        raise FormNotFound
    try:
        return Draft.model_validate(told["draft"])
    except ValidationError:
        # Of a release that knew other settings.
        raise FormNotFound from None


def _mac(house: Parts, key: str, said: bytes) -> bytes:
    text = key.encode() + b"\0" + said
    return blake2b(text, digest_size=_MAC_BYTES, key=house.keyring.form_tokens, person=_PERSON).digest()
