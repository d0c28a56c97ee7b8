"""A form's own texts in real letters: from the table through the outbox to the mail server, on both databases."""

from email.message import EmailMessage
from typing import Any

import pytest

from app.deliveries.acknowledging import change_form
from app.destinations.shapes import Include
from app.forms.letters import Letter, OwnText, filled, filled_subject, remove_text, set_text
from app.forms.schemas import FormChange
from app.settings import Settings
from tests.support.house import PERSON, Desk
from tests.support.letters import text_of
from tests.support.smtp import SmtpServer, posting_there

HOSTILE = {**PERSON, "name": "Zoë {reference} {0.__class__}\r\nBcc: all@mail.example"}


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    """Give settings under which letters go to the mail server."""
    return posting_there(settings, smtp_server)


async def say(desk: Desk, letter: Letter, language: str, **own: Any) -> None:
    await set_text(desk.house.database, "default", (letter, language), OwnText(**own), desk.clock.now())


async def sent(desk: Desk, smtp_server: SmtpServer, **lead: Any) -> EmailMessage:
    """Return the letter about a new lead."""
    smtp_server.mails.clear()
    await desk.lead(**lead)
    await desk.engine.run_until_idle()
    (mail,) = smtp_server.mails
    return mail.message


async def test_an_acknowledgement_says_what_the_form_says_and_what_always_stays(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    change = FormChange(acknowledge=True, reply_to="hola@clinic.example", name="Clínica <script>{address}")
    await change_form(desk.house, "default", change)
    text = "Gracias, {form}.\n\n<script>alert(1)</script>\nSegunda línea."
    await say(desk, Letter.ACKNOWLEDGEMENT, "es", subject="{form}: {reference}", text=text)
    message = await sent(desk, smtp_server, person=HOSTILE)
    assert str(message["Subject"]).startswith("Clínica <script>{address}: FQ-")
    assert message["Bcc"] is None
    plain, page = text_of(message).replace("\r\n", "\n"), text_of(message, "html")
    assert "Gracias, Clínica <script>{address}.\n\n<script>alert(1)</script>\nSegunda línea.\n" in plain
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    reference = str(message["Subject"]).rpartition(" ")[2]
    for told in (plain, page):
        assert reference in told
        for word in ("hola@clinic.example", "/withdraw/", "A quote is not medical advice"):
            assert word in told
        # The usual opening is gone, and nothing of the enquirer has come.
        for word in ("ha llegado", "le responderá", "Zoë", "sclerosis", "__class__"):
            assert word not in told


async def test_a_text_is_for_its_language_and_holds_from_the_next_letter(desk: Desk, smtp_server: SmtpServer) -> None:
    await change_form(desk.house, "default", FormChange(acknowledge=True))
    people = [{**PERSON, "email": f"{name}@mail.example"} for name in ("ona", "pau", "mar", "nil")]
    assert "ha llegado" in text_of(await sent(desk, smtp_server, person=people[0]))
    await say(desk, Letter.ACKNOWLEDGEMENT, "es", subject="Recibida {reference}")
    message = await sent(desk, smtp_server, person=people[1])
    assert str(message["Subject"]).startswith("Recibida FQ-")
    assert "ha llegado" in text_of(message)
    german = await sent(desk, smtp_server, person=people[2], language="de")
    assert str(german["Subject"]).startswith("Wir haben Ihre Anfrage FQ-")
    await remove_text(desk.house.database, "default", (Letter.ACKNOWLEDGEMENT, "es"))
    assert str((await sent(desk, smtp_server, person=people[3]))["Subject"]).startswith("Hemos recibido")


async def test_an_arabic_text_keeps_what_runs_the_other_way_apart(desk: Desk, smtp_server: SmtpServer) -> None:
    await change_form(desk.house, "default", FormChange(acknowledge=True))
    await say(desk, Letter.ACKNOWLEDGEMENT, "ar", text="شكرًا لكم، {form}.")
    message = await sent(desk, smtp_server, language="ar")
    assert "شكرًا لكم، \u2068Quote request\u2069." in text_of(message)
    page = text_of(message, "html")
    assert 'dir="rtl"' in page
    assert "شكرًا لكم، \u2068Quote request\u2069." in page


async def test_a_letter_to_staff_has_the_mailboxs_subject_else_the_forms_else_the_usual(
    desk: Desk, smtp_server: SmtpServer
) -> None:
    await desk.mailbox("es@clinic.example", settings={"language": "es"})
    await desk.mailbox("own@clinic.example", settings={"language": "es", "subject": "Web: {reference}"})
    await desk.mailbox("en@clinic.example", include=Include.FULL)
    await say(desk, Letter.STAFF, "es", subject="{form} / {headline}", text="Responda en {form}: <script>\n\nFin.")
    lead = await desk.lead(person=HOSTILE)
    await desk.engine.run_until_idle()
    letters = {mail.recipients[0]: mail.message for mail in smtp_server.mails}
    subjects = {address.partition("@")[0]: str(message["Subject"]) for address, message in letters.items()}
    assert subjects == {
        "es": "default / Nueva solicitud de presupuesto",
        "own": f"Web: {lead.reference}",
        "en": f"New quote request {lead.reference} (default)",
    }
    for name in ("es", "own"):
        message = letters[f"{name}@clinic.example"]
        plain, page = text_of(message).replace("\r\n", "\n"), text_of(message, "html")
        assert f"{lead.reference}\n\nResponda en default: <script>\n\nFin.\n\nFormulario: default" in plain
        assert page.index("Responda en default: &lt;script&gt;") < page.index("Formulario")
        assert message["Bcc"] is None
    assert "Responda" not in text_of(letters["en@clinic.example"])


def test_what_is_put_in_is_not_read_again_and_stays_one_line() -> None:
    gaps = {"form": "{reference}\u2028Bcc: all", "reference": "?utf-8?q?=0ABcc?="}
    assert filled("{form} {0.__class__}", gaps) == "{reference}\u2028Bcc: all {0.__class__}"
    assert filled_subject("{form} ={reference}", gaps) == "{reference} Bcc: all = ?utf-8?q?=0ABcc?="
