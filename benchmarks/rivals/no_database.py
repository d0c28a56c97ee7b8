"""(c) The usual FastAPI route: a body is checked, an answer is built, nothing is kept."""

from datetime import UTC, datetime
from uuid import uuid4

from fastapi import FastAPI

from benchmarks.rivals.schemas import QuoteIn, QuoteOut

app = FastAPI()


@app.post("/v1/quote-requests", status_code=201)
async def create_quote_request(quote: QuoteIn) -> QuoteOut:
    """Take a quote request."""
    made = uuid4()
    return QuoteOut(id=str(made), reference=f"{quote.country}-{made.hex[:10]}", form="default", received_at=_now())


def _now() -> datetime:
    return datetime.now(UTC)
