"""Which events a destination takes, as the API says it."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.languages.catalogue import catalogue
from app.languages.countries import country_codes
from app.languages.negotiation import read_language

EventType = Literal["lead.created", "lead.updated", "lead.erased"]
LeadStatus = Literal["new", "contacted", "qualified", "quoted", "won", "lost"]


def _country(code: str) -> str:
    if code not in country_codes():
        raise PydanticCustomError("unknown_country", "This is not a country's code of two capital letters.")
    return code


def _language(tag: str) -> str:
    found = read_language(tag)
    if found is None:
        raise PydanticCustomError("unknown_language", "This is not a language tag.")
    return found


def _condition(code: str) -> str:
    if code not in catalogue()["conditions"]:
        raise PydanticCustomError("unknown_condition", "The catalogue has no condition with that code.")
    return code


Events = Annotated[
    list[EventType],
    Field(
        max_length=len(get_args(EventType)),
        description="Types of event; empty: those usual for its format. An erasure reaches whoever was told before.",
    ),
]
Countries = Annotated[
    list[Annotated[str, Field(max_length=2), AfterValidator(_country)]],
    Field(max_length=250, description="Countries of enquirers; empty: all.", examples=[["ES", "PT"]]),
]
Languages = Annotated[
    list[Annotated[str, Field(max_length=35), AfterValidator(_language)]],
    Field(max_length=100, description="Languages; `es` takes `es-MX`, too. Empty: all.", examples=[["es"]]),
]
Conditions = Annotated[
    list[Annotated[str, Field(max_length=100), AfterValidator(_condition)]],
    Field(max_length=200, description="Codes of the catalogue; empty: all.", examples=[["multiple-sclerosis"]]),
]
Statuses = Annotated[
    list[LeadStatus], Field(max_length=len(get_args(LeadStatus)), description="Of the lead by now; empty: all.")
]
FILTERS = ("events", "countries", "languages", "conditions", "statuses")


class Filters(BaseModel):
    """What a destination takes; a list that is empty excludes nothing."""

    events: Events = []
    countries: Countries = []
    languages: Languages = []
    conditions: Conditions = []
    statuses: Statuses = []

    def taken(self) -> dict[str, list[str]] | None:
        """Return the lists that exclude something, for the destination's row."""
        return {name: list(getattr(self, name)) for name in FILTERS if getattr(self, name)} or None
