"""Opening a PDF for examination: its signed fields and where each lies in the raw bytes.

The library reads the structure; :mod:`gateway.signing.geometry` holds it against the bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import extract_contents, read_certification_data

from gateway.model.signature import GeometryEvidence
from gateway.signing.geometry import (
    ANY_BYTE_RANGE,
    ByteRange,
    Parsed,
    examine_geometry,
    object_span,
    tail_is_updates,
)
from gateway.signing.guard import Crash, guarded
from gateway.signing.paths import TrustStore
from gateway.signing.untyped import Untyped

POINTS_TO_MM = 25.4 / 72
MAX_FIELDS = 20_000  # a tax form has a thousand
TIME_STAMP_SUBFILTER = "/ETSI.RFC3161"


def entry(dictionary: Untyped, key: str) -> Untyped:
    """Return the value of ``key`` with references followed, or None when it is not there.

    The library's own ``get`` hands out references.
    """
    if not isinstance(dictionary, generic.DictionaryObject) or key not in dictionary:
        return None
    value: Untyped = dictionary[key]
    is_reference = isinstance(value, generic.IndirectObject)
    return value.get_object() if is_reference else value


@dataclass(frozen=True, slots=True)
class SignedField:
    """A signed field as the library shows it; nothing of it is believed yet."""

    name: str
    field: Untyped
    value: Untyped  # the raw entry, normally a reference

    @property
    def dictionary(self) -> Untyped:
        """Return the signature dictionary."""
        return self.value.get_object()

    @property
    def subfilter(self) -> str:
        """Return the declared format."""
        return str(entry(self.dictionary, "/SubFilter"))

    @property
    def is_document_time_stamp(self) -> bool:
        """Tell whether this is a time stamp on the whole file."""
        named = str(entry(self.dictionary, "/Type"))
        return named == "/DocTimeStamp" or self.subfilter == TIME_STAMP_SUBFILTER


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file whose structure could be read.

    Attributes:
        startxrefs: Offset of the cross-reference section of each revision, oldest first.
        permission: DocMDP level of the certifying signature; None when nobody certified.

    """

    raw: bytes
    reader: Untyped
    startxrefs: tuple[int, ...]
    store: TrustStore
    at: datetime
    permission: int | None = None

    @property
    def has_long_term_data(self) -> bool:
        """Tell whether certificates and revocation answers are kept in the file itself (DSS)."""
        kept = entry(self.reader.root, "/DSS")
        answers = entry(kept, "/CRLs"), entry(kept, "/OCSPs")
        return entry(kept, "/Certs") is not None and any(each is not None for each in answers)


@dataclass(slots=True, kw_only=True)
class PlacedSignature:
    """A signed field with what the raw bytes say about it.

    Attributes:
        revision: Index of the signed revision; the last one when it is not known.
        crash: Why its place could not be examined, or None.

    """

    signed: SignedField
    geometry: GeometryEvidence
    revision: int
    contents: bytes = b""
    span: ByteRange | None = None
    owns: tuple[int, int] | None = None
    crash: Crash | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Return what signatures are sorted by: revision, then end of the signed bytes."""
        return self.revision, self.span.end if self.span else 0


def open_file(raw: bytes, store: TrustStore, at: datetime) -> OpenedFile:
    """Open the file strictly; the library raises whatever it raises, the caller guards."""
    reader = PdfFileReader(io.BytesIO(raw), strict=True)
    if reader.encrypted:
        reader.decrypt(b"")
    _ = reader.root["/Pages"]
    count = reader.xrefs.total_revisions
    certified = guarded(lambda: read_certification_data(reader))
    permission = None
    if certified is not None and not isinstance(certified, Crash):
        permission = int(certified.permission.value) if certified.permission else None
    return OpenedFile(
        raw=raw,
        reader=reader,
        startxrefs=tuple(reader.xrefs.get_startxref_for_revision(each) for each in range(count)),
        store=store,
        at=at,
        permission=permission,
    )


def fault_of_unopened(raw: bytes, crash: Crash) -> str | None:
    """Return the code for a file that does not open strictly; None when it is merely untidy.

    Many programs write files with small faults. One of those without any sign of a signature is
    an unsigned file; with a sign of one, nobody can say what a reader would see.
    """
    if crash.is_exhausted or ANY_BYTE_RANGE.search(raw):
        return "FILE_UNREADABLE"
    lenient = guarded(lambda: signed_fields(PdfFileReader(io.BytesIO(raw), strict=False)))
    if isinstance(lenient, Crash):
        return "FILE_UNREADABLE" if lenient.is_exhausted else "FILE_DAMAGED"
    found, broken_off = lenient
    return "FILE_UNREADABLE" if found or broken_off else None


def signed_fields(reader: Untyped) -> tuple[list[SignedField], Crash | None]:
    """Return the signed fields, and the crash that ended the search early, if one did."""
    found: list[SignedField] = []

    def collect() -> None:
        require_form_tree(reader)
        for name, _, field in enumerate_sig_fields(reader, filled_status=True):
            body = field.get_object()
            found.append(SignedField(str(name), body, body.raw_get("/V")))

    crash = guarded(collect)
    return found, crash if isinstance(crash, Crash) else None


def require_form_tree(reader: Untyped) -> None:
    """Raise ValueError unless every form field is reached exactly once.

    The library walks a form whose fields share children once for every way to them: 3 KB are
    enough to keep it busy for ever.
    """
    seen: set[tuple[int, int]] = set()
    queue = [entry(entry(reader.root, "/AcroForm"), "/Fields")]
    count = 0
    while queue:
        fields = queue.pop()
        if not isinstance(fields, generic.ArrayObject):
            continue
        for raw in list.__iter__(fields):
            count += 1
            if count > MAX_FIELDS:
                raise ValueError("more form fields than anybody needs")
            if isinstance(raw, generic.IndirectObject):
                mark = (raw.idnum, raw.generation)
                if mark in seen:
                    raise ValueError("form fields that share children")
                seen.add(mark)
            body = raw.get_object()
            queue.append(entry(body, "/Kids"))


def place(opened: OpenedFile, signed: SignedField) -> PlacedSignature:
    """Return the signature with its place in the raw bytes; a crash is kept in it."""
    done = guarded(lambda: _place(opened, signed))
    if isinstance(done, Crash):
        return PlacedSignature(
            signed=signed,
            geometry=GeometryEvidence(faults=(), covers="partial"),
            revision=len(opened.startxrefs) - 1,
            crash=done,
        )
    return done


def _place(opened: OpenedFile, signed: SignedField) -> PlacedSignature:
    xrefs = opened.reader.xrefs
    dictionary = signed.dictionary
    is_reference = isinstance(signed.value, generic.IndirectObject)
    revision = len(opened.startxrefs) - 1
    where = None
    if is_reference:
        reference = signed.value.reference
        revision = xrefs.get_last_change(reference)
        where = xrefs[reference]
    parsed = Parsed(
        object_number=signed.value.idnum if is_reference else None,
        generation=signed.value.generation if is_reference else 0,
        in_object_stream=isinstance(where, ObjStreamRef),
        contents=extract_contents(dictionary),
        byte_range=[_number(each) for each in dictionary.raw_get("/ByteRange")],
        startxref=opened.startxrefs[revision],
    )
    faults, span, starts_at = examine_geometry(opened.raw, parsed, opened.startxrefs)
    return PlacedSignature(
        signed=signed,
        geometry=GeometryEvidence(
            faults=faults,
            covers=_covers(opened, faults, span),
            ends_at=span.end if span else None,
        ),
        revision=revision,
        contents=parsed.contents,
        span=span,
        owns=object_span(opened.raw, starts_at) if is_reference else None,
    )


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, generic.NumberObject) else None


def _covers(opened: OpenedFile, faults: tuple[str, ...], span: ByteRange | None) -> str:
    if span is None or faults:
        return "partial"
    return "whole_file" if span.end == len(opened.raw) else "revision"


def tail_fault(opened: OpenedFile, last: PlacedSignature) -> bool:
    """Tell whether something other than updates stands behind the last signature (rule 3)."""
    if last.span is None:
        return False  # its own fault says more
    return not tail_is_updates(opened.raw, last.span.end, opened.startxrefs)


def picture_mm(signed: SignedField) -> tuple[float, float] | None:
    """Return the size of the signature's picture on its page; None when it shows nothing."""
    field = signed.field
    kids = entry(field, "/Kids")
    widget = field if entry(field, "/Rect") is not None or not kids else kids[0]
    if entry(widget, "/AP") is None:
        return None
    edges = entry(widget, "/Rect")
    left, bottom, right, top = (float(edges[number]) for number in range(4))
    width, height = abs(right - left) * POINTS_TO_MM, abs(top - bottom) * POINTS_TO_MM
    return (round(width, 1), round(height, 1)) if width and height else None
