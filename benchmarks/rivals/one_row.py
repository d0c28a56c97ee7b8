"""(b1) FastAPI and SQLAlchemy's ORM: a session for each request, one row, one commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import FastAPI
from sqlalchemy import JSON, DateTime, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.rivals.schemas import QuoteIn, QuoteOut
from benchmarks.rivals.sessions import Session, engine


class Base(DeclarativeBase):
    """The base of the one model."""


class QuoteRequest(Base):
    """One request, in the clear."""

    __tablename__ = "quote_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), index=True)
    phone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str | None] = mapped_column(String(35))
    condition: Mapped[str] = mapped_column(String(200))
    treatment: Mapped[str | None] = mapped_column(String(200))
    message: Mapped[str | None] = mapped_column(Text)
    preferred_contact: Mapped[str | None] = mapped_column(String(16))
    timeline: Mapped[str | None] = mapped_column(String(16))
    privacy: Mapped[bool]
    health_data: Mapped[bool]
    marketing: Mapped[bool]
    attribution: Mapped[dict[str, str]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/quote-requests", status_code=201)
async def create_quote_request(quote: QuoteIn, session: Session) -> QuoteOut:
    """Take a quote request."""
    made = uuid4()
    row = QuoteRequest(
        id=made,
        reference=f"Q-{made.hex[:16]}",
        received_at=datetime.now(UTC),
        **quote.model_dump(exclude={"consent"}),
        **quote.consent.model_dump(),
    )
    session.add(row)
    await session.commit()
    return QuoteOut(id=str(row.id), reference=row.reference, form="default", received_at=row.received_at)
