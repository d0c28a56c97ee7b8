"""How much one form takes before leads are held for staff to look at, where that is not what the installation says."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.rates import LONGEST_COUNT_SECONDS, Rate


def _rate(text: str) -> str:
    rate = Rate(text)
    if rate.seconds > LONGEST_COUNT_SECONDS:
        raise ValueError("a limit counts over an hour at most: where a lead came from is not kept longer")
    return rate.text


RateText = Annotated[str, Field(max_length=20, examples=["500/1h"]), AfterValidator(_rate)]


class Limits(BaseModel):
    """A form's own limits; what is left out of a change stays, and null is what the installation says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flood: Annotated[
        RateText | None,
        Field(description="Leads of one client address, then held. Null: `FREEQUOTE_FLOOD`."),
    ] = None
    same_text: Annotated[
        RateText | None, Field(description="Leads with the same message, then held. Null: 50 within an hour.")
    ] = None

    def on(self, limits: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return a form's limits, as they are stored, after this change."""
        return {**limits, **self.model_dump(exclude_unset=True)}


USUAL = Limits()
"""The limits of a form that has none of its own."""
