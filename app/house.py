"""Opens the house: the database and the keys, for the service and for every command."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app import schema
from app.clock import Clock
from app.database import Database
from app.deliveries.mailboxes import read_sender
from app.engines import sqlite_file
from app.errors import Refusal
from app.forms import service as forms
from app.parts import Parts
from app.privacy.ledger import LedgerFile
from app.privacy.service import erase_again
from app.sealing.deployment import load_deployment_keys
from app.sealing.keyring import open_keyring
from app.settings import Settings


def open_database(settings: Settings) -> Database:
    """Make the way into the configured database; a file, and the data folder, are made where they are missing."""
    database = way_into(settings)
    if not settings.database_url.get_secret_value():
        _make_folder(settings.data_dir)
    if database.is_sqlite:
        _make_file(sqlite_file(database.url))
    return database


def way_into(settings: Settings) -> Database:
    """Make the way into the configured database, of which nothing need be there yet."""
    pooled = bool(settings.direct_database_url.get_secret_value())
    return Database(settings.effective_database_url, pooled_elsewhere=pooled)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"FREEQUOTE_DATA_DIR: the folder {folder} cannot be made ({error.strerror}).") from None


def _make_file(file: Path) -> None:
    """Make the database file for its owner only; SQLite would leave that to the umask."""
    # What hinders us hinders SQLite, which says so.
    with suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


async def open_house(settings: Settings, database: Database, clock: Clock, hint: Callable[[], None]) -> Parts:
    """Open the keyring and see that the default form is there. `hint` is told of everything promised.

    Whoever opens the house finds nobody in it who was erased, whichever backup the database was restored from.

    Errors: `Refusal` when the schema is not the one this version needs, the sealing key is the wrong one, or the
    ledger of erasures cannot be read.
    """
    if await schema.current(database) != schema.head():
        raise Refusal("The database's schema is not the one this version needs. Run `freequote migrate`.")
    await erase_again(database, clock, LedgerFile(settings.data_dir))
    keyring = await open_keyring(database, load_deployment_keys(settings), clock.now())
    await forms.ensure_default(database, clock.now())
    _check_sender(settings)
    return Parts(settings, database, keyring, clock, hint=hint)


def _check_sender(settings: Settings) -> None:
    """Refuse a sender that no letter could carry before the first letter needs it."""
    try:
        if settings.mail_from:
            read_sender(settings.mail_from)
    except ValueError:
        raise Refusal("FREEQUOTE_MAIL_FROM must read `Name <quotes@clinic.example>` or be a bare address.") from None
