"""From a PDF to what its signatures show (evidence). No conclusion is drawn here.

For every signature and document time stamp, in the order of the revisions they cover:

    place       what the raw bytes say, by our own rules       opening.py, geometry.py
    container   digest, value, algorithms                      container.py
    path        certificates up to an anchor, revocation       paths.py, revocation.py
    changes     what was added after it                        changes.py

Whatever a library throws at one of these steps becomes evidence of that signature
(``unreadable``) and the others are examined all the same. Run it in a worker process only: a
file of 3 KB can keep a PDF library busy for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from pyhanko.pdf_utils.generic import parse_pdf_date

from gateway.model.signature import (
    FileEvidence,
    PathEvidence,
    RevocationEvidence,
    SignatureEvidence,
    TimeStampEvidence,
)
from gateway.signing.certificates import certificate_evidence
from gateway.signing.changes import changes_after
from gateway.signing.container import (
    Container,
    digest_bytes,
    examine_signed_data,
    read_container,
)
from gateway.signing.geometry import unclaimed_ranges
from gateway.signing.guard import Crash, guarded
from gateway.signing.opening import (
    OpenedFile,
    PlacedSignature,
    entry,
    fault_of_unopened,
    open_file,
    picture_mm,
    place,
    signed_fields,
    tail_fault,
)
from gateway.signing.paths import TrustStore, assess

MAX_SIGNATURES = 64  # four are usual; thousands are an attack on our time
SUBFILTERS = {"/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/ETSI.RFC3161"}
PADES_SUBFILTER = "/ETSI.CAdES.detached"

Assessment = tuple[PathEvidence, tuple[RevocationEvidence, ...]]


def examine_file(raw: bytes, store: TrustStore, at: datetime) -> FileEvidence:
    """Return what the signatures of the PDF ``raw`` show, received at ``at`` (zone-aware)."""
    evidence = FileEvidence(
        digest=hashlib.sha256(raw).hexdigest(),
        size_bytes=len(raw),
        received_at=at.astimezone(UTC),
        lists_given=len(store.lists) > 0,
    )
    if not raw:
        return replace(evidence, faults=(("EMPTY_FILE", ""),))
    if b"%PDF-" not in raw[:1024]:
        return replace(evidence, faults=(("NOT_A_PDF", ""),))
    opened = guarded(lambda: open_file(raw, store, at))
    if isinstance(opened, Crash):
        code = fault_of_unopened(raw, opened)
        return replace(evidence, faults=((code, opened.cause),) if code else ())
    return _examined_file(evidence, opened)


def _examined_file(evidence: FileEvidence, opened: OpenedFile) -> FileEvidence:
    found, crash = signed_fields(opened.reader)
    faults = [("FILE_UNREADABLE", crash.cause)] if crash else []
    if len(found) > MAX_SIGNATURES:
        faults.append(("TOO_MANY_SIGNATURES", str(len(found))))
        return replace(evidence, faults=tuple(faults))
    placed = sorted((place(opened, each) for each in found), key=lambda each: each.order)
    if placed and tail_fault(opened, placed[-1]):
        faults.append(("TRAILING_BYTES", ""))
    claimed = [each.owns for each in placed if each.owns]
    if unclaimed_ranges(opened.raw, claimed) and not any(each.crash for each in placed):
        faults.append(("SIGNATURE_HIDDEN", ""))
    signatures = tuple(_examined(opened, each, placed) for each in placed)
    return replace(evidence, faults=tuple(faults), signatures=signatures)


def _examined(
    opened: OpenedFile, placed: PlacedSignature, all_placed: Sequence[PlacedSignature]
) -> SignatureEvidence:
    """Return the evidence of one signature; each step that crashes leaves the others standing."""
    evidence = SignatureEvidence(field=placed.signed.name, geometry=placed.geometry)
    steps = (
        partial(_with_kind, placed=placed),
        partial(_with_container, opened=opened, placed=placed),
        partial(_with_changes, opened=opened, placed=placed, all_placed=all_placed),
        partial(_with_level, opened=opened, placed=placed, all_placed=all_placed),
    )
    unreadable = placed.crash.cause if placed.crash else None
    for step in steps:
        done = guarded(partial(step, evidence))
        if isinstance(done, Crash):
            unreadable = unreadable or done.cause
        else:
            evidence = done
    return replace(evidence, unreadable=unreadable)


def _with_kind(known: SignatureEvidence, placed: PlacedSignature) -> SignatureEvidence:
    return replace(
        known,
        is_document_time_stamp=placed.signed.is_document_time_stamp,
        picture_mm=picture_mm(placed.signed),
    )


def _with_container(
    known: SignatureEvidence, opened: OpenedFile, placed: PlacedSignature
) -> SignatureEvidence:
    if placed.signed.subfilter not in SUBFILTERS:
        raise ValueError("a signature format nobody here reads")
    container = read_container(placed.contents, lambda name: _digest(opened, placed, name))
    stamp = _time_stamp(opened, container)
    judged_at = stamp.stamped_at if stamp and stamp.is_trusted else opened.at.astimezone(UTC)
    if known.is_document_time_stamp and container.stamped_at:
        judged_at = container.stamped_at
    path, revocations = assess(opened.store, container.certificate, container.others, judged_at)
    return replace(
        known,
        cms=container.finding,
        certificate=certificate_evidence(container.certificate),
        path=path,
        revocations=revocations,
        claimed_at=container.stamped_at or container.claimed_at or _written_time(placed),
        judged_at=judged_at,
        time_stamp=stamp,
    )


def _digest(opened: OpenedFile, placed: PlacedSignature, name: str) -> bytes:
    """Return the digest of the signed bytes; nothing equals it when there is no range."""
    span = placed.span
    if span is None:
        return b""
    view = memoryview(opened.raw)
    return digest_bytes(name, view[: span.gap_from], view[span.gap_to : span.end])


def _written_time(placed: PlacedSignature) -> datetime | None:
    """Return the time in the signature dictionary (/M), or None when it says none."""
    text = entry(placed.signed.dictionary, "/M")
    if text is None:
        return None
    done = guarded(lambda: parse_pdf_date(str(text), strict=False))
    if isinstance(done, Crash) or done.utcoffset() is None:
        return None  # a time without a zone is no time
    return done.astimezone(UTC)


def _time_stamp(opened: OpenedFile, container: Container) -> TimeStampEvidence | None:
    """Return the first trusted time stamp on the signature, else the first readable one."""
    readable = []
    for token in container.tokens[:4]:  # one is usual
        done = guarded(partial(_one_time_stamp, opened, container.value, token))
        if not isinstance(done, Crash) and done is not None:
            readable.append(done)
    trusted = [each for each in readable if each.is_trusted]
    return next(iter(trusted or readable), None)


def _one_time_stamp(opened: OpenedFile, value: bytes, token: object) -> TimeStampEvidence | None:
    container = examine_signed_data(token, lambda name: digest_bytes(name, value), set())
    if container.stamped_at is None:
        return None
    finding = container.finding
    path, revocations = assess(
        opened.store, container.certificate, container.others, container.stamped_at
    )
    return TimeStampEvidence(
        stamped_at=container.stamped_at,
        holds=not finding.faults and finding.digest_holds and finding.value_holds,
        certificate=certificate_evidence(container.certificate),
        path=path,
        revocations=revocations,
    )


def _with_changes(
    known: SignatureEvidence,
    opened: OpenedFile,
    placed: PlacedSignature,
    all_placed: Sequence[PlacedSignature],
) -> SignatureEvidence:
    if placed.span is None or "REVISION_MISMATCH" in placed.geometry.faults:
        return known  # which revision was signed is not known: nothing can be compared
    later = {each.signed.name for each in all_placed if each.revision > placed.revision}
    changes = changes_after(opened.reader, placed.revision, later, opened.permission)
    return replace(known, changes=changes)


def _with_level(
    known: SignatureEvidence,
    opened: OpenedFile,
    placed: PlacedSignature,
    all_placed: Sequence[PlacedSignature],
) -> SignatureEvidence:
    """Name the PAdES level the signature's parts amount to; nothing is judged by it."""
    is_pades = placed.signed.subfilter == PADES_SUBFILTER
    if not is_pades or known.cms is None or not known.cms.names_certificate:
        return known
    level = "B-B"
    if known.time_stamp is not None:
        level = "B-T"
        if opened.has_long_term_data:
            stamped_later = any(
                each.signed.is_document_time_stamp and each.revision > placed.revision
                for each in all_placed
                if each.crash is None
            )
            level = "B-LTA" if stamped_later else "B-LT"
    return replace(known, pades=level)
