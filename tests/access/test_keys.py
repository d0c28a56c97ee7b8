"""API keys: spelled to be found by scanners, kept only as hashes, believed for five seconds at most."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.access import service
from app.access.errors import MoreThanItsMaker, NotAuthenticated
from app.access.keys import hash_of, looks_like_key, new_key
from app.access.models import ApiKey
from app.access.principals import Principal
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.access.service import KeyDesk
from app.database import Database
from app.ids import new_id
from tests.support.clock import FakeClock

READER = NewKey(name="Front desk", scopes=[Scope.LEADS_READ])


def test_a_key_has_a_prefix_and_a_checksum() -> None:
    key = new_key()
    assert re.fullmatch(r"fq_[0-9A-Za-z]{49}", key)
    assert looks_like_key(key)
    assert not looks_like_key(key[:-1] + ("0" if key[-1] != "0" else "1"))
    assert not looks_like_key(key.replace("fq_", "gq_"))


async def test_only_a_hash_of_the_secret_is_kept(database: Database, clock: FakeClock) -> None:
    made = await service.mint(database, READER, clock.now())
    async with database.read() as session:
        row = (await session.scalars(select(ApiKey))).one()
    assert row.hash == hash_of(made.secret)
    assert made.secret not in repr(vars(row))


async def test_a_key_is_recognised_with_its_scopes_and_its_use_is_noted(database: Database, clock: FakeClock) -> None:
    made = await service.mint(database, READER, clock.now())
    principal = await KeyDesk(database, clock).recognise(made.secret)
    assert principal.scopes == {"leads:read"}
    assert (await service.list_keys(database))[0].last_used_at == clock.now()


async def test_a_revoked_key_ends_everywhere_within_five_seconds(database: Database, clock: FakeClock) -> None:
    made = await service.mint(database, READER, clock.now())
    desk = KeyDesk(database, clock)
    await desk.recognise(made.secret)
    await service.revoke(database, made.id, clock.now())
    clock.move(timedelta(seconds=5))
    with pytest.raises(NotAuthenticated):
        await desk.recognise(made.secret)


async def test_a_key_ends_at_the_moment_it_expires_even_if_it_was_just_used(
    database: Database, clock: FakeClock
) -> None:
    new = READER.model_copy(update={"expires_at": clock.now() + timedelta(seconds=3)})
    made = await service.mint(database, new, clock.now())
    desk = KeyDesk(database, clock)
    await desk.recognise(made.secret)
    clock.move(timedelta(seconds=3))
    with pytest.raises(NotAuthenticated):
        await desk.recognise(made.secret)


@pytest.mark.parametrize("secret", ["", "fq_", "fq_" + "0" * 49, "x" * 10_000, "fq_é"])
async def test_what_is_no_key_is_not_recognised(secret: str, database: Database, clock: FakeClock) -> None:
    with pytest.raises(NotAuthenticated):
        await KeyDesk(database, clock).recognise(secret)


async def test_an_unknown_key_is_not_recognised(database: Database, clock: FakeClock) -> None:
    with pytest.raises(NotAuthenticated):
        await KeyDesk(database, clock).recognise(new_key())


def _maker(clock: FakeClock, *, forms: frozenset[str] = frozenset()) -> Principal:
    return Principal(new_id(), "Maker", frozenset({"leads:read", "keys:write"}), forms, clock.now() + timedelta(days=1))


@pytest.mark.parametrize(
    "wanted",
    [
        {"scopes": [Scope.LEADS_ERASE]},
        {"forms": []},
        {"forms": ["clinic-es", "clinic-de"]},
        {"expires_at": None},
    ],
)
async def test_nobody_mints_a_key_that_may_do_more_than_theirs(
    wanted: dict[str, object], database: Database, clock: FakeClock
) -> None:
    maker = _maker(clock, forms=frozenset({"clinic-es"}))
    fits = NewKey(
        name="Helper", scopes=[Scope.LEADS_READ], forms=["clinic-es"], expires_at=clock.now() + timedelta(hours=1)
    )
    await service.mint(database, fits, clock.now(), by=maker)
    with pytest.raises(MoreThanItsMaker):
        await service.mint(database, fits.model_copy(update=wanted), clock.now(), by=maker)
