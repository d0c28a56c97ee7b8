"""The hosted form, as it leaves the house."""

import gzip
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest

from app.errors import FieldProblem
from app.intake.errors import IdempotencyKeyReused
from app.intake.fields.rules import CONTACTS, KNOWN_FIELDS, RELATIONSHIPS, TIMELINES
from app.pages.form import form_page, refusal_page, thanks_page
from app.pages.typed import DRAWN, HONEYPOT
from tests.pages.site import EVERY_FIELD, PROBLEMS, TRICK, VIEW, WORDING, Drawn, TooBusy, is_uuid

TYPED = {name: [value] for name, value in EVERY_FIELD.items()}


def test_an_empty_form_may_be_kept_for_the_way_back_and_a_filled_one_may_not() -> None:
    assert form_page(VIEW, {}).headers["cache-control"] == "private, no-cache"
    assert form_page(VIEW, {"attribution.utm_source": ["ads"]}).headers["cache-control"] == "private, no-cache"
    assert form_page(VIEW, {"name": ["Ilse"]}).headers["cache-control"] == "no-store"


def test_the_form_runs_no_script_but_our_file_and_may_go_on_only_to_its_own_addresses() -> None:
    page = form_page(VIEW, {})
    (worn,) = re.findall(rb"<style>(.*?)</style>", bytes(page.body), re.DOTALL)
    policy = page.headers["content-security-policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(sha256(worn).digest()).decode()}'",
        "script-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self' https://clinic.example",
        "frame-ancestors 'self' https://www.clinic.example",
    ]


@pytest.mark.parametrize("page", [form_page(VIEW, {}), thanks_page(VIEW, None), refusal_page(TooBusy(), {}, None)])
def test_every_page_says_where_it_came_from_only_to_us(page: object) -> None:
    headers = page.headers  # type: ignore[attr-defined]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_nothing_is_ticked_before_the_visitor_ticks_it() -> None:
    page = Drawn(form_page(VIEW, {}))
    boxes = [attributes for tag, attributes in page.tags if tag == "input" and attributes.get("type") == "checkbox"]
    assert [box["name"] for box in boxes] == [
        *("consent.privacy", "consent.health_data", "consent.sharing", "consent.sharing", "consent.marketing")
    ]
    assert not any("checked" in box for box in boxes)


def test_ticks_are_kept_for_the_same_texts_and_dropped_for_others() -> None:
    typed = {"consent.privacy": ["on"], "consent.sharing": ["Northshore Cell Clinic"], "consent.wording": [WORDING]}
    kept = Drawn(form_page(VIEW, typed, PROBLEMS, 422))
    assert "checked" in kept.inputs("consent.privacy")[0]
    assert ["checked" in box for box in kept.inputs("consent.sharing")] == [False, True]
    changed = Drawn(form_page(replace(VIEW, wording_id="another"), typed, PROBLEMS, 422))
    assert "checked" not in changed.inputs("consent.privacy")[0]
    assert changed.value("consent.wording") == "another"


def test_the_exact_texts_are_shown_with_their_id() -> None:
    page = Drawn(form_page(VIEW, {}))
    assert all(text in page.text for text in [*VIEW.wordings.values(), VIEW.notice, *VIEW.recipients])
    assert page.value("consent.wording") == WORDING
    assert page.value("form") == "clinic-es"


def test_the_trap_is_out_of_reach_of_people() -> None:
    (trap,) = Drawn(form_page(VIEW, {"fq_extra_details": ["x"]})).inputs("fq_extra_details")
    assert trap["tabindex"] == "-1"
    assert trap["autocomplete"] == "off"
    assert "value" not in trap


def test_each_form_has_its_own_key_and_a_second_try_keeps_it() -> None:
    first, second = (Drawn(form_page(VIEW, {})).value("fq_key") for _ in range(2))
    assert first != second
    assert is_uuid(first)
    typed = {"fq_key": [first]}
    assert Drawn(form_page(VIEW, typed, PROBLEMS, 422)).value("fq_key") == first
    assert Drawn(refusal_page(TooBusy(), typed, VIEW)).value("fq_key") == first


def test_a_spent_or_broken_key_is_replaced() -> None:
    assert Drawn(refusal_page(IdempotencyKeyReused(), {"fq_key": ["old"]}, VIEW)).value("fq_key") != "old"
    assert is_uuid(Drawn(form_page(VIEW, {"fq_key": ["no\tkey"]}, PROBLEMS, 422)).value("fq_key"))


def test_fields_of_the_site_s_own_are_sent_along_again() -> None:
    typed = {
        "your-doctor": ["Dr. Weber"],
        "seats": ["2", "3"],
        "utm_source": ["ads"],
        "redirect": ["https://a.example/"],
    }
    page = Drawn(form_page(VIEW, typed, PROBLEMS, 422))
    assert page.value("your-doctor") == "Dr. Weber"
    assert [field["value"] for field in page.inputs("seats")] == ["2", "3"]
    assert page.value("attribution.utm_source") == "ads"
    assert page.value("redirect") == "https://a.example/"


def test_a_wrong_field_that_the_form_does_not_know_is_shown_so_that_it_can_be_mended() -> None:
    page = Drawn(
        form_page(VIEW, {"timezone": ["Nowhere"]}, [FieldProblem("/timezone", "odd", "Not a time zone.")], 422)
    )
    (field,) = page.inputs("timezone")
    assert "type" not in field
    assert field["aria-invalid"] == "true"
    assert "#f-other-1" in page.attributes("href")


def test_names_that_other_forms_use_fill_the_same_fields() -> None:
    page = Drawn(form_page(VIEW, {"first_name": ["Ilse"], "last_name": ["Marwitz"], "budget_amount": ["9"]}, PROBLEMS))
    assert page.value("name") == "Ilse Marwitz"
    assert page.value("budget.amount") == "9"
    assert not page.inputs("first_name")


def test_a_field_of_the_site_s_own_keeps_its_name_even_if_it_looks_like_one_of_ours() -> None:
    page = Drawn(form_page(VIEW, {"consent_photo": ["yes"], "7": ["seven"]}, [FieldProblem("/7", "odd", "Odd.")], 422))
    assert page.value("consent_photo") == "yes"
    assert page.inputs("7")[0]["aria-invalid"] == "true"


def test_several_countries_come_back_as_one_list() -> None:
    page = Drawn(form_page(VIEW, {"destination_countries": ["ES", "DE"]}, PROBLEMS, 422))
    assert page.value("destination_countries") == "ES, DE"


def test_the_later_of_two_ticks_counts() -> None:
    typed = {"consent.privacy": ["off", "on"], "consent.marketing": ["on", "off"], "consent.wording": [WORDING]}
    page = Drawn(form_page(VIEW, typed, PROBLEMS, 422))
    assert "checked" in page.inputs("consent.privacy")[0]
    assert "checked" not in page.inputs("consent.marketing")[0]


def test_the_form_offers_what_the_door_takes() -> None:
    page = Drawn(form_page(VIEW, {}))
    values = page.attributes("value")
    assert HONEYPOT in page.attributes("name")
    assert set(TIMELINES) <= set(values)
    assert [field["value"] for field in page.inputs("relationship")] == list(RELATIONSHIPS)
    assert [field["value"] for field in page.inputs("preferred_contact")] == ["", *CONTACTS]
    assert {field.partition(".")[0] for field in DRAWN} <= KNOWN_FIELDS
    assert {"Multiple sclerosis", "Parkinson's disease"} <= set(values)


def test_a_country_that_is_not_on_the_list_stays_chosen() -> None:
    options = [a for tag, a in Drawn(form_page(VIEW, {"country": ["Espagne"]})).tags if tag == "option"]
    assert [option.get("value") for option in options if "selected" in option] == [None, "en"]


def test_every_reference_inside_the_page_leads_somewhere() -> None:
    typed = {**TYPED, "your-doctor": ["x"]}
    pointers = [*EVERY_FIELD, "consent/privacy", "consent/sharing/0", "budget", "your-doctor", "fq_key", ""]
    problems = [FieldProblem(f"/{p}" if p else "", "odd", "Something is odd.") for p in pointers]
    page = Drawn(form_page(VIEW, typed, problems, 422))
    ids = Counter(page.attributes("id"))
    assert max(ids.values()) == 1
    described = [name for value in page.attributes("aria-describedby") for name in value.split()]
    links = [href.removeprefix("#") for href in page.attributes("href") if href.startswith("#")]
    assert len(links) >= len(EVERY_FIELD) + 4
    assert not {*described, *links, *page.attributes("for"), *page.attributes("list")} - set(ids)


def test_problems_stand_at_the_top_and_beside_their_fields() -> None:
    page = Drawn(form_page(VIEW, TYPED, PROBLEMS, 422))
    assert page.text.count("This is not an e-mail address.") == 2
    (email,) = page.inputs("email")
    assert email["aria-invalid"] == "true"
    assert "f-email-wrong" in (email["aria-describedby"] or "")
    assert "autofocus" in next(attributes for _, attributes in page.tags if attributes.get("role") == "alert")


def test_a_page_is_small_and_comes_in_the_first_packets_of_a_new_connection() -> None:
    assert len(form_page(VIEW, TYPED, PROBLEMS, 422).body) < 60_000
    # Ten packets are on their way before the first answer has to come back (RFC 6928).
    assert len(gzip.compress(form_page(VIEW, {}).body, 6)) < 10 * 1_460


def test_a_refusal_says_that_nothing_was_received_and_keeps_what_was_typed() -> None:
    answer = refusal_page(TooBusy(), TYPED, VIEW)
    page = Drawn(answer)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "8"
    assert answer.headers["cache-control"] == "no-store"
    assert "Your request was not received" in page.text
    assert "Seconds to wait: 8" in page.text
    assert page.value("name") == EVERY_FIELD["name"]


def test_a_refusal_without_a_form_shows_what_was_typed_and_not_what_the_page_added() -> None:
    page = Drawn(refusal_page(TooBusy(), {**TYPED, "fq_key": ["secret-key"], "utm_source": ["ads"]}, None))
    assert all(value.strip() in page.text for value in EVERY_FIELD.values())
    assert "secret-key" not in page.text
    assert "ads" not in page.text.split()
    assert "form" not in {tag for tag, _ in page.tags}


def test_thanks_shows_a_reference_and_nothing_else_that_the_address_says() -> None:
    assert "FQ-7K3M9-QXD4H" in Drawn(thanks_page(VIEW, "fq-7k3m9-qxd4h")).text
    odd = thanks_page(VIEW, TRICK)
    assert b"7 * 7" not in odd.body
    assert "Your reference" not in Drawn(odd).text
