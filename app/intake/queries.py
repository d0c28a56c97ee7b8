"""What a batch asks the database, in the words of each: has the configuration moved, who floods, whose is a key."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import asyncpg
import orjson
from sqlalchemy import Select, select, tuple_

from app.bulk import Rows
from app.database import Database
from app.intake.models import IdempotencyKey
from app.leads.models import Lead

REMEMBERED = timedelta(hours=24)
"""How long an Idempotency-Key gets the same answer."""
_HOURS = REMEMBERED // timedelta(hours=1)

Key = tuple[str, bytes]
"""A form's key and the hash of an Idempotency-Key."""
Row = Mapping[str, Any]

_VERSION = "SELECT NULL, NULL, version FROM configuration"
_COUNT = "SELECT {}, token, count(*) FROM flood_marks WHERE {} AND at > {} GROUP BY token"

# A key that has outlived its day is anybody's again. One that has not breaks the statement, and so the whole batch:
# no column takes the NULL. That is rare, and whoever writes the batch looks those keys up and leaves them out.
_CLAIM = """
    ON CONFLICT (form_key, key_hash) DO UPDATE SET lead_id = excluded.lead_id, created_at = excluded.created_at,
        fingerprint = CASE WHEN idempotency_keys.created_at <= {} THEN excluded.fingerprint END"""
_POSTGRESQL_CLAIM = _CLAIM.format(f"excluded.created_at - interval '{_HOURS} hours'")
# SQLite reckons in milliseconds; what is kept has six digits.
_SQLITE_CLAIM = _CLAIM.format(f"strftime('%Y-%m-%d %H:%M:%f', excluded.created_at, '-{_HOURS} hours') || '999'")
BROKEN = (asyncpg.NotNullViolationError, sqlite3.IntegrityError)
"""Errors that a key in use is among."""


async def standing(
    database: Database, now: datetime, asked: Mapping[int, Collection[int]]
) -> tuple[int, dict[int, dict[int, int]]]:
    """Return the configuration's version, and how many marks each token has.

    Tokens are asked for, and answered, by how many seconds back their marks count.
    """
    values: list[object] = []
    for seconds, tokens in asked.items():
        since = now - timedelta(seconds=seconds)
        values += [orjson.dumps(list(tokens)).decode(), _text(since)] if database.is_sqlite else [list(tokens), since]
    rows = await database.fetch_bulk(_standing(len(asked), is_sqlite=database.is_sqlite), *values)
    counted: dict[int, dict[int, int]] = {seconds: {} for seconds in asked}
    by_number = list(counted.values())
    for number, token, count in rows:
        if number is not None:
            by_number[number][token] = count
    return next(count for number, _, count in rows if number is None), counted


@cache
def _standing(windows: int, *, is_sqlite: bool) -> str:
    if is_sqlite:
        counts = [_COUNT.format(number, "token IN (SELECT value FROM json_each(?))", "?") for number in range(windows)]
        return " UNION ALL ".join([_VERSION, *counts])
    counts = [
        _COUNT.format(number, f"token = ANY(${2 * number + 1}::bigint[])", f"${2 * number + 2}")
        for number in range(windows)
    ]
    return " UNION ALL ".join([_VERSION.replace("NULL, NULL", "NULL::int, NULL::bigint"), *counts])


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def claims(database: Database, rows: Sequence[Row]) -> Rows:
    """Say how keys are written down. One that is in use makes an error that `is_in_use` knows."""
    # In one order everywhere, so that two processes wait for each other and never in a circle.
    ordered = sorted(rows, key=lambda row: (row["form_key"], row["key_hash"]))
    return Rows(IdempotencyKey, ordered, _SQLITE_CLAIM if database.is_sqlite else _POSTGRESQL_CLAIM)


def is_in_use(error: Exception) -> bool:
    """Say whether a batch was not written because one of its keys is in use."""
    return f"{IdempotencyKey.__tablename__}.fingerprint" in _column_of(error)


def _column_of(error: Exception) -> str:
    if isinstance(error, asyncpg.NotNullViolationError):
        return f"{error.table_name}.{error.column_name}"
    return str(error)


def answers(keys: Collection[Key], since: datetime) -> Select[*tuple[Any, ...]]:
    """Select, of keys used since then, form, hash, fingerprint and what their leads were answered with."""
    return (
        select(
            IdempotencyKey.form_key,
            IdempotencyKey.key_hash,
            IdempotencyKey.fingerprint,
            Lead.id,
            Lead.reference,
            Lead.received_at,
        )
        .join(Lead, Lead.id == IdempotencyKey.lead_id)
        .where(
            tuple_(IdempotencyKey.form_key, IdempotencyKey.key_hash).in_(keys),
            IdempotencyKey.created_at > since,
        )
    )
