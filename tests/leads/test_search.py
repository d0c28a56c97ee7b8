"""Search over sealed data: what finds whom, however it is spelled, and how far one page goes."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from app.access.principals import Principal
from app.errors import InvalidRequest
from app.ids import new_id
from app.leads import queries, service
from app.leads.schemas import LeadFilters
from app.leads.search import finding
from app.leads.search import queries as search_queries
from app.leads.tokens import EPOCH_BITS
from tests.support.house import PERSON, Desk

PEOPLE: dict[str, dict[str, Any]] = {
    "brien": {"name": "Siobhán O’Brien", "email": "s.obrien@post.example", "phone": "+353861234567"},
    "jean": {"name": "Jean-Luc Moreau", "email": "jl_moreau@clinica-sol.example", "phone": "+33612345678"},
    "mueller": {"name": "Anna Müller Łukasz", "email": "anna.1985@mail.example", "phone": None},
    "short": {"name": "J P Ng", "email": None, "phone": "+4930123456"},
    "arabic": {"name": "مُحَمَّد الأحمد", "email": "m.ahmad@mail.example", "phone": "+971501112233"},
    "russian": {"name": "Алёна Сергеевна", "email": None, "phone": "+79161234599"},
    "chinese": {"name": "王小明", "email": "wxm@mail.example", "phone": None},
    "japanese": {"name": "山田 太郎", "email": "yamada@mail.example", "phone": None},
    "korean": {"name": "김민준", "email": "minjun@mail.example", "phone": None},
}
FOUND_BY = {
    "obrien": ["brien"],
    "brien": ["brien"],
    "O'Brien": ["brien"],
    "o brien": ["brien"],
    "BRI sio": ["brien"],
    "o’bri": ["brien"],
    "brien anna": [],
    "rien": [],
    "jeanluc": ["jean"],
    "Jean-Luc": ["jean"],
    "luc mor": ["jean"],
    "moreaux": [],
    "muller": ["mueller"],
    "MÜLL": ["mueller"],
    "lukasz an": ["mueller"],
    "1985": ["mueller"],
    "anna.1985@mail.example": ["mueller"],
    "Anna.1985@ma": ["mueller"],
    "anna.1986@mail.example": [],
    "post": ["brien"],
    "clinica-sol": ["jean"],
    "clinica-sol.exam": ["jean"],
    "@post.example": ["brien"],
    "ng": ["short"],
    "j p": ["short"],
    "p": ["short"],
    "محمد": ["arabic"],
    "الاحمد محم": ["arabic"],
    "алена": ["russian"],
    "СЕРГ": ["russian"],
    "王小明": ["chinese"],
    "小明": ["chinese"],
    "明": ["chinese"],
    "山田太郎": ["japanese"],
    "太郎 山田": ["japanese"],
    "김": ["korean"],
    "민준": ["korean"],
    "5678": ["jean"],
    "345 678": ["jean"],
    "06 12-34-56-78": ["jean"],
    "+33 (6) 12.34.56.78": ["jean"],
    "0612345679": [],
    "٥٦٧٨": ["jean"],
    "moreau 5678": ["jean"],
    "brien 5678": [],
    "56": ["short"],
    "78": ["jean"],
}


async def _find(desk: Desk, *, limit: int = 50, by: Principal | None = None, **filters: Any) -> list[str]:
    """Follow every page; return references in the order in which they came."""
    house, found, cursor = desk.house, list[str](), None
    wanted = LeadFilters.model_validate(filters)
    for _ in range(50):
        page = await service.list_leads(house.database, house.keyring, wanted, cursor=cursor, limit=limit, by=by)
        assert len(page.items) <= limit
        found += [item.reference for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("The pages do not end.")


async def test_a_lead_is_found_by_the_beginnings_of_its_words_and_the_end_of_its_number(desk: Desk) -> None:
    leads = {name: (await desk.lead(person=person)).reference for name, person in PEOPLE.items()}
    for text, names in FOUND_BY.items():
        assert await _find(desk, q=text) == [leads[name] for name in names], text
    for text in (leads["jean"], leads["jean"].lower().replace("-", " "), leads["jean"].removeprefix("FQ-")):
        assert await _find(desk, q=text) == [leads["jean"]]


async def test_exact_filters_find_the_same_mail_or_number_and_nothing_near_it(desk: Desk) -> None:
    leads = {name: (await desk.lead(person=person)).reference for name, person in PEOPLE.items()}
    filters: list[tuple[dict[str, Any], list[str]]] = [
        ({"email": "S.OBrien@POST.example "}, ["brien"]),
        ({"email": "obrien@post.example"}, []),
        ({"phone": "+353 86 123 4567"}, ["brien"]),
        ({"phone": "00353861234567"}, ["brien"]),
        ({"phone": "1234567"}, []),
        ({"email": "s.obrien@post.example", "q": "moreau"}, []),
        ({"q": "s", "condition": "multiple-sclerosis"}, ["brien"]),
        ({"condition": "Multiple Sklerose", "email": "wxm@mail.example"}, ["chinese"]),
        ({"condition": "nothing-of-the-kind"}, []),
    ]
    for wanted, names in filters:
        assert await _find(desk, **wanted) == [leads[name] for name in names], wanted


async def test_a_search_keeps_to_the_other_filters_and_to_the_forms_of_a_key(desk: Desk) -> None:
    plain = await desk.lead()
    held = await desk.lead(held_reasons=["honeypot"])
    there = await desk.lead(country="PT", test=True)
    assert await _find(desk, q="brandt") == [plain.reference]
    assert await _find(desk, q="brandt", held=True) == [held.reference]
    assert await _find(desk, q="brandt", test=True, country="PT") == [there.reference]
    assert await _find(desk, q=held.reference) == []
    limited = Principal(new_id(), "Front desk", frozenset({"leads:read", "leads:contact"}), frozenset({"clinic-es"}))
    assert await _find(desk, q="brandt", by=limited) == []
    assert await _find(desk, q=plain.reference, by=limited) == []


@pytest.mark.parametrize("few", [0, 160])
async def test_pages_of_a_search_show_every_lead_once_across_epochs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    # Small epochs and stretches, so that a few leads are a long walk.
    monkeypatch.setattr("app.leads.tokens.EPOCH_BITS", 1)
    monkeypatch.setattr(search_queries, "EPOCH_BITS", 1)
    monkeypatch.setattr(search_queries, "_walking", search_queries._walking.__wrapped__)
    for name in ("POSTGRESQL_TOKENS", "SQLITE_TOKENS"):
        rows = getattr(queries, name)
        monkeypatch.setattr(queries, name, replace(rows, select=rows.select.replace(f">> {EPOCH_BITS}", ">> 1")))
    # Other terms are looked up lead by lead, or epoch by epoch.
    monkeypatch.setattr(finding, "_FEW", few)
    monkeypatch.setattr(finding, "_LONGEST_STRETCH", 4)
    monkeypatch.setattr(finding, "_BATCH", 3)
    made = []
    for number in range(1, 25):
        # Hits on both sides of the ends of stretches, whichever way they are walked, and gaps between.
        is_hit = number % 3 > 0 or number > 22
        name, mail = ("Ada Brandt", PERSON["email"]) if is_hit else ("Some Else", f"else{number}@mail.example")
        new = await desk.lead(person={**PERSON, "name": name, "email": mail})
        made += [new.reference] if is_hit else []
    for limit in (1, 2, 5, 50):
        assert await _find(desk, q="brandt ada", limit=limit) == made[::-1]
        assert await _find(desk, q="ada", sort="received_at", limit=limit) == made
        assert await _find(desk, q="a b", limit=limit) == made[::-1]
    assert await _find(desk, q="adb") == []


@pytest.mark.parametrize(("words", "ways"), [("brandt", 1), ("nobody", 1), ("ada brandt", 2)])
async def test_a_search_asks_the_database_once_and_once_more_which_of_several_words_is_rarest(
    desk: Desk, words: str, ways: int
) -> None:
    lead = await desk.lead(person={**PERSON, "name": "Ada Brandt"})
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.extend([statement] if "SELECT" in statement else [])

    engine = desk.house.database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    found = await _find(desk, q=words)
    event.remove(engine, "before_cursor_execute", note)
    assert (found, len(asked)) == ([] if words == "nobody" else [lead.reference], ways)


async def test_a_page_opens_a_bounded_number_of_leads_and_hands_out_a_cursor(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_MOST_OPENED", 2)
    monkeypatch.setattr(finding, "_MOST_PASSED", 2)
    monkeypatch.setattr(finding, "_BATCH", 2)
    wanted = (await desk.lead(person={**PERSON, "name": "Brandtner"})).reference
    for _ in range(5):
        await desk.lead()
        await desk.lead(country="PT")
    house = desk.house
    for filters in (LeadFilters(q="brandtn"), LeadFilters(q="brandtn", country="ES")):
        first = await service.list_leads(house.database, house.keyring, filters, cursor=None, limit=1)
        assert (first.items, bool(first.next_cursor)) == ([], True)
        assert await _find(desk, **filters.model_dump(exclude_unset=True)) == [wanted]


async def test_a_search_refuses_a_foreign_cursor_and_an_order_that_it_does_not_keep(desk: Desk) -> None:
    for filters, cursor in (({"q": "brandt"}, "WyJ4IiwxXQ"), ({"q": "brandt", "sort": "-updated_at"}, None)):
        wanted = LeadFilters.model_validate(filters)
        with pytest.raises(InvalidRequest):
            await service.list_leads(desk.house.database, desk.house.keyring, wanted, cursor=cursor, limit=1)
