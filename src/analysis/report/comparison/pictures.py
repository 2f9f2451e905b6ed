"""Decide whether two renderings show the same figure.

PNG bytes change with every matplotlib release, so they cannot be compared exactly. What changes
between two renderings of one figure is the antialiasing of edges and the position of a glyph or a
line by a pixel or two; what changes with the data is ink that has no counterpart anywhere near.
So a pixel agrees when its colour lies within the range of colours that the other rendering has
within a few pixels of it, and a figure agrees when nowhere many pixels together do not. Coloured
ink is data and has the shorter reach; grey ink is mostly text, whose glyphs drift further apart
along a line when hinting changes.

Numbers are compared exactly, as text, by nbval. This comparison only has to catch a figure that
shows something else. Its test module measures both sides of every threshold.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

# Sizes may differ by what a tight bounding box or a rounded dpi moves.
SIZE = 2
# How far ink may move, in pixels each way, and how far a channel may then leave the other
# rendering's local range, of 255, after smoothing.
REACH, COLOUR = 2, 32
REACH_GREY, COLOUR_GREY = 4, 48
# Spread of the channels, of 255, from which ink counts as coloured.
CHROMA = 32
# Blocks in which disagreeing pixels are counted: about the size of a marker with its surroundings.
BLOCK = 24
# Disagreeing pixels that a block may hold. At 110 dpi, text drawn by an earlier minor release has
# at most 24; a moved point of 4 typographic points has at least 33.
PIXELS = 24


def figures_agree(stored_png: bytes, new_png: bytes) -> tuple[bool, str]:
    """Compare a stored figure with a new one; the text says where they differ most."""
    try:
        stored, new = _on_white(stored_png), _on_white(new_png)
    except OSError as error:
        return False, f"not a readable image: {error}"
    if stored_png == new_png:
        return True, "the same bytes"
    if any(abs(a - b) > SIZE for a, b in zip(stored.size, new.size, strict=True)):
        return False, f"the size changed from {stored.size} to {new.size} pixels"

    width, height = (max(sides) for sides in zip(stored.size, new.size, strict=True))
    stored, new = (_smooth(_pad(image, width, height)) for image in (stored, new))
    coloured = _coloured(stored) | _coloured(new)
    differs = _differs(stored, new, REACH_GREY, COLOUR_GREY)
    differs |= _differs(stored, new, REACH, COLOUR) & coloured
    count, x, y = _densest_block(differs)
    where = (
        f"{count} pixels differ in the {BLOCK}-pixel block around ({x}, {y}) of {width}×{height}"
    )
    return count <= PIXELS, f"{where}; {PIXELS} are allowed"


def image_problems(stored: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    """Compare the PNG images of one cell's outputs in their order, with their alternative text."""
    before, after = _images(stored), _images(new)
    if len(before) != len(after):
        return [f"the notebook stores {len(before)} figures, the run drew {len(after)}"]
    found = []
    for number, ((png, alt), (new_png, new_alt)) in enumerate(
        zip(before, after, strict=True), start=1
    ):
        agree, message = figures_agree(png, new_png)
        if not agree:
            found.append(f"figure {number} of {len(before)} differs: {message}")
        if alt != new_alt:
            found.append(f"figure {number}: the alternative text was {alt!r} and is {new_alt!r}")
    return found


def difference_png(old_png: bytes, new_png: bytes) -> bytes | None:
    """The new figure in pale grey, red where the old one differs; None if one is unreadable."""
    try:
        old, new = _on_white(old_png), _on_white(new_png)
    except OSError:
        return None
    width, height = (max(sides) for sides in zip(old.size, new.size, strict=True))
    old, new = (_pad(image, width, height) for image in (old, new))
    smooth_old, smooth_new = _smooth(old), _smooth(new)
    differs = _differs(smooth_old, smooth_new, REACH_GREY, COLOUR_GREY)
    differs |= _differs(smooth_old, smooth_new, REACH, COLOUR) & (
        _coloured(smooth_old) | _coloured(smooth_new)
    )
    white = Image.new("RGB", new.size, "white")
    pale = ImageChops.blend(new.convert("L").convert("RGB"), white, 0.7)
    shown = np.asarray(pale).copy()
    shown[differs] = (200, 0, 40)
    out = io.BytesIO()
    Image.fromarray(shown).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _images(outputs: list[dict[str, Any]]) -> list[tuple[bytes, str | None]]:
    images = []
    for output in outputs:
        text = output.get("data", {}).get("image/png")
        if text is None:
            continue
        try:
            png = base64.b64decode("".join(text))
        except binascii.Error:
            png = b""
        alt = output.get("metadata", {}).get("image/png", {}).get("alt")
        images.append((png, alt))
    return images


def _on_white(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _pad(image: Image.Image, width: int, height: int) -> Image.Image:
    padded = Image.new("RGB", (width, height), "white")
    padded.paste(image)
    return padded


def _smooth(image: Image.Image) -> Image.Image:
    # A line drawn sharply on one pixel and one spread over two then look alike.
    return image.filter(ImageFilter.BoxBlur(1))


def _coloured(image: Image.Image) -> np.ndarray:
    channels = np.asarray(image)
    return channels.max(axis=2) - channels.min(axis=2) > CHROMA


def _differs(one: Image.Image, other: Image.Image, reach: int, colour: int) -> np.ndarray:
    return _leaves_range(one, other, reach, colour) | _leaves_range(other, one, reach, colour)


def _leaves_range(image: Image.Image, other: Image.Image, reach: int, colour: int) -> np.ndarray:
    above = ImageChops.subtract(image, _local(ImageFilter.MaxFilter, other, reach))
    below = ImageChops.subtract(_local(ImageFilter.MinFilter, other, reach), image)
    return np.asarray(ImageChops.lighter(above, below)).max(axis=2) > colour


def _local(
    extreme: Callable[[int], ImageFilter.RankFilter], image: Image.Image, reach: int
) -> Image.Image:
    # Repeated small windows give the same square as one large window, and faster.
    for _ in range(reach):
        image = image.filter(extreme(3))
    return image


def _densest_block(differs: np.ndarray) -> tuple[int, int, int]:
    """Return the largest count in any block, at every offset, and that block's centre."""
    height, width = differs.shape
    side_y, side_x = min(BLOCK, height), min(BLOCK, width)
    total = np.zeros((height + 1, width + 1), dtype=int)
    total[1:, 1:] = differs.cumsum(axis=0).cumsum(axis=1)
    counts = (
        total[side_y:, side_x:]
        - total[:-side_y, side_x:]
        - total[side_y:, :-side_x]
        + total[:-side_y, :-side_x]
    )
    y, x = np.unravel_index(int(counts.argmax()), counts.shape)
    return int(counts[y, x]), int(x) + side_x // 2, int(y) + side_y // 2
