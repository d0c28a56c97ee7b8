"""Rows of other form services as leads: by the rules of the door, each once, told to nobody unless asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.errors import FieldProblem, Refusal
from app.forms.errors import FormNotFound
from app.intake.importing.headers import guess
from app.intake.importing.service import Order, Outcome, import_lines
from app.intake.importing.table import Line, open_table
from app.leads import service as leads
from app.leads.models import Lead
from app.leads.schemas import LeadOut
from app.parts import Parts
from tests.support.house import Desk

TABLE = """\
Full name;E-mail;Phone;Country;Diagnosis;Submitted at;Do you travel alone?
Inés Ortega;ines.ortega@mail.example;612 34 56 78;Spain;multiple sclerosis;2025-11-24 10:30;yes
Miloš Čapek;milos@mail.example;;CZ;=1+1;2025-11-24T11:30+01:00;
Miloš Čapek;milos@mail.example;;CZ;=1+1;2025-11-24T11:30+01:00;
;nobody@mail.example;;Atlantis;;yesterday;
"""


class Importing:
    """Imports a table, and keeps what was refused."""

    def __init__(self, house: Parts, file: Path) -> None:
        self.house = house
        self.file = file
        self.refused: list[tuple[int, list[str]]] = []

    async def __call__(self, text: str = TABLE, charset: str = "utf-8", **changes: object) -> Outcome:
        """Import a text."""
        self.file.write_bytes(text.encode(charset))
        table = open_table(self.file)
        order = Order(
            form_key="default",
            fields=guess(table.headings, {}),
            defaults={},
            source="forms.csv",
            consented=True,
            moments=None,
            tell=False,
            dry_run=False,
        )
        self.refused = []
        rows = table.lines()
        return await import_lines(self.house, replace(order, **changes), rows, self._refuse, lambda _: None)  # type: ignore[arg-type]

    def _refuse(self, line: Line, problems: Sequence[FieldProblem]) -> None:
        self.refused.append((line.number, [problem.pointer for problem in problems]))


@pytest.fixture
def importing(desk: Desk, tmp_path: Path) -> Importing:
    """Give what imports into the house."""
    return Importing(desk.house, tmp_path / "forms.csv")


async def _all(house: Parts) -> list[LeadOut]:
    async with house.database.read() as session:
        references = list(await session.scalars(select(Lead.reference).order_by(Lead.no)))
    return [await leads.show(house.database, house.keyring, reference) for reference in references]


async def test_rows_become_leads_that_say_where_they_came_from(importing: Importing) -> None:
    outcome = await importing()
    assert (outcome.imported, outcome.already_there, outcome.refused) == (3, 0, 1)
    first, second, _ = await _all(importing.house)
    assert (first.person["name"], first.person["phone"], first.person["country"]) == (
        "Inés Ortega",
        "+34612345678",
        "ES",
    )
    assert first.inquiry["condition_code"] == "multiple-sclerosis"
    assert first.received_at == second.received_at == datetime(2025, 11, 24, 10, 30, tzinfo=UTC)
    assert (first.attribution, first.answers) == ({"imported_from": "forms.csv"}, {"Do you travel alone?": "yes"})
    granted = {one["purpose"]: (one["granted"], one["shown"], one["wording"]) for one in first.consents}
    assert granted["privacy"] == granted["health_data"] == (True, "imported", None)
    assert granted["marketing"] == (False, "imported", None)


async def test_what_breaks_a_rule_is_refused_with_every_reason(importing: Importing) -> None:
    await importing()
    ((line, pointers),) = importing.refused
    assert (line, set(pointers)) == (5, {"/name", "/country", "/condition"})
    assert (await importing(consented=False)).refused == 4


async def test_the_same_rows_again_change_nothing_and_equal_rows_are_two_requests(importing: Importing) -> None:
    await importing()
    again = await importing(f"{TABLE}Anna Weiß;anna@mail.example;;AT;MS;2025-11-25;\n")
    assert (again.imported, again.already_there) == (1, 3)
    names = [lead.person["name"] for lead in await _all(importing.house)]
    assert sorted(names) == ["Anna Weiß", "Inés Ortega", "Miloš Čapek", "Miloš Čapek"]


async def test_a_request_with_an_id_of_the_other_service_comes_once_however_its_row_changed(
    importing: Importing,
) -> None:
    head = "Submission ID,Name,Email,Country,Condition\n"
    await importing(head + "77,Inés,ines@mail.example,ES,MS\n")
    again = await importing(head + "77,Inés Ortega,ines@mail.example,ES,MS\n78,Inés,ines@mail.example,ES,MS\n")
    assert (again.imported, again.already_there) == (1, 1)


async def test_a_dry_run_says_the_same_and_writes_nothing(importing: Importing) -> None:
    outcome = await importing(dry_run=True)
    assert (outcome.imported, outcome.refused) == (3, 1)
    assert await _all(importing.house) == []


async def test_nobody_is_told_unless_asked(importing: Importing, desk: Desk) -> None:
    await desk.mailbox("front.desk@clinic.example")
    await importing()
    assert [await desk.deliveries(lead.id) for lead in await _all(importing.house)] == [[], [], []]
    await importing("Name,Email,Country,Condition\nAnna,anna@mail.example,AT,MS\n", tell=True)
    async with importing.house.database.read() as session:
        newest = await session.scalar(select(Lead.id).where(Lead.no == select(func.max(Lead.no)).scalar_subquery()))
    assert newest is not None
    assert len(await desk.deliveries(newest)) == 1


async def test_moments_may_be_spelled_otherwise_and_rows_may_say_nothing_of_a_field(importing: Importing) -> None:
    text = "Timestamp\tName\tEmail\n11/24/2025 10:30:00\tInés\tines@mail.example\n"
    defaults = {"country": "ES", "condition": "MS"}
    outcome = await importing(text, "cp1252", moments="%m/%d/%Y %H:%M:%S", defaults=defaults)
    assert (outcome.imported, importing.refused) == (1, [])
    (lead,) = await _all(importing.house)
    assert (lead.person["name"], lead.received_at) == ("Inés", datetime(2025, 11, 24, 10, 30, tzinfo=UTC))


async def test_a_form_that_is_not_there_is_refused(importing: Importing) -> None:
    with pytest.raises(FormNotFound):
        await importing(form_key="nowhere")


@pytest.mark.parametrize("text", ["", "\n", "Name,Name\na,b\n"])
def test_a_table_whose_columns_have_no_names_of_their_own_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "forms.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal):
        open_table(file)
