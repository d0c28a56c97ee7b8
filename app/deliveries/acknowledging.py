"""Whether a form acknowledges: its switch, its destination for enquirers, and what waits for that."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.deliveries.mailboxes import reply_address
from app.deliveries.service import retire
from app.destinations import enquirers
from app.errors import FieldProblem, InvalidRequest
from app.forms import service as forms
from app.forms.schemas import FormChange, FormOut
from app.sealing.keyring import Keyring


async def change_form(database: Database, keyring: Keyring, key: str, wanted: FormChange, now: datetime) -> FormOut:
    """Change what is named in `wanted`; where `acknowledge` is switched off, what waits for enquirers is cancelled.

    Errors: `FormNotFound`; `InvalidRequest` for a `reply_to` that is no address.
    """
    if wanted.reply_to is not None and reply_address(wanted.reply_to) is None:
        raise InvalidRequest([FieldProblem("/reply_to", "invalid-email", "This is not a single e-mail address.")])
    async with database.begin() as session:
        form = await forms.update(session, key, wanted)
        await _follow_switch(session, keyring, key, now, acknowledge=form.acknowledge)
    return FormOut.of(form)


async def _follow_switch(
    session: AsyncSession, keyring: Keyring, key: str, now: datetime, *, acknowledge: bool
) -> None:
    destination = await enquirers.of_form(session, key)
    if acknowledge and destination is None:
        session.add(enquirers.for_form(keyring, key, now))
    if not acknowledge and destination is not None:
        await retire(session, destination, now, reason="the form acknowledges no more")
