"""Whether a form acknowledges: its switch, its destination for enquirers, and what waits for that."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.deliveries.mailboxes import reply_address
from app.deliveries.service import retire
from app.destinations import enquirers
from app.errors import FieldProblem, InvalidRequest
from app.forms import service as forms
from app.forms.schemas import FormChange, FormOut, NewForm
from app.forms.turnstile import check_switch
from app.parts import Parts
from app.sealing.keyring import Keyring
from app.settings import Settings


async def add_form(house: Parts, new: NewForm, *, by: Principal | None = None) -> FormOut:
    """Make a form, and what acknowledges its requests where that is switched on.

    Errors: `FormExists`; `InvalidRequest` for a `reply_to` that is no address, and for Turnstile without its keys.
    """
    _check(house.settings, new)
    now = house.clock.now()
    async with house.database.begin() as session:
        form = await forms.add(session, new, now)
        note(session, by, Action.FORM_MADE, f"form:{new.key}")
        await _follow_switch(session, house.keyring, new.key, now, acknowledge=form.acknowledge)
    return FormOut.of(form)


async def change_form(house: Parts, key: str, wanted: FormChange, *, by: Principal | None = None) -> FormOut:
    """Change what is named in `wanted`; where `acknowledge` is switched off, what waits for enquirers is cancelled.

    Errors: `FormNotFound`; `InvalidRequest` as in `add_form`.
    """
    _check(house.settings, wanted)
    now = house.clock.now()
    async with house.database.begin() as session:
        form = await forms.update(session, key, wanted)
        note(session, by, Action.FORM_CHANGED, f"form:{key}", changed=sorted(wanted.model_fields_set))
        await forms.learn(session, form, now)
        await _follow_switch(session, house.keyring, key, now, acknowledge=form.acknowledge)
    return FormOut.of(form)


def _check(settings: Settings, wanted: NewForm | FormChange) -> None:
    """See that what is wanted can be kept."""
    if wanted.reply_to is not None and reply_address(wanted.reply_to) is None:
        raise InvalidRequest([FieldProblem("/reply_to", "invalid-email", "This is not a single e-mail address.")])
    check_switch(settings, wanted)


async def _follow_switch(
    session: AsyncSession, keyring: Keyring, key: str, now: datetime, *, acknowledge: bool
) -> None:
    destination = await enquirers.of_form(session, key)
    if acknowledge and destination is None:
        session.add(enquirers.for_form(keyring, key, now))
    if not acknowledge and destination is not None:
        await retire(session, destination, now, reason="the form acknowledges no more")
