"""Mail in development: a folder."""

import stat
from pathlib import Path

from app.deliveries.mail import FolderChannel
from app.deliveries.policy import Verdict
from tests.deliveries.lettered import STAFF, letter


async def test_in_development_letters_lie_in_a_folder_that_only_its_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mail"
    channel = FolderChannel(folder)
    for _ in range(2):
        outcome = await channel.send(letter(), STAFF)
        assert outcome.verdict is Verdict.DELIVERED
    (path,) = folder.iterdir()
    assert path.name == "20261123T100000Z-0199a0b0.eml"
    assert path.read_bytes() == path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert b"Message-ID: <0199a0b0@clinic.example>" in path.read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(folder) in await channel.check()


async def test_a_folder_that_is_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir(mode=0o755)
    await FolderChannel(folder).send(letter(), STAFF)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_written_pauses_the_channel(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    outcome = await FolderChannel(tmp_path / "mail").send(letter(), STAFF)
    assert outcome.verdict is Verdict.CHANNEL_DOWN
