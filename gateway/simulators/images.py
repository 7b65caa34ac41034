"""Invented pictures of a signature and a seal: transparent PNG (L-05, L-06).

Drawn, not photographed: a blue curve that is nobody's hand, and a red ring with a star that no
organ uses.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent / "fonts"
BLUE = (0x1A, 0x3F, 0xB4, 0xFF)
RED = (0xD0, 0x10, 0x20, 0xFF)
CLEAR = (0, 0, 0, 0)
SEAL_PIXELS = 425  # 36 mm at 300 dots an inch


@lru_cache(maxsize=16)
def signature_image(seed: str) -> Image.Image:
    """Return a blue scribble on nothing, 600 by 200 pixels; another seed, another scribble."""
    image = Image.new("RGBA", (600, 200), CLEAR)
    draw = ImageDraw.Draw(image)
    pace = 3.0 + (sum(seed.encode()) % 7) / 4
    points = [
        (
            20 + step * 1.4,
            100 + 60 * math.sin(step / 400 * math.tau * pace) * math.cos(step / 90) * 0.9,
        )
        for step in range(400)
    ]
    draw.line(points, fill=BLUE, width=6, joint="curve")
    draw.line([(60, 170), (560, 130)], fill=BLUE, width=4)
    return image


@lru_cache(maxsize=16)
def seal_image(organ: str) -> Image.Image:
    """Return a round red seal on nothing with the organ's name in its middle."""
    image = Image.new("RGBA", (SEAL_PIXELS, SEAL_PIXELS), CLEAR)
    draw = ImageDraw.Draw(image)
    edge = SEAL_PIXELS - 1
    draw.ellipse((2, 2, edge - 2, edge - 2), outline=RED, width=9)
    draw.ellipse((62, 62, edge - 62, edge - 62), outline=RED, width=4)
    middle = SEAL_PIXELS / 2
    draw.polygon(_star(middle, middle - 40, 44), fill=RED)
    font = ImageFont.truetype(str(FONTS / "LiberationSerif-Bold.ttf"), 30)
    for line, text in enumerate(_lines(organ)):
        draw.text((middle, middle + 30 + 34 * line), text, font=font, fill=RED, anchor="mm")
    return image


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    return [
        (
            x + (radius if corner % 2 == 0 else radius * 0.4) * math.sin(corner * math.pi / 5),
            y - (radius if corner % 2 == 0 else radius * 0.4) * math.cos(corner * math.pi / 5),
        )
        for corner in range(10)
    ]


def _lines(organ: str) -> list[str]:
    """Cut the name into at most three short lines."""
    lines = [""]
    for word in organ.upper().split():
        if lines[-1] and len(lines[-1]) + len(word) > 12:  # noqa: PLR2004 - what the ring holds
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:3]
