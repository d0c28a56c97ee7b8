"""What somebody gets who asks what is held on them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.audit.schemas import AuditOut
from app.deliveries.subject import SubjectDelivery, SubjectEvent
from app.forms.schemas import WordingOut
from app.leads.schemas import LeadRecord
from app.leads.timeline import TimelineEntry


class SubjectLead(LeadRecord):
    """The lead itself."""

    rejected_at: Annotated[datetime | None, Field(description="When staff marked it as spam.")]


class Marks(BaseModel):
    """How many keyed hashes stand for the lead. They say nothing without the keyring, and lead to it."""

    search_tokens: Annotated[int, Field(description="Find it by name, address, number and condition.")]
    flood_marks: Annotated[int, Field(description="Of client address, text and proof of work; an hour at most.")]
    idempotency_keys: Annotated[int, Field(description="Make a request sent again no second lead; a day at most.")]


class SubjectExport(BaseModel):
    """Everything held on the person of one lead, opened. Related leads are not in it: they may be of somebody else."""

    made_at: datetime
    lead: SubjectLead
    wordings: Annotated[list[WordingOut], Field(description="The exact words that the consents were given under.")]
    timeline: Annotated[list[TimelineEntry], Field(description="Every step, and every note that staff wrote.")]
    events: Annotated[list[SubjectEvent], Field(description="What was told of them.")]
    deliveries: Annotated[list[SubjectDelivery], Field(description="To whom, and what came back.")]
    audit: Annotated[list[AuditOut], Field(description="Who did what with the lead, and who looked at it.")]
    marks: Marks
