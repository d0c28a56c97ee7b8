"""Make, find and revoke API keys."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.access.auditing import note
from app.access.errors import KeyNotFound, NotAuthenticated
from app.access.handing_on import check_handed_on, is_within
from app.access.keys import hash_of, looks_like_key, new_key
from app.access.models import ApiKey
from app.access.principals import Principal
from app.access.schemas import KeyOut, MintedKey, NewKey
from app.audit.actions import Action
from app.clock import Clock
from app.database import Database
from app.ids import new_id

_KNOWN_FOR = timedelta(seconds=5)
"""How long a key is believed without asking the database: so long may a revoked one still work."""
_USE_NOTED_EVERY = timedelta(minutes=1)


async def mint(database: Database, new: NewKey, now: datetime, *, by: Principal | None = None) -> MintedKey:
    """Make a key. `by` is the key that asks; the command line on the server itself asks as nobody and may do all.

    Errors: `MoreThanItsMaker`.
    """
    if by is not None:
        check_handed_on(by, [scope.value for scope in new.scopes], new.forms, new.expires_at)
    secret = new_key()
    key = ApiKey(
        id=new_id(),
        name=new.name,
        hash=hash_of(secret),
        scopes=[scope.value for scope in new.scopes],
        forms=new.forms,
        created_at=now,
        expires_at=new.expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    async with database.begin() as session:
        session.add(key)
        note(session, by, Action.KEY_MADE, f"key:{key.id}", scopes=key.scopes, forms=key.forms)
    return MintedKey(**KeyOut.of(key).model_dump(), secret=secret)


async def mint_first(database: Database, new: NewKey, now: datetime) -> MintedKey | None:
    """Make a key if there has never been one, else return None."""
    async with database.read() as session:
        if await session.scalar(select(ApiKey.id).limit(1)):
            return None
    return await mint(database, new, now)


async def list_keys(database: Database, *, by: Principal | None = None) -> list[KeyOut]:
    """Return the keys that `by` may see, newest first; the command line, which asks as nobody, sees all."""
    async with database.read() as session:
        keys = await session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id.desc()))
        return [KeyOut.of(key) for key in keys if is_within(key.forms, by)]


async def revoke(database: Database, key_id: UUID, now: datetime, *, by: Principal | None = None) -> KeyOut:
    """End a key for good; everywhere within five seconds. Revoking twice changes nothing.

    Errors: `KeyNotFound`, also for a key that `by` may not see.
    """
    async with database.begin() as session:
        key = await session.get(ApiKey, key_id)
        if key is None or not is_within(key.forms, by):
            raise KeyNotFound(key_id)
        if key.revoked_at is None:
            key.revoked_at = now
            note(session, by, Action.KEY_REVOKED, f"key:{key_id}")
    return KeyOut.of(key)


class KeyDesk:
    """Recognises keys; remembers each for a moment, so that a busy script costs one query in five seconds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, tuple[datetime, Principal]] = {}

    async def recognise(self, secret: str) -> Principal:
        """Return who holds the key, or raise `NotAuthenticated`."""
        if not looks_like_key(secret):
            raise NotAuthenticated
        digest, now = hash_of(secret), self._clock.now()
        known = self._known.get(digest)
        if known is None or not known[0] <= now < known[0] + _KNOWN_FOR:
            known = now, await self._look_up(digest, now)
            self._forget(now)
            self._known[digest] = known
        principal = known[1]
        if principal.expires_at is not None and principal.expires_at <= now:
            raise NotAuthenticated
        return principal

    def _forget(self, now: datetime) -> None:
        self._known = {digest: known for digest, known in self._known.items() if now - known[0] < _KNOWN_FOR}

    async def _look_up(self, digest: bytes, now: datetime) -> Principal:
        async with self._database.read() as session:
            key = await session.scalar(select(ApiKey).where(ApiKey.hash == digest))
        if key is None or key.revoked_at is not None:
            raise NotAuthenticated
        if key.last_used_at is None or now - key.last_used_at >= _USE_NOTED_EVERY:
            async with self._database.begin() as session:
                await session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now))
        return Principal(key.id, key.name, frozenset(key.scopes), frozenset(key.forms), key.expires_at)
