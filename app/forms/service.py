"""Make, change and find forms and their wordings."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.database import DOOR_PATIENCE_SECONDS, Database, insert_if_absent
from app.forms import proofs, time_tokens
from app.forms.configuration import changed
from app.forms.errors import FormClosed, FormExists, FormNotFound
from app.forms.fields import in_parts
from app.forms.limits import Limits
from app.forms.models import Form, WordingSet
from app.forms.proofs import Challenge
from app.forms.schemas import FORM_KEY_PATTERN, FormChange, FormOut, NewForm, NewWording, PublicForm, WordingOut
from app.forms.themes import ThemeChange
from app.forms.turnstile import site_key
from app.forms.wordings import (
    NEXT,
    PURPOSES,
    TOLD,
    AnswerWithin,
    default_texts,
    kept_up,
    wording_hash,
    wordings_for,
)
from app.ids import new_id
from app.languages.countries import SPOKEN
from app.sealing.keyring import Keyring
from app.settings import Settings

DEFAULT_FORM = "default"
_KEY = re.compile(FORM_KEY_PATTERN)
_ABSENT_IF_NULL = {"reply_to", "answer_within"}


async def add(session: AsyncSession, new: NewForm, now: datetime) -> Form:
    """Make a form, with the default wording in each of its languages that we speak, or raise `FormExists`.

    Whoever makes or changes a form goes through `app.deliveries.acknowledging`, which knows what hangs on its switch.
    """
    if not await _insert(session, new, now):
        raise FormExists(new.key)
    return await session.get_one(Form, new.key)


async def ensure_default(database: Database, now: datetime) -> None:
    """Make the form `default`, in every language that we speak, if it is not there."""
    async with database.begin() as session:
        await _insert(session, NewForm(key=DEFAULT_FORM, name="Quote request", languages=list(SPOKEN)), now)


async def _insert(session: AsyncSession, new: NewForm, now: datetime) -> bool:
    row = {**new.model_dump(), "created_at": now}
    inserted = await session.scalar(insert_if_absent(session, Form).values(row).returning(Form.key))
    if inserted is not None:
        languages = wordings_for(new.languages)
        session.add_all(_default_wording(new.key, language, now, new.answer_within) for language in languages)
        await changed(session)
    return inserted is not None


async def list_forms(database: Database, visible: Sequence[str] = ()) -> list[FormOut]:
    """Return the forms in the order of their keys; `visible` limits them, empty means all."""
    query = select(Form).order_by(Form.key)
    if visible:
        query = query.where(Form.key.in_(visible))
    async with database.read() as session:
        return [FormOut.of(form) for form in await session.scalars(query)]


async def get(session: AsyncSession, key: str) -> Form:
    """Return a form, or raise `FormNotFound`."""
    # What cannot be a key is not looked up: PostgreSQL does not take every text.
    form = await session.get(Form, key) if _KEY.fullmatch(key) else None
    if form is None:
        raise FormNotFound
    return form


async def find(database: Database, key: str) -> Form:
    """Return a form that takes requests, or raise `FormNotFound` or `FormClosed`."""
    async with database.read(DOOR_PATIENCE_SECONDS) as session:
        form = await get(session, key)
    if not form.is_open:
        raise FormClosed
    return form


async def settings_of(database: Database, key: str) -> FormOut:
    """Return a form as staff see it, or raise `FormNotFound`."""
    async with database.read(DOOR_PATIENCE_SECONDS) as session:
        return FormOut.of(await get(session, key))


async def update(session: AsyncSession, key: str, wanted: FormChange) -> Form:
    """Change what is named in `wanted`, or raise `FormNotFound`. Nobody else changes the form until the commit."""
    form = await get(session, key)
    await session.refresh(form, with_for_update=True)
    for name, value in changes_of(wanted, form).items():
        setattr(form, name, value)
    await changed(session)
    return form


def changes_of(wanted: FormChange, form: Form) -> dict[str, Any]:
    """Return the settings that a change of a form names, as they are stored."""
    named = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    return {
        name: value.on(getattr(form, name)) if isinstance(value, (ThemeChange, Limits)) else value
        for name, value in named.items()
        if value is not None or name in _ABSENT_IF_NULL
    }


async def learn(session: AsyncSession, form: Form, now: datetime) -> None:
    """Add the wordings that a form lacks after a change: see `lacking`."""
    session.add_all(lacking(form, await current_wordings(session, form.key), now))


def lacking(form: Form | FormOut, there: Mapping[str, WordingSet], now: datetime) -> list[WordingSet]:
    """Return the default wording in those of a form's languages that we speak and it has no texts in.

    Where default texts promise another time for the answer than the form does now, new ones come with them.
    """
    missing = [language for language in wordings_for(form.languages) if language not in there]
    found = [_default_wording(form.key, language, now, form.answer_within) for language in missing]
    for language, wording in there.items():
        texts = kept_up(language, wording.texts, form.answer_within)
        if texts != wording.texts:
            found.append(_wording(form.key, language, texts, wording.recipients, now))
    return found


async def add_wording(
    database: Database, key: str, new: NewWording, now: datetime, *, by: Principal | None = None
) -> WordingOut:
    """Make a new wording set, which from now on is the one shown in its language."""
    async with database.begin() as session:
        form = await get(session, key)
        wording = worded(form, new, now)
        session.add(wording)
        note(session, by, Action.WORDING_MADE, f"form:{key}", wording=str(wording.id), language=new.language)
        if new.language not in form.languages:
            form.languages = [*form.languages, new.language]
        await changed(session)
    return WordingOut.of(wording)


def worded(form: Form | FormOut, new: NewWording, now: datetime) -> WordingSet:
    """Return the wording set that new texts make. What a page would say by default is in it, so that it is proven."""
    texts = new.model_dump(include={*PURPOSES, *TOLD}, exclude_none=True)
    texts.setdefault(NEXT, default_texts(new.language, form.answer_within)[NEXT])
    return _wording(form.key, new.language, texts, new.recipients, now)


async def public(database: Database, settings: Settings, key: str) -> PublicForm:
    """Return what a page needs to draw the form; errors as in `find`."""
    form = await find(database, key)
    async with database.read(DOOR_PATIENCE_SECONDS) as session:
        wordings = await current_wordings(session, key)
    shown = {language: WordingOut.of(wording) for language, wording in wordings.items()}
    fields = [field for part in in_parts(form.fields).values() for field in part]
    return PublicForm(
        key=form.key,
        name=form.name,
        languages=form.languages,
        fields=fields,
        proof_of_work=form.proof_of_work,
        turnstile_site_key=site_key(settings, form) or None,
        wordings=shown,
    )


async def time_token(database: Database, keyring: Keyring, key: str, now: datetime) -> str:
    """Return a signed time token for a form that takes requests; errors as in `find`."""
    form = await find(database, key)
    return time_tokens.issue(keyring.form_tokens, form.key, now)


async def challenge(database: Database, keyring: Keyring, key: str, now: datetime) -> Challenge:
    """Return a challenge to prove work by, for a form that takes requests; errors as in `find`."""
    form = await find(database, key)
    return proofs.challenge(keyring.form_tokens, form.key, now)


async def current_wordings(session: AsyncSession, form_key: str) -> dict[str, WordingSet]:
    """Return the newest wording set of each language."""
    query = wordings().where(WordingSet.form_key == form_key)
    return {wording.language: wording for wording in await session.scalars(query)}


def wordings() -> Select[WordingSet]:
    """Select wording sets, the newest of each language last."""
    return select(WordingSet).order_by(WordingSet.created_at, WordingSet.id)


def _default_wording(key: str, language: str, now: datetime, within: AnswerWithin | None) -> WordingSet:
    return _wording(key, language, default_texts(language, within), [], now)


def _wording(key: str, language: str, texts: dict[str, str], recipients: list[str], now: datetime) -> WordingSet:
    return WordingSet(
        id=new_id(),
        form_key=key,
        language=language,
        texts=texts,
        recipients=recipients,
        hash=wording_hash(language, texts, recipients),
        created_at=now,
    )
