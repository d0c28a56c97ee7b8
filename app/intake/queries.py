"""What a batch asks the database, in the words of each: has the configuration moved, who floods, whose is a key."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Select, select, tuple_

from app.bulk import Bulk, Row
from app.intake.models import IdempotencyKey
from app.leads.models import Lead

REMEMBERED = timedelta(hours=24)
"""How long an Idempotency-Key gets the same answer."""
_HOURS = REMEMBERED // timedelta(hours=1)

Key = tuple[str, bytes]
"""A form's key and the hash of an Idempotency-Key."""
Window = tuple[Collection[int], datetime]
"""Tokens, and the moment since when their marks count."""

_STANDING = """
    SELECT NULL, version FROM configuration UNION ALL
    SELECT token, count(*) FROM flood_marks WHERE {among[0]} AND at > {at[0]} GROUP BY token UNION ALL
    SELECT token, count(*) FROM flood_marks WHERE {among[1]} AND at > {at[1]} GROUP BY token"""
_POSTGRESQL_STANDING = _STANDING.format(
    among=("token = ANY($1::bigint[])", "token = ANY($3::bigint[])"), at=("$2", "$4")
).replace("NULL", "NULL::bigint")
_SQLITE_STANDING = _STANDING.format(among=("token IN (SELECT value FROM json_each(?))",) * 2, at=("?", "?"))

# A key that has outlived its day is anybody's again.
_CLAIM = """
    ON CONFLICT (form_key, key_hash) DO UPDATE SET
        fingerprint = excluded.fingerprint, lead_id = excluded.lead_id, created_at = excluded.created_at
    WHERE idempotency_keys.created_at <= {} RETURNING form_key, key_hash"""
_POSTGRESQL_CLAIM = _CLAIM.format(f"excluded.created_at - interval '{_HOURS} hours'")
# SQLite reckons in milliseconds; what is kept has six digits.
_SQLITE_CLAIM = _CLAIM.format(f"strftime('%Y-%m-%d %H:%M:%f', excluded.created_at, '-{_HOURS} hours') || '999'")


async def standing(bulk: Bulk, *windows: Window) -> tuple[int, dict[int, int]]:
    """Return the configuration's version, and how many marks each token has in its window (two windows)."""
    if bulk.is_sqlite:
        values = [value for tokens, since in windows for value in (orjson.dumps(list(tokens)).decode(), _text(since))]
        rows = await bulk.fetch(_SQLITE_STANDING, *values)
    else:
        arrays = [value for tokens, since in windows for value in (list(tokens), since)]
        rows = await bulk.fetch(_POSTGRESQL_STANDING, *arrays)
    return next(count for token, count in rows if token is None), {
        token: count for token, count in rows if token is not None
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


async def claim_keys(bulk: Bulk, rows: Mapping[Key, Row]) -> set[Key]:
    """Write down the keys that nobody has used, or whose day is over; return those that are ours."""
    # In one order everywhere, so that two processes wait for each other and never in a circle.
    ordered = [rows[key] for key in sorted(rows)]
    ending = _SQLITE_CLAIM if bulk.is_sqlite else _POSTGRESQL_CLAIM
    return {(form_key, key_hash) for form_key, key_hash in await bulk.insert(IdempotencyKey, ordered, ending)}


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
