"""What a quote request may hold, and what each field becomes."""

from typing import Any
from uuid import UUID

import pytest

from app.errors import InvalidRequest
from app.intake.body import Submission, read_body
from app.intake.schemas import Money, read_quote_request
from tests.intake.reading import CONSENT, problems, read

WORDING = UUID("01a20dee-4d9d-7fbf-9cbd-60cbe829e5a3")


def test_the_least_is_enough() -> None:
    request = read()
    assert (request.name, request.email, request.country) == ("Ana Duarte", "ana@mail.example", "ES")
    assert (request.condition, request.condition_code) == ("MS", "multiple-sclerosis")
    assert (request.relationship, request.language, request.answers) == ("self", None, {})
    assert (request.phone, request.phone_raw, request.phone_valid) == (None, None, None)
    assert (request.consent.privacy, request.consent.health_data, request.consent.marketing) == (True, True, False)


@pytest.mark.parametrize(
    "name",
    [
        "Müller-Łukasiewicz",
        "李小龙",
        "فاطمة الزهراء",
        "O'Brien",
        "N",
        "محمد\u200cرضا",
        "Дмитрий",
        "X Æ A-12",
        "ñ" * 200,
    ],
)
def test_a_name_in_any_script_is_kept_as_it_is(name: str) -> None:
    assert read(name=f"  {name} ").name == name


def test_a_name_may_come_in_two_parts() -> None:
    request = read(name=..., first_name="Ana", last_name="Duarte Gil")
    assert (request.name, request.first_name, request.last_name) == ("Ana Duarte Gil", "Ana", "Duarte Gil")
    assert read(name="Dr. Ana Gil", first_name="Ana").name == "Dr. Ana Gil"
    assert problems(name=..., first_name="A" * 150, last_name="B" * 150) == [("/name", "too-long")]


def test_two_addresses_that_differ_by_case_stay_as_typed_and_compare_as_one() -> None:
    small, capital = read(email="ana@mail.example"), read(email="Ana@Mail.Example")
    assert (small.email, capital.email) == ("ana@mail.example", "Ana@Mail.Example")
    assert small.email_normalised == capital.email_normalised == "ana@mail.example"


def test_an_address_with_a_domain_in_any_script_is_accepted() -> None:
    request = read(email="ana@bücher.example")
    assert (request.email, request.email_normalised) == ("ana@bücher.example", "ana@xn--bcher-kva.example")


def test_invisible_marks_around_a_copied_address_are_not_part_of_it() -> None:
    assert read(email="\u200fana@mail.example\u200e").email == "ana@mail.example"


def test_a_phone_number_is_kept_raw_and_as_e164() -> None:
    request = read(email=..., phone=" 612 34 56 78 ", country="Spain")
    assert (request.phone_raw, request.phone, request.phone_valid) == ("612 34 56 78", "+34612345678", True)
    assert read(phone="+34 112 34 56 78").phone_valid is False


def test_a_message_from_right_to_left_with_emoji_and_overrides_is_kept_word_for_word() -> None:
    message = "  مرحبا 👋🏽\n\nأعاني من التصلب المتعدد\t\u202eabc\u202c 👩‍👩‍👧  "
    assert read(message=message).message == message


def test_everything_in_the_contract_finds_its_field() -> None:
    request = read(
        form="clinic-es",
        phone="+34 612 34 56 78",
        country="esp",
        treatment="HSCT",
        preferred_contact="WhatsApp",
        language="pt_br",
        timezone="europe/madrid",
        relationship="parent",
        patient_name="Luís",
        patient_age="٩",
        timeline="3_months",
        budget={"amount": "1500", "currency": "eur"},
        destination_countries=["Türkiye", "DE", "tr"],
        consent={**CONSENT, "sharing": ["Clinic A", "Clinic A"], "marketing": "no", "wording": str(WORDING)},
        attribution={"utm_source": "a", "utm_term": "t"},
        utm_source="b",
        gclid="c",
        redirect="https://clinic.example/thanks",
    )
    assert (request.form, request.country, request.treatment_code) == ("clinic-es", "ES", "hsct")
    assert (request.preferred_contact, request.language, request.timezone) == ("whatsapp", "pt-BR", "Europe/Madrid")
    assert (request.relationship, request.patient_name, request.patient_age) == ("parent", "Luís", 9)
    assert (request.timeline, request.budget) == ("3_months", Money(amount="1500.00", currency="EUR"))
    assert request.destination_countries == ["TR", "DE"]
    assert (request.consent.sharing, request.consent.marketing) == (["Clinic A"], False)
    assert request.consent.wording == WORDING
    assert request.attribution == {"utm_source": "a", "utm_term": "t", "gclid": "c"}
    assert (request.redirect, request.answers) == ("https://clinic.example/thanks", {})


def test_null_and_blank_fields_count_as_absent() -> None:
    request = read(phone="", message=" \n ", timeline=None, budget={"amount": "", "currency": "EUR"}, patient_age=" ")
    assert (request.phone_raw, request.message, request.timeline) == (None, None, None)
    assert (request.budget, request.patient_age) == (None, None)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = problems(
        name="",
        email="no address",
        country="Atlantis",
        condition="x" * 201,
        preferred_contact="pigeon",
        language="klingon!",
        timezone="Mars/Phobos",
        patient_age=121,
        budget={"amount": "a lot", "currency": "EUR"},
        destination_countries=["ES", "Atlantis"],
        consent={"privacy": False, "wording": "none"},
        attribution={"page_url": "\x00"},
        extra="\x07",
    )
    assert set(found) == {
        ("/name", "required"),
        ("/email", "invalid-email"),
        ("/country", "unknown-country"),
        ("/condition", "too-long"),
        ("/preferred_contact", "invalid-choice"),
        ("/language", "invalid-language"),
        ("/timezone", "invalid-timezone"),
        ("/patient_age", "invalid-number"),
        ("/budget/amount", "invalid-amount"),
        ("/destination_countries/1", "unknown-country"),
        ("/consent/privacy", "consent-required"),
        ("/consent/health_data", "consent-required"),
        ("/consent/wording", "invalid-wording"),
        ("/attribution/page_url", "control-characters"),
        ("/extra", "control-characters"),
    }
    assert len(found) == len(set(found))


def test_an_empty_request_is_told_what_is_needed() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_quote_request(Submission("json", {}), accept_language=None)
    assert {(problem.pointer, problem.code) for problem in caught.value.problems} == {
        ("/name", "required"),
        ("/email", "contact-required"),
        ("/country", "required"),
        ("/condition", "condition-or-treatment-required"),
        ("/consent/privacy", "consent-required"),
        ("/consent/health_data", "consent-required"),
    }


def test_a_field_that_could_not_be_read_is_not_also_said_to_be_missing() -> None:
    raw = b"name=%FF&phone=%FF&country=ES&treatment=%FF&consent.privacy=on&consent.health_data=on"
    with pytest.raises(InvalidRequest) as caught:
        read_quote_request(read_body("application/x-www-form-urlencoded", raw), accept_language=None)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [
        ("/name", "invalid-encoding"),
        ("/phone", "invalid-encoding"),
        ("/treatment", "invalid-encoding"),
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "Ana\nBcc: x@mail.example"}, ("/name", "control-characters")),
        ({"name": "Ana\x00"}, ("/name", "control-characters")),
        ({"name": "Ana\x1f"}, ("/name", "control-characters")),
        ({"name": "\x1f"}, ("/name", "control-characters")),
        ({"name": "Ana\u2028Gil"}, ("/name", "control-characters")),
        ({"name": "a" * 201}, ("/name", "too-long")),
        ({"name": ["Ana"]}, ("/name", "invalid-type")),
        ({"email": "ana@mail.example\r\nBcc: b@mail.example"}, ("/email", "control-characters")),
        ({"email": "ana@mail.example,b@mail.example"}, ("/email", "invalid-email")),
        ({"email": "a" * 250 + "@mail.example"}, ("/email", "too-long")),
        ({"phone": "call me"}, ("/phone", "invalid-phone")),
        ({"phone": 612345678}, ("/phone", "invalid-type")),
        ({"message": "a\x00b"}, ("/message", "control-characters")),
        ({"message": "x" * 5001}, ("/message", "too-long")),
        ({"patient_age": -1}, ("/patient_age", "invalid-number")),
        ({"patient_age": True}, ("/patient_age", "invalid-number")),
        ({"patient_age": "9" * 400}, ("/patient_age", "invalid-number")),
        ({"patient_age": 7.5}, ("/patient_age", "invalid-number")),
        ({"consent": "yes"}, ("/consent", "invalid-type")),
        ({"consent": {**CONSENT, "marketing": "perhaps"}}, ("/consent/marketing", "invalid-boolean")),
        ({"consent": {**CONSENT, "sharing": {"a": 1}}}, ("/consent/sharing", "invalid-list")),
        ({"consent": {**CONSENT, "sharing": [1]}}, ("/consent/sharing/0", "invalid-type")),
        ({"consent": {**CONSENT, "sharing": ["c"] * 51}}, ("/consent/sharing", "invalid-list")),
        ({"budget": "1500"}, ("/budget", "invalid-type")),
        ({"budget": {"amount": "1500"}}, ("/budget/currency", "required")),
        ({"budget": {"amount": "1500", "currency": "XYZ"}}, ("/budget/currency", "unknown-currency")),
        ({"budget": {"amount": -1, "currency": "EUR"}}, ("/budget/amount", "invalid-amount")),
        ({"budget": {"amount": True, "currency": "EUR"}}, ("/budget/amount", "invalid-amount")),
        ({"destination_countries": 7}, ("/destination_countries", "invalid-list")),
        ({"destination_countries": ["ES"] * 21}, ("/destination_countries", "invalid-list")),
        ({"form": 7}, ("/form", "invalid-type")),
        ({"attribution": []}, ("/attribution", "invalid-type")),
    ],
)
def test_a_broken_rule_is_named_by_its_field(fields: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems(**fields) == [problem]


def test_no_message_repeats_what_was_sent() -> None:
    canary = "Zaphiriel"
    fields = (
        "name",
        "email",
        "phone",
        "country",
        "message",
        "preferred_contact",
        "language",
        "timezone",
        "relationship",
    )
    sent = {
        **dict.fromkeys(fields, f"{canary}\x00"),
        "timeline": canary,
        "patient_age": canary,
        "extra": f"{canary}\x07",
    }
    with pytest.raises(InvalidRequest) as caught:
        read(**sent)
    assert len(caught.value.problems) == len(sent)
    assert canary not in f"{caught.value!r} {caught.value} {caught.value.problems}"


def test_a_child_needs_a_guardian_unless_a_parent_writes() -> None:
    assert problems(patient_age=17) == [("/guardian_name", "guardian-required")]
    assert problems(patient_age=0, relationship="carer") == [("/guardian_name", "guardian-required")]
    assert read(patient_age=17, guardian_name="Rui Duarte").guardian_name == "Rui Duarte"
    assert read(patient_age=17, relationship="parent").patient_age == 17
    assert read(patient_age=18).patient_age == 18


@pytest.mark.parametrize("word", ["on", "true", "1", "yes", "YES", True])
def test_a_tick_comes_in_many_words(word: str | bool) -> None:  # noqa: FBT001
    assert read(consent={"privacy": word, "health_data": word, "marketing": word}).consent.marketing is True


@pytest.mark.parametrize("word", ["off", "false", "0", "no", False, None, ""])
def test_without_the_tick_there_is_no_consent(word: str | bool | None) -> None:  # noqa: FBT001
    assert problems(consent={"privacy": word, "health_data": True}) == [("/consent/privacy", "consent-required")]


def test_the_language_is_the_request_s_own_else_the_browser_s() -> None:
    assert read("de-AT,de;q=0.9", language="es").language == "es"
    guessed = read("de-AT,de;q=0.9")
    assert (guessed.language, guessed.language_is_guess) == ("de-AT", True)


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read().name = "Somebody Else"  # type: ignore[misc]
