"""How a form looks: a few choices that are checked by their type, so that no style sheet can come in by them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True), Field(examples=["#7a1f5c"])]
Scheme = Literal["auto", "light", "dark"]
Corners = Literal["square", "soft", "round"]
Font = Literal["system", "humanist", "serif", "rounded"]
_ACCENT = (
    "The form's colour. Where its own shade would be too pale or too dark to be read, a darker or lighter one of it."
)
_SCHEME = "Whether pages are light or dark; `auto`: as the visitor's system is. The widget goes by its site instead."
_FONT = "Which of the fonts that systems bring along. The widget takes its site's instead."


class Theme(BaseModel):
    """How a form looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accent: Annotated[Colour | None, Field(description=f"{_ACCENT} null: ours.")] = None
    scheme: Annotated[Scheme, Field(description=_SCHEME)] = "auto"
    corners: Corners = "soft"
    font: Annotated[Font, Field(description=_FONT)] = "system"


USUAL = Theme()
"""The look of a form that has none of its own."""


class ThemeChange(BaseModel):
    """What is to change of a form's look; what is left out stays, and null is what a new form has."""

    model_config = ConfigDict(extra="forbid")

    accent: Annotated[Colour | None, Field(description=_ACCENT)] = None
    scheme: Annotated[Scheme | None, Field(description=_SCHEME)] = None
    corners: Corners | None = None
    font: Annotated[Font | None, Field(description=_FONT)] = None

    def on(self, theme: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return a form's theme, as it is stored, after the change."""
        return {**USUAL.model_dump(), **theme, **self._named()}

    def _named(self) -> dict[str, str | None]:
        usual = USUAL.model_dump()
        named = self.model_dump(exclude_unset=True)
        return {name: usual[name] if value is None else value for name, value in named.items()}
