"""The keyring is made once, opens only with its deployment's key, and rows give away nothing."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Refusal
from app.sealing.deployment import load_deployment_keys
from app.sealing.envelopes import CannotOpen, DeploymentKeys
from app.sealing.keyring import PURPOSES, open_keyring
from app.sealing.models import KeyringEntry
from app.settings import Settings, read_settings

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


async def test_a_keyring_opened_twice_is_the_same_keyring(database: Database) -> None:
    deployment = DeploymentKeys([os.urandom(32)])
    first = await open_keyring(database, deployment, NOW)
    again = await open_keyring(database, deployment, NOW)
    assert first.tokens.of("mail", "a@b.example") == again.tokens.of("mail", "a@b.example")


async def test_processes_that_start_at_once_end_up_with_one_keyring(database: Database) -> None:
    deployment = DeploymentKeys([os.urandom(32)])
    opened = await asyncio.gather(*(open_keyring(database, deployment, NOW) for _ in range(4)))
    assert len({ring.tokens.of("mail", "a@b.example") for ring in opened}) == 1
    async with database.read() as session:
        assert len(list(await session.scalars(select(KeyringEntry)))) == len(PURPOSES)


async def test_another_deployment_key_is_refused_with_a_sentence(database: Database) -> None:
    await open_keyring(database, DeploymentKeys([os.urandom(32)]), NOW)
    with pytest.raises(Refusal, match="not the one that this database was sealed with"):
        await open_keyring(database, DeploymentKeys([os.urandom(32)]), NOW)


async def test_a_data_key_opens_for_its_own_lead_only(database: Database) -> None:
    ring = await open_keyring(database, DeploymentKeys([os.urandom(32)]), NOW)
    lead = uuid4()
    key, wrapped = ring.new_data_key(lead)
    assert ring.data_key(lead, wrapped).name == key.name
    with pytest.raises(CannotOpen):
        ring.data_key(uuid4(), wrapped)


def _settings(folder: Path, **environ: str) -> Settings:
    return read_settings({"FREEQUOTE_DATA_DIR": str(folder), **environ})


def test_the_first_run_makes_a_key_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = load_deployment_keys(_settings(folder))
    file = folder / "sealing.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in folder.iterdir()] == ["sealing.key"]
    assert load_deployment_keys(_settings(folder)).open(made.seal(b"x", "place"), "place") == b"x"


@pytest.mark.parametrize("text", ["c2hvcnQ=", "not base64!", "=" * 44])
def test_a_setting_that_is_no_key_is_refused_without_repeating_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="openssl rand -base64 32") as refused:
        load_deployment_keys(_settings(tmp_path, FREEQUOTE_SEALING_KEY=text))
    assert text not in str(refused.value)
