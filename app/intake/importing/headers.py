"""Which field a column of somebody else's table is, by its heading."""

from collections.abc import Mapping, Sequence

from app.intake.fields.rules import ATTRIBUTION, KNOWN_FIELDS, LONGEST_ANSWER_NAME
from app.languages.folding import fold

RECEIVED_AT = "received_at"
SOURCE_ID = "source_id"
"""What the other service calls the request; the same one is never imported twice."""
LINE, PROBLEMS = "import_line", "import_problems"
"""Columns of a file of errors, which may be imported again once it is put right."""
IGNORED = ""

_SPELLINGS = {
    "name": "name, full name, your name, nombre, nombre completo, nombre y apellidos, nom complet, imie i nazwisko",
    "first_name": "first name, given name, vorname, prenom, nombre de pila, imie",
    "last_name": "last name, surname, family name, nachname, apellido, apellidos, nom de famille, cognome, nazwisko",
    "email": "email, e mail, mail, email address, e mail address, your email, correo, correo electronico, courriel",
    "phone": "phone, phone number, telephone, tel, mobile, mobile phone, whatsapp, telefono, movil, telefon, telefone",
    "country": "country, country of residence, pais, land, pays, paese, kraj",
    "condition": "condition, medical condition, diagnosis, disease, diagnostico, enfermedad, diagnose, maladie",
    "treatment": "treatment, treatment of interest, procedure, tratamiento, behandlung, traitement",
    "message": "message, your message, comment, comments, question, questions, notes, mensaje, nachricht, messaggio",
    "language": "language, idioma, sprache, langue, lingua",
    "timezone": "timezone, time zone",
    "preferred_contact": "preferred contact, preferred contact method, contact preference",
    "patient_name": "patient name, patient, nombre del paciente",
    "patient_age": "patient age, age, edad, alter, age of patient",
    "guardian_name": "guardian name, guardian, parent or guardian",
    "consent.privacy": "privacy, privacy policy, privacy consent, consent, gdpr, gdpr consent",
    "consent.health_data": "health data, health data consent",
    "consent.marketing": "marketing, marketing consent, newsletter",
    "page_url": "page, page url, url, source url, landing page",
    "referrer": "referrer, referer, network referrer",
    RECEIVED_AT: "received at, date, timestamp, created at, created, submitted at, submitted on, submission date, "
    "submit date, submit date utc, entry date, date submitted, conversion date, fecha, datum",
    SOURCE_ID: "id, submission id, response id, entry id, lead id, token",
    IGNORED: f"{LINE.replace('_', ' ')}, {PROBLEMS.replace('_', ' ')}",
}
_GROUPS = frozenset({"budget", "consent", "attribution", "destination_countries", "form", "redirect"})
"""Fields that no single cell of somebody else's table fills."""
_FIELD_OF = {
    **{fold(name): name for name in (KNOWN_FIELDS | {*ATTRIBUTION}) - _GROUPS},
    **{spelling.strip(): field for field, spellings in _SPELLINGS.items() for spelling in spellings.split(",")},
}


def guess(headings: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the field of each column: as it is `given`, else as its heading sounds, else an answer of its own.

    A field is guessed once: what else sounds like it is kept as an answer.
    """
    found = {heading: given[heading] for heading in headings if heading in given}
    for heading in headings:
        if heading not in found:
            field = _FIELD_OF.get(fold(heading))
            taken = field != IGNORED and field in found.values()
            found[heading] = _answer_name(heading) if field is None or taken else field
    return found


def _answer_name(heading: str) -> str:
    """Return the name of an answer: the heading, unless that is a field's, or takes itself for a path of fields."""
    name = heading.replace(".", " ").replace("[", "(").replace("]", ")")[: LONGEST_ANSWER_NAME - 1].strip()
    return f"{name}_" if name in KNOWN_FIELDS or name.startswith("fq_") else name
