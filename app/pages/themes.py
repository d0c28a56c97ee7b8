"""A form's theme as a style sheet: shades of its colour that can be read, corners, a font, light or dark."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from app.forms.themes import Corners, Font, Theme
from app.pages.assets import STYLES
from app.pages.colours import contrast, darkened, lightened, mixed, readable
from app.pages.styles import PLAIN, Styles

OUR_ACCENT = "#0a5a63"
_WHITE, _INK, _NIGHT = "#ffffff", "#16262b", "#142225"
_PAGE, _NIGHT_PAGE = "#f5f6f7", "#0d1719"
_CALM = 6.5
"""Contrast of the colour in the dark: more than is needed, since what only just passes there tires the eyes."""
_EDGE = 3.0
"""The least contrast of a control with what is around it (WCAG 2.2, 1.4.11)."""
_CORNERS: Mapping[Corners, str] = {"square": "0px", "soft": ".625rem", "round": "1.125rem"}
_SANS = '"Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif'
_FONTS: Mapping[Font, str] = {
    "system": f"system-ui, -apple-system, {_SANS}",
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", "Noto Sans", sans-serif',
    "serif": '"Iowan Old Style", Charter, "Sitka Text", Cambria, Georgia, "Noto Serif", serif',
    "rounded": f'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, "Arial Rounded MT Bold", Nunito, {_SANS}',
}
_OURS = {
    "accent": "--fq-accent",
    "accent-deep": "--fq-accent-deep",
    "fill": "--fq-accent",
    "fill-deep": "--fq-accent-deep",
    "on-fill": "--fq-on-accent",
    "tint": "--fq-tint",
}
"""What a site may set for the widget, which then counts more than the theme."""


@lru_cache(maxsize=256)
def worn(theme: Theme) -> Styles:
    """Return what the pages of a form wear."""
    rules = "\n".join(_rules(theme))
    return Styles.of(f"{STYLES}{rules}\n") if rules else PLAIN


@lru_cache(maxsize=256)
def widget_rules(theme: Theme) -> str:
    """Return what the widget wears on top of its own styles: font, light and dark are its site's."""
    return "\n".join(_shared_rules(theme))


def mark_of(theme: Theme) -> Mapping[str, str]:
    """Return the two colours of what a browser shows of a page outside of it."""
    fill = theme.accent or OUR_ACCENT
    return {"fill": fill, "on_fill": readable(fill, (_WHITE, _INK))}


def _rules(theme: Theme) -> Iterator[str]:
    yield from _shared_rules(theme)
    if theme.font != "system":
        yield f":root {{ --font: {_FONTS[theme.font]}; }}"
    if theme.scheme != "auto":
        yield f":root {{ color-scheme: {theme.scheme}; }}"


def _shared_rules(theme: Theme) -> Iterator[str]:
    if theme.corners != "soft":
        yield f":root, :host {{ --corner: var(--fq-corner, {_CORNERS[theme.corners]}); }}"
    if theme.accent is not None:
        light, dark = shades(theme.accent)
        yield _setting(light)
        both = {name: f"light-dark({light[name]}, {dark[name]})" for name in light}
        yield f"@supports (color: light-dark(#fff, #000)) {{ {_setting(both)} }}"


def _setting(values: Mapping[str, str]) -> str:
    set_ = (f"--{name}: {_unless_set(name, value)};" for name, value in values.items())
    return f":root, :host {{ {' '.join(set_)} }}"


def _unless_set(name: str, value: str) -> str:
    return f"var({_OURS[name]}, {value})" if name in _OURS else value


def shades(accent: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the colours of a page that are made of one, in the light and in the dark.

    In the light a button has the very colour, whatever it is, and a text on it that can be read. Texts, lines and
    marks take a darker shade where the colour itself would be too pale. In the dark all take a lighter one.
    """
    page, tint = mixed(accent, _PAGE, 0.03), mixed(accent, _WHITE, 0.09)
    text = darkened(accent, (_WHITE, page, tint))
    on_fill = readable(accent, (_WHITE, _INK))
    light = {
        "page": page,
        "accent": text,
        "accent-deep": mixed(text, "#000000", 0.75),
        "fill": accent,
        "fill-deep": mixed(accent, "#000000" if on_fill == _WHITE else _WHITE, 0.8),
        "on-fill": on_fill,
        # A button as pale as the page keeps an edge.
        "fill-edge": "transparent" if contrast(accent, _WHITE) >= _EDGE else text,
        "tint": tint,
    }
    glow = lightened(accent, (_NIGHT,), _CALM)
    glow_deep = mixed(glow, _WHITE, 0.7)
    dark = {
        "page": mixed(accent, _NIGHT_PAGE, 0.04),
        "accent": glow,
        "accent-deep": glow_deep,
        "fill": glow,
        "fill-deep": glow_deep,
        "on-fill": _NIGHT_PAGE,
        "fill-edge": "transparent",
        "tint": mixed(glow, _NIGHT, 0.1),
    }
    return light, dark
