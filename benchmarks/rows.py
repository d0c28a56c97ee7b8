"""Stored leads by the thousand: rows of the size and shape that the door writes, made without sealing."""

import os
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect
from sqlalchemy.orm import DeclarativeBase

from app.deliveries import outbox
from app.deliveries.models import Delivery, Event
from app.ids import new_reference
from app.leads import arrivals
from app.leads.models import Consent, Lead
from app.leads.tokens import epoch_of
from app.sealing.envelopes import DeploymentKeys
from app.sealing.keyring import PURPOSES, Keyring
from benchmarks import requests
from benchmarks.rivals.composing import Setting, new_lead
from benchmarks.rivals.schemas import QuoteIn

_SEALED = ("person", "inquiry", "attribution", "answers")
_COMMON_BITS = 12
_COMMON_TOKENS = [secrets.randbits(64) - (1 << 63) for _ in range(1 << _COMMON_BITS)]
"""Short prefixes, domains and conditions, which many leads share."""

Rows = dict[str, list[tuple[Any, ...]]]
"""Rows by table, parents first, as the driver takes them."""


class Pattern:
    """One lead as the door would write it, and any number like it."""

    def __init__(self, setting: Setting, dialect: Dialect, *, delivered: bool) -> None:
        self._dialect = dialect
        self._delivered = delivered
        quote = QuoteIn.model_validate_json(requests.body(1))
        keyring = Keyring(DeploymentKeys([os.urandom(32)]), {purpose: os.urandom(32) for purpose in PURPOSES})
        lead = new_lead(quote, setting.wording, datetime.now(UTC))
        self._one = arrivals.arrival(keyring, lead)
        self._lead = self._bound(Lead, self._one.row)
        self._consents = [self._bound(Consent, row) for row in self._one.consents]
        self._event = self._bound(Event, self._one.event)
        promised = outbox.delivery_rows(self._one.event, setting.told, self._one.facts)
        self._promised = [self._bound(Delivery, row) for row in promised]
        self._lengths = [len(self._one.row[name]) for name in _SEALED]
        self.columns = {name: tuple(row) for name, row in self._example().items()}
        """The columns of each table, in the order of `Rows`."""

    def leads(self, first: int, count: int, at: datetime) -> Rows:
        """Make leads with the numbers from `first` on, a minute apart from each other."""
        made: Rows = {table: [] for table in self.columns}
        for number in range(first, first + count):
            for table, row in self._rows(number, at + timedelta(minutes=number - first)):
                made[table].append(tuple(row.values()))
        return made

    def _example(self) -> dict[str, dict[str, Any]]:
        return dict(self._rows(1, datetime.now(UTC)))

    def _rows(self, number: int, moment: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
        at = self._spell(Lead, "received_at", moment)
        lead_id, event_id = self._id(moment), self._id(moment)
        sealed = {name: os.urandom(length) for name, length in zip(_SEALED, self._lengths, strict=True)}
        own = {"id": lead_id, "reference": new_reference(), "received_at": at, "updated_at": at, "no": number}
        yield "leads", {**self._lead, **sealed, **own}
        yield "data_keys", {"lead_id": lead_id, "wrapped": os.urandom(len(self._one.wrapped_key))}
        for consent in self._consents:
            yield "consents", {**consent, "id": self._id(moment), "lead_id": lead_id, "at": at}
        for token in self._tokens():
            yield "search_tokens", {"epoch": epoch_of(number), "token": token, "lead_no": number}
        body = os.urandom(len(self._one.event["body"]))
        yield "events", {**self._event, "id": event_id, "lead_id": lead_id, "body": body, "created_at": at}
        yield from self._promises(moment, at, lead_id, event_id)

    def _promises(self, moment: datetime, at: Any, lead_id: Any, event_id: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        for promise in self._promised:
            delivery_id = self._id(moment)
            own = {"id": delivery_id, "event_id": event_id, "lead_id": lead_id, "due_at": at, "created_at": at}
            kept = {"state": "delivered", "attempts": 1, "settled_at": at} if self._delivered else {}
            yield "deliveries", {**promise, **own, **kept}
            if self._delivered:
                yield (
                    "attempts",
                    {
                        "delivery_id": delivery_id,
                        "number": 1,
                        "started_at": at,
                        "finished_at": at,
                        "outcome": "delivered",
                        "status_code": 200,
                        "duration_ms": 40,
                    },
                )
        if not self._delivered:
            for _ in range(2):
                yield "flood_marks", {"token": _token(), "at": at, "lead_id": lead_id}

    def _tokens(self) -> set[int]:
        count = len(self._one.tokens)
        common = {_COMMON_TOKENS[secrets.randbits(_COMMON_BITS)] for _ in range(count // 2)}
        return common | {_token() for _ in range(count - count // 2)}

    def _id(self, moment: datetime) -> Any:
        milliseconds = int(moment.timestamp() * 1000)
        return self._spell(Lead, "id", UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | secrets.randbits(62)))

    def _bound(self, model: type[DeclarativeBase], row: dict[str, Any]) -> dict[str, Any]:
        return {name: self._spell(model, name, value) for name, value in row.items()}

    def _spell(self, model: type[DeclarativeBase], column: str, value: Any) -> Any:
        """Spell a value as the driver takes it."""
        bind = _spelling(model, column, self._dialect)
        return bind(value) if bind else value


@cache
def _spelling(model: type[DeclarativeBase], column: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    return model.__table__.columns[column].type.dialect_impl(dialect).bind_processor(dialect)


def _token() -> int:
    return secrets.randbits(64) - (1 << 63)
