"""Colours that can be read on each other: contrast (WCAG 2.2, 1.4.3), and shades that have enough of it."""

import colorsys
from collections.abc import Iterable

TEXT = 4.5
"""The least contrast of a text with what is behind it."""
_STEP = 0.01
_LINEAR_BELOW = 0.04045
"""Where the curve of sRGB begins."""
Parts = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, `#rrggbb`: from 1 to 21."""
    lights = sorted((_luminance(one), _luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """Return `other` with a share (0 to 1) of `colour` in it."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    red, green, blue = (one * share + two * (1 - share) for one, two in pairs)
    return _written((red, green, blue))


def darkened(colour: str, grounds: Iterable[str], least: float = TEXT) -> str:
    """Return the colour's lightest shade, itself if it will do, that can be read on all the light `grounds`."""
    return _shaded(colour, list(grounds), least, -_STEP)


def lightened(colour: str, grounds: Iterable[str], least: float = TEXT) -> str:
    """Return the colour's darkest shade, itself if it will do, that can be read on all the dark `grounds`."""
    return _shaded(colour, list(grounds), least, _STEP)


def readable(ground: str, inks: Iterable[str]) -> str:
    """Return the first ink that can be read on a ground, else black or white: one of them always can."""
    return next(ink for ink in (*inks, "#ffffff", "#000000") if contrast(ink, ground) >= TEXT)


def _shaded(colour: str, grounds: list[str], least: float, step: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    shade = colour
    while min(contrast(shade, ground) for ground in grounds) < least:
        lightness += step
        shade = _written(colorsys.hls_to_rgb(hue, min(max(lightness, 0), 1), saturation))
    return shade


def _luminance(colour: str) -> float:
    linear = [part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> Parts:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _written(parts: Parts) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
