"""What `freequote staff` prints."""

import pytest

from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("house")
ADD = ("staff", "add", "Ines.Ortega@clinic.example", "--name", "Inés Ortega")


async def test_staff_are_invited_listed_disabled_and_reset(cli: CommandLine) -> None:
    made = await cli.json(*ADD, "--role", "coordinator", "--form", "clinic-es")
    assert (made["email"], made["state"], made["forms"]) == ("ines.ortega@clinic.example", "invited", ["clinic-es"])
    assert "/console/join#" in made["link"]
    (listed,) = (await cli.json("staff", "list"))["items"]
    assert (listed["role"], "link" in listed) == ("coordinator", False)
    assert (await cli.json("staff", "change", made["id"], "--role", "viewer"))["role"] == "viewer"
    assert (await cli.json("staff", "disable", made["id"]))["state"] == "disabled"
    again = await cli.json("staff", "reset", made["id"])
    assert (again["state"], again["link"] == made["link"]) == ("invited", False)
    acts = [entry["action"] for entry in (await cli.json("audit", "list", "--actor", "cli"))["items"]]
    assert acts == ["staff.reset", "staff.disabled", "staff.changed", "staff.invited"]


async def test_a_second_account_and_a_broken_address_are_refused(cli: CommandLine) -> None:
    await cli.json(*ADD, "--role", "viewer")
    second = await cli(*ADD, "--role", "admin")
    assert (second.code, second.err) == (1, "There is an account with that address.\n")
    broken = await cli("staff", "add", "nobody", "--name", "Nobody", "--role", "viewer")
    assert (broken.code, broken.err.startswith("email: ")) == (1, True)


async def test_staff_are_bound_to_a_subject_of_the_provider_and_unbound(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await cli.json(*ADD, "--role", "viewer")
    without = await cli("staff", "bind", made["id"], "248289761001")
    assert (without.code, "FREEQUOTE_OIDC_ISSUER is not set" in without.err) == (1, True)
    monkeypatch.setenv("FREEQUOTE_OIDC_ISSUER", "https://login.clinic.example")
    monkeypatch.setenv("FREEQUOTE_OIDC_CLIENT_ID", "freequote")
    bound = await cli.json("staff", "bind", made["id"], "248289761001")
    assert (bound["state"], bound["bound"]) == ("active", True)
    other = await cli.json("staff", "add", "desk@clinic.example", "--name", "Desk", "--role", "viewer")
    taken = await cli("staff", "bind", other["id"], "248289761001")
    assert (taken.code, taken.err) == (1, "Another account is bound to that subject.\n")
    assert (await cli.json("staff", "unbind", made["id"]))["bound"] is False
    assert (await cli.json("staff", "bind", other["id"], "248289761001"))["bound"] is True
    acts = [entry["action"] for entry in (await cli.json("audit", "list", "--actor", "cli"))["items"]]
    assert acts[:3] == ["staff.bound", "staff.unbound", "staff.invited"]
