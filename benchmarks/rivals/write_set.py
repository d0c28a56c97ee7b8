"""(b2) The tutorial's service with Freequote's whole write set: the same tables, through the ORM, request by request.

It composes, seals and makes tokens with Freequote's own code; only the writing is its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI, Request

from app.database import Database
from app.deliveries import outbox
from app.deliveries.models import Delivery, Event
from app.forms.service import DEFAULT_FORM
from app.intake.flood import marks_of
from app.intake.models import FloodMark
from app.leads import arrivals
from app.leads.models import Consent, Lead, SearchToken
from app.leads.tokens import epoch_of
from app.sealing.deployment import load_deployment_keys
from app.sealing.keyring import Keyring, open_keyring
from app.sealing.models import DataKey
from app.settings import read_settings
from benchmarks.rivals.composing import Setting, new_lead, read_setting
from benchmarks.rivals.schemas import QuoteIn, QuoteOut
from benchmarks.rivals.sessions import Session, engine


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Read once what Freequote keeps in memory: keys, wording and destinations."""
    settings = read_settings()
    database = Database(settings.effective_database_url)
    app.state.keyring = await open_keyring(database, load_deployment_keys(settings), datetime.now(UTC))
    app.state.setting = await read_setting(database)
    await database.dispose()
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/quote-requests", status_code=201)
async def create_quote_request(quote: QuoteIn, session: Session, request: Request) -> QuoteOut:
    """Take a quote request."""
    keyring: Keyring = request.app.state.keyring
    setting: Setting = request.app.state.setting
    now = datetime.now(UTC)
    made = arrivals.arrival(keyring, new_lead(quote, setting.wording, now))
    lead = Lead(**made.row)
    session.add(lead)
    await session.flush()
    marks = marks_of(keyring.tokens, request.headers["x-forwarded-for"], DEFAULT_FORM, quote.message)
    session.add_all(
        [
            DataKey(lead_id=lead.id, wrapped=made.wrapped_key),
            *(Consent(**row) for row in made.consents),
            *(SearchToken(epoch=epoch_of(lead.no), token=token, lead_no=lead.no) for token in made.tokens),
            *(FloodMark(token=token, at=now, lead_id=lead.id) for token in (marks.address, marks.text)),
            Event(**made.event),
        ]
    )
    await session.flush()
    session.add_all(Delivery(**row) for row in outbox.delivery_rows(made.event, setting.told, made.facts))
    await session.commit()
    return QuoteOut(id=str(lead.id), reference=lead.reference, form=lead.form_key, received_at=now)
