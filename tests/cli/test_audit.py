"""What `freequote audit` prints, and what commands leave in the audit."""

import pytest
from sqlalchemy import text

from app.parts import Parts
from app.worker import make_sealer
from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("house")


async def test_commands_act_as_the_command_line(cli: CommandLine) -> None:
    made = await cli.json("key", "create", "--name", "Front desk", "--scope", "leads:read")
    await cli.json("key", "revoke", made["id"])
    listed = (await cli.json("audit", "list", "--subject", f"key:{made['id']}"))["items"]
    assert [(entry["actor"], entry["action"]) for entry in listed] == [("cli", "key.revoked"), ("cli", "key.made")]
    assert (await cli.json("audit", "list", "--from", "2999-01-01"))["items"] == []


async def test_a_chain_that_was_tampered_with_ends_the_command_with_1(cli: CommandLine, house: Parts) -> None:
    await cli.json("key", "create", "--name", "Front desk", "--scope", "leads:read")
    await make_sealer(house).finish()
    assert (await cli.json("audit", "verify"))["ok"]
    async with house.database.begin() as session:
        await session.execute(text("UPDATE audit_entries SET actor = 'key:another'"))
    ended = await cli("audit", "verify")
    assert ended.code == 1
    assert "fault     changed" in ended.out
