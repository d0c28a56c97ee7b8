"""A million invented leads, sealed as the door seals them, and the same in a plain table with the usual indexes.

How often a word occurs is known: each first name stands for a tenth of all leads, each family name for a thousand of a
million, one name for one lead.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Dialect, Integer, MetaData, String, Table, Uuid

from app.database import JSON_VALUE, UtcDateTime
from app.ids import new_id, new_reference
from app.leads.documents import LeadParts, seal_part
from app.leads.models import Lead
from app.leads.tokens import epoch_of, values_of
from app.sealing.keyring import Keyring

FIRST_NAMES = (
    "Anwelin",
    "Borusha",
    "Cadmira",
    "Dorvane",
    "Elkanor",
    "Fiorenza",
    "Gaspard",
    "Hedwiga",
    "Ismael",
    "Jolanta",
)
MIDDLE_NAMES = (
    "Kaspian",
    "Leonie",
    "Marisol",
    "Nikanor",
    "Ottilie",
    "Perpetua",
    "Quirin",
    "Rosalba",
    "Severin",
    "Tamar",
)
_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r")
FAMILY_NAMES = tuple(f"{one.upper()}o{two}a{three}ert" for one in _ONSETS for two in _ONSETS for three in _ONSETS)
ONE_OF_A_KIND = "Zyphaniel"
COUNTRIES = ("ES", "DE", "FR", "IT", "GB", "PT", "NL", "SE", "NO", "IS")
STATUSES = ("contacted", "qualified", "quoted", "lost", "won", "contacted", "qualified", "lost", "contacted", "lost")
STAFF = ("Marta", "Jonas", "Ines", None, None)
SAID = "The same letters in every lead, since it is their number that counts here. " * 3
"""What stands in an inquiry, some 230 letters."""
PLAIN_INDEXES = {
    "received": "received_at, no",
    "updated": "updated_at, no",
    **{column: f"{column}, received_at, no" for column in ("status", "country", "language", "assignee", "form_key")},
}
TABLES: dict[str, tuple[str, ...]] = {
    "leads": (
        *("no", "id", "reference", "form_key", "status", "version", "held", "held_reasons", "test", "country"),
        *("language", "campaign", "received_at", "updated_at", "answered_at", "assignee", "tags", "person"),
        *("inquiry", "attribution", "answers"),
    ),
    "data_keys": ("lead_id", "wrapped"),
    "lead_tags": ("tag", "received_at", "lead_no"),
    "search_tokens": ("epoch", "token", "lead_no"),
    "plain_leads": (
        *("no", "id", "reference", "form_key", "status", "version", "held", "test", "country", "language"),
        *("received_at", "updated_at", "answered_at", "assignee", "tags", "name", "email", "phone", "words", "inquiry"),
    ),
}
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Makes leads for one database, whose newest was received a minute before `ends`."""

    keyring: Keyring
    dialect: Dialect
    size: int
    ends: datetime

    def rows(self, first: int, count: int) -> Rows:
        """Make the leads with the numbers from `first` on."""
        made: Rows = {table: [] for table in TABLES}
        for number in range(first, min(first + count, self.size + 1)):
            self._add(made, number)
        # As an index keeps them: a batch is then one stroke.
        made["search_tokens"].sort()
        return made

    def _add(self, made: Rows, number: int) -> None:
        person, facts = self._person(number), self._facts(number)
        lead_id = new_id()
        key, wrapped = self.keyring.new_data_key(lead_id)
        inquiry = {"condition_code": "multiple-sclerosis" if number % 2 else None, "message": SAID}
        parts = LeadParts(person, inquiry, {"page_url": f"https://clinic.example/ms/{number}"}, {})
        sealed = [seal_part(key, part.name, lead_id, getattr(parts, part.name)) for part in fields(parts)]
        spelled, reference = self._spell("id", lead_id), new_reference()
        clear = {name: self._spell(name, value) for name, value in facts.items()}
        tags = self._spell("tags", ["vip"] if number % 100 == 0 else [])
        made["leads"].append(
            (
                *(number, spelled, reference, "default", clear["status"], 1, clear["held"], self._spell("tags", [])),
                *(clear["test"], clear["country"], clear["language"], self._spell("campaign", {})),
                *(clear["received_at"], clear["updated_at"], clear["answered_at"], clear["assignee"], tags, *sealed),
            )
        )
        made["data_keys"].append((spelled, wrapped))
        if number % 100 == 0:
            made["lead_tags"].append(("vip", clear["received_at"], number))
        tokens = self.keyring.tokens.of_all(values_of(person, parts.inquiry))
        made["search_tokens"].extend((epoch_of(number), token, number) for token in tokens)
        words = f"{person['name']} {person['email']} {person['phone']}".lower()
        made["plain_leads"].append(
            (
                *(number, spelled, reference, "default", clear["status"], 1, clear["held"], clear["test"]),
                *(clear["country"], clear["language"], clear["received_at"], clear["updated_at"]),
                *(clear["answered_at"], clear["assignee"], tags, person["name"], person["email"], person["phone"]),
                *(words, SAID),
            )
        )

    def _person(self, number: int) -> dict[str, Any]:
        mixed = number * 7_919
        first, middle = FIRST_NAMES[mixed % 10], MIDDLE_NAMES[mixed // 10 % 10]
        family = FAMILY_NAMES[mixed // 100 % 1_000]
        if number == self.size // 3:
            first = ONE_OF_A_KIND
        return {
            "name": f"{first} {middle} {family}",
            "email": f"{first[0].lower()}.{family.lower()}{number}@mail{number % 50}.example",
            "phone": f"+346{number:08}",
            "phone_raw": f"6{number:08}",
            "phone_valid": True,
            "preferred_contact": "email",
            "relationship": "self",
            "timezone": "Europe/Madrid",
        }

    def _facts(self, number: int) -> dict[str, Any]:
        received_at = self.ends - timedelta(seconds=30 * (self.size - number + 2))
        # The last three thousand wait for an answer; a few older ones have been forgotten.
        is_new = number > self.size - 3_000 or number % 1_000 == 1
        status = "new" if is_new else STATUSES[number % 10]
        rare = number % 2_000 == 0
        return {
            "status": status,
            "held": number % 200 == 3,  # noqa: PLR2004 - one in two hundred
            "test": number % 5_000 == 7,  # noqa: PLR2004 - one in five thousand
            "country": "IS" if rare else COUNTRIES[number % 9],
            "language": "is" if rare else ("en", "es", "de")[number % 3],
            "received_at": received_at,
            "updated_at": received_at + timedelta(hours=number % 50),
            "answered_at": None if is_new else received_at + timedelta(hours=1),
            "assignee": STAFF[number % 5],
        }

    def _spell(self, column: str, value: Any) -> Any:
        """Spell a value as the driver takes it."""
        bind = _spelling(column, self.dialect)
        return bind(value) if bind and value is not None else value


_BINDERS: dict[tuple[str, str], Any] = {}


def _spelling(column: str, dialect: Dialect) -> Any:
    known = column, dialect.name
    if known not in _BINDERS:
        _BINDERS[known] = Lead.__table__.columns[column].type.dialect_impl(dialect).bind_processor(dialect)
    return _BINDERS[known]


METADATA = MetaData()
PLAIN = Table(
    "plain_leads",
    METADATA,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("id", Uuid, unique=True),
    Column("reference", String(16), unique=True),
    *(Column(name, String(64)) for name in ("form_key", "status", "country", "language", "assignee")),
    *(Column(name, Boolean) for name in ("held", "test")),
    *(Column(name, UtcDateTime) for name in ("received_at", "updated_at", "answered_at", "follow_up_at")),
    *(Column(name, String) for name in ("name", "email", "phone", "words", "inquiry")),
    Column("version", Integer),
    Column("tags", JSON_VALUE),
)
"""The same leads, unsealed."""


def plain_indexes(dialect: Dialect, *, trigrams: bool) -> Iterator[str]:
    """Yield the statements that give the plain table the indexes of a good engineer, once it is full."""
    for name, columns in PLAIN_INDEXES.items():
        yield f"CREATE INDEX plain_{name} ON plain_leads ({columns})"
    for name, condition in (("held", "held"), ("test", "test"), ("unanswered", "answered_at IS NULL")):
        yield f"CREATE INDEX plain_{name} ON plain_leads (received_at, no) WHERE {condition}"
    yield "CREATE INDEX plain_email ON plain_leads (email)"
    yield "CREATE INDEX plain_phone ON plain_leads (phone)"
    if dialect.name == "sqlite":
        yield (
            "CREATE VIRTUAL TABLE plain_words "
            "USING fts5(words, content='plain_leads', content_rowid='no', tokenize='trigram')"
        )
        yield "INSERT INTO plain_words(plain_words) VALUES ('rebuild')"
        return
    if trigrams:
        yield "CREATE EXTENSION IF NOT EXISTS pg_trgm"
        yield "CREATE INDEX plain_words ON plain_leads USING gin (words gin_trgm_ops)"
    yield "CREATE INDEX plain_tags ON plain_leads USING gin (tags)"
    yield "ANALYZE plain_leads"
