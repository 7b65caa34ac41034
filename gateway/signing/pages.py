"""Page pictures and the text of a page, by pypdfium2, within limits. For the worker only.

The coordinates of glyphs decide what stands alone in its line: a line of two columns is cut
where the gap is wider than letters set apart would leave.
"""

from __future__ import annotations

import ctypes
import io
import sys
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.signing.guard import Crash, guarded
from gateway.signing.opening import require_form_tree
from gateway.signing.untyped import Untyped

MAX_PAGES = 20  # of one request
MAX_DPI = 200
MAX_PIXELS = 16_000_000  # A3 at 200 dpi has 7,700,000
MAX_GLYPHS = 20_000  # a dense A4 page has about 5,000
POINTS_PER_INCH = 72
# A gap wider than this many heights of a letter parts two pieces of text; letters set apart
# for emphasis stand closer.
GAP_HEIGHTS = 1.8


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character on a page, in points from the lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        """Return the height of the ink, at least one point."""
        return max(self.top - self.bottom, 1.0)


def page_pictures(raw: bytes, pages: int, dpi: int) -> tuple[bytes, ...]:
    """Return PNG pictures of the first ``pages`` pages, signatures and seals drawn.

    Limits: 20 pages, 200 dpi, 16 million pixels a page (larger ones are drawn coarser).
    """
    document = pypdfium2.PdfDocument(raw)
    try:
        if _has_form_tree(raw):
            document.init_forms()
        count = min(len(document), pages, MAX_PAGES)
        return tuple(_picture(document[number], min(dpi, MAX_DPI)) for number in range(count))
    finally:
        document.close()


def _has_form_tree(raw: bytes) -> bool:
    """Tell whether the form may be drawn: pdfium, too, walks shared children for ever."""
    reader = guarded(lambda: PdfFileReader(io.BytesIO(raw), strict=False))
    if isinstance(reader, Crash):
        return False
    return not isinstance(guarded(lambda: require_form_tree(reader)), Crash)


def _picture(page: Untyped, dpi: int) -> bytes:
    width, height = page.get_size()
    scale = dpi / POINTS_PER_INCH
    pixels = width * height * scale * scale
    if pixels > MAX_PIXELS:
        scale *= (MAX_PIXELS / pixels) ** 0.5
    bitmap = page.render(scale=scale, may_draw_forms=True)
    buffer = io.BytesIO()
    bitmap.to_pil().convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def first_page_segments(raw: bytes) -> tuple[str, ...]:
    """Return the pieces of text that stand alone in their lines on the first page."""
    document = pypdfium2.PdfDocument(raw)
    try:
        if len(document) == 0:
            return ()
        page = document[0]
        return segments_of(_glyphs(page.get_textpage()))
    finally:
        document.close()


def _glyphs(text_page: Untyped) -> list[Glyph]:
    found = []
    for number in range(min(text_page.count_chars(), MAX_GLYPHS)):
        code = pdfium.FPDFText_GetUnicode(text_page.raw, number)
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        has_box = pdfium.FPDFText_GetCharBox(text_page.raw, number, left, right, bottom, top)
        text = chr(code) if 0 < code <= sys.maxunicode else ""
        if has_box and text.strip():
            found.append(Glyph(text, left.value, right.value, bottom.value, top.value))
    return found


def segments_of(glyphs: list[Glyph]) -> tuple[str, ...]:
    """Return texts of glyphs that follow each other in one line without a wide gap."""
    if not glyphs:
        return ()
    pieces = [[glyphs[0]]]
    for before, after in pairwise(glyphs):
        if _is_same_piece(before, after):
            pieces[-1].append(after)
        else:
            pieces.append([after])
    return tuple(_text_of(piece) for piece in pieces)


def _is_same_piece(before: Glyph, after: Glyph) -> bool:
    height = max(before.height, after.height)
    overlap = min(before.top, after.top) - max(before.bottom, after.bottom)
    on_one_line = overlap > -0.5 * height  # marks above letters hardly overlap them
    return on_one_line and -height < after.left - before.right < GAP_HEIGHTS * height


def _text_of(piece: list[Glyph]) -> str:
    text = piece[0].text
    for before, after in pairwise(piece):
        apart = after.left - before.right > 0.2 * max(before.height, after.height)
        text += (" " if apart else "") + after.text
    return text
