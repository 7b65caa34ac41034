"""An invented organ that issues documents: draws, signs, seals, and lets them be spoilt.

For the demonstration and the tests. The page follows NĐ 30/2020 Phụ lục I closely enough to be
recognised: A4, margins, header in two columns, number and place, subject, text, recipients, and
the place for signature and seal. The person signs first with a blue picture between title and
name (L-05), then the organ with a red seal over its left third (L-06, L-114).

Signing takes tens of milliseconds of CPU: from asyncio, call these functions through
``asyncio.to_thread``.
"""

from __future__ import annotations

import asyncio
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image
from pyhanko.pdf_utils import generic, layout
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.simulators.images import seal_image, signature_image
from gateway.simulators.pki import Credential

FONTS = Path(__file__).parent / "fonts"
SERIF, SERIF_BOLD, SERIF_ITALIC = "EdocSerif", "EdocSerif-Bold", "EdocSerif-Italic"
PERSON_FIELD, ORGAN_FIELD = "EdocSigPerson", "EdocSigOrgan"
CMS_BYTES = 16_000  # a signature needs about 4,000, a time stamp on it as much again

WIDTH, HEIGHT = A4
LEFT, RIGHT = 30 * mm, WIDTH - 15 * mm
# Whole points in the picture's own proportion (3 to 1): about 60 by 20 mm.
SIGNATURE_BOX = (334, 176, 505, 233)
SEAL_MM = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """What stands on an invented document.

    Attributes:
        code: Số và ký hiệu as printed, such as ``12/UBND-VP``.
        promulgated: Place and day as printed.
        secrecy: Text of a secrecy stamp, or None. For trying the hard stop of L-60.
        pages: How many pages; the signatures stand on the first.

    """

    organ: str
    code: str
    promulgated: str
    subject: str
    body: tuple[str, ...]
    title: str
    full_name: str
    to_places: tuple[str, ...] = ()
    in_charge: str | None = None
    secrecy: str | None = None
    pages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping:
    """One signature to be put on a file.

    Attributes:
        box: Left, bottom, right, top in points from the page's lower left corner; None for a
            signature without a picture.
        image: The picture; None likewise.
        pss: RSASSA-PSS instead of PKCS#1 v1.5 (L-122, L-123).
        stamped_by: Who stamps the time; None for a signature whose time is only claimed.

    """

    field_name: str
    at: datetime
    box: tuple[float, float, float, float] | None = None
    image: Image.Image | None = field(default=None, repr=False)
    pss: bool = True
    digest: str = "sha256"
    stamped_by: Credential | None = None


def _fonts_ready() -> None:
    for name, file in (
        (SERIF, "LiberationSerif-Regular.ttf"),
        (SERIF_BOLD, "LiberationSerif-Bold.ttf"),
        (SERIF_ITALIC, "LiberationSerif-Italic.ttf"),
    ):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))


def make_document(text: DocumentText) -> bytes:
    """Return the document as an unsigned PDF; the same text gives the same bytes."""
    _fonts_ready()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True, lang="vi")
    canvas.setTitle(text.subject)
    canvas.setAuthor(text.organ)
    _head(canvas, text)
    _body(canvas, text)
    _foot(canvas, text)
    for number in range(2, text.pages + 1):
        canvas.showPage()
        canvas.setFont(SERIF, 13)
        canvas.drawCentredString(WIDTH / 2, HEIGHT - 15 * mm, str(number))
        canvas.drawString(LEFT, HEIGHT - 40 * mm, f"Trang {number} của văn bản {text.code}.")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _head(canvas: Canvas, text: DocumentText) -> None:
    left, right, top = 65 * mm, 143 * mm, HEIGHT - 22 * mm
    canvas.setFont(SERIF, 12)
    if text.in_charge:
        canvas.drawCentredString(left, top + 6 * mm, text.in_charge.upper())
    canvas.setFont(SERIF_BOLD, 12)
    canvas.drawCentredString(left, top, text.organ.upper())
    canvas.drawCentredString(right, top, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    canvas.setFont(SERIF_BOLD, 13)
    canvas.drawCentredString(right, top - 6 * mm, "Độc lập - Tự do - Hạnh phúc")
    canvas.line(right - 27 * mm, top - 8 * mm, right + 27 * mm, top - 8 * mm)
    canvas.line(left - 12 * mm, top - 3 * mm, left + 12 * mm, top - 3 * mm)
    canvas.setFont(SERIF, 13)
    canvas.drawCentredString(left, top - 15 * mm, f"Số: {text.code}")
    canvas.setFont(SERIF_ITALIC, 13)
    canvas.drawCentredString(right, top - 15 * mm, text.promulgated)
    canvas.setFont(SERIF, 12)
    for line, part in enumerate(simpleSplit(f"V/v {text.subject}", SERIF, 12, 70 * mm)):
        canvas.drawCentredString(left, top - (22 + 5 * line) * mm, part)
    if text.secrecy:
        canvas.setFont(SERIF_BOLD, 14)
        canvas.drawCentredString(left, top - 46 * mm, text.secrecy)
        canvas.rect(left - 18 * mm, top - 48 * mm, 36 * mm, 8 * mm)


def _body(canvas: Canvas, text: DocumentText) -> None:
    height = HEIGHT - 84 * mm
    canvas.setFont(SERIF, 14)
    for paragraph in text.body:
        for number, line in enumerate(simpleSplit(paragraph, SERIF, 14, RIGHT - LEFT - 10 * mm)):
            canvas.drawString(LEFT + (10 * mm if number == 0 else 0), height, line)
            height -= 7 * mm
        height -= 2 * mm


def _foot(canvas: Canvas, text: DocumentText) -> None:
    middle = (SIGNATURE_BOX[0] + SIGNATURE_BOX[2]) / 2
    canvas.setFont(SERIF_BOLD, 13)
    canvas.drawCentredString(middle, 90 * mm, text.title.upper())
    canvas.drawCentredString(middle, 52 * mm, text.full_name)
    canvas.setFont(SERIF_ITALIC, 12)
    canvas.drawString(LEFT, 90 * mm, "Nơi nhận:")
    canvas.setFont(SERIF, 11)
    for line, place in enumerate((*text.to_places, "Lưu: VT.")):
        canvas.drawString(LEFT, (84 - 5 * line) * mm, f"- {place}")


def sign_person(pdf: bytes, signer: Credential, at: datetime) -> bytes:
    """Return ``pdf`` signed by the person, blue picture between title and name (L-05)."""
    image = signature_image(signer.name)
    stamping = Stamping(field_name=PERSON_FIELD, at=at, box=SIGNATURE_BOX, image=image)
    return apply_signature(pdf, signer, stamping)


def seal_organ(pdf: bytes, signer: Credential, at: datetime) -> bytes:
    """Return ``pdf`` sealed by the organ, red seal over the picture's left third (L-06)."""
    side = SEAL_MM * mm
    third = SIGNATURE_BOX[0] + (SIGNATURE_BOX[2] - SIGNATURE_BOX[0]) / 3
    middle = (SIGNATURE_BOX[1] + SIGNATURE_BOX[3]) / 2
    box = (third - side, middle - side / 2, third, middle + side / 2)
    stamping = Stamping(field_name=ORGAN_FIELD, at=at, box=box, image=seal_image(signer.name))
    return apply_signature(pdf, signer, stamping)


def apply_signature(pdf: bytes, signer: Credential, stamping: Stamping) -> bytes:
    """Return ``pdf`` with one more PAdES B-B signature as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    spec = fields.SigFieldSpec(stamping.field_name, on_page=0, box=_box_of(stamping))
    pdf_signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=stamping.field_name,
            md_algorithm=stamping.digest,
            subfilter=fields.SigSeedSubFilter.PADES,
        ),
        signer=_simple_signer(signer, pss=stamping.pss),
        stamp_style=_style(stamping.image),
        new_field_spec=spec,
        timestamper=_time_stamper(stamping),
    )
    session = pdf_signer.init_signing_session(writer)
    session.system_time = stamping.at  # the simulated clock, not the machine's
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=CMS_BYTES)
    prepared, output = document.digest_tbs_document()

    async def fill() -> None:
        attributes = PdfCMSSignedAttributes(signing_time=stamping.at)
        done = await document.perform_signature(prepared.document_digest, attributes)
        await done.post_signature_processing(output)

    with ThreadPoolExecutor(1) as beside:  # the caller may run an event loop of its own
        beside.submit(lambda: asyncio.run(fill())).result()
    output.seek(0)
    return bytes(output.read())


def _time_stamper(stamping: Stamping) -> Any:  # noqa: ANN401 - untyped library
    if stamping.stamped_by is None:
        return None
    return DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(stamping.stamped_by.certificate_der()),
        tsa_key=asn1_keys.PrivateKeyInfo.load(stamping.stamped_by.key_der()),
        certs_to_embed=_store_of(stamping.stamped_by),
        fixed_dt=stamping.at,
    )


def _store_of(credential: Credential) -> SimpleCertificateStore:
    """Return the certificates that travel along; the root is known to whoever verifies."""
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    for certificate in credential.above[:-1]:
        store.register(asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)))
    return store


def _box_of(stamping: Stamping) -> tuple[int, int, int, int] | None:
    if stamping.box is None:
        return None
    left, bottom, right, top = (round(edge) for edge in stamping.box)
    return left, bottom, right, top


def _simple_signer(credential: Credential, *, pss: bool) -> Any:  # noqa: ANN401 - untyped library
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(credential.certificate_der()),
        signing_key=asn1_keys.PrivateKeyInfo.load(credential.key_der()),
        cert_registry=_store_of(credential),
        prefer_pss=pss,
    )


def _style(image: Image.Image | None) -> Any:  # noqa: ANN401 - untyped library
    if image is None:
        return None
    fill = layout.SimpleBoxLayoutRule(
        x_align=layout.AxisAlignment.ALIGN_MID,
        y_align=layout.AxisAlignment.ALIGN_MID,
        margins=layout.Margins(0, 0, 0, 0),
        inner_content_scaling=layout.InnerScaling.STRETCH_TO_FIT,
    )
    picture = PdfImage(image)
    return StaticStampStyle(
        background=picture, background_layout=fill, border_width=0, background_opacity=1
    )


def tampered_copy(pdf: bytes, other: DocumentText) -> bytes:
    """Return a copy whose first page shows ``other``, by a well-formed update.

    The signed bytes stay as they are, so every digest still holds, and both pictures stay on
    the page; only what stands under them is different.
    """
    page_of_other = PdfFileReader(io.BytesIO(make_document(other))).root["/Pages"]["/Kids"][0]
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    for key in ("/Contents", "/Resources"):
        page[generic.pdf_name(key)] = writer.import_object(page_of_other.raw_get(key))
    writer.update_container(page)
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def byte_flipped_copy(pdf: bytes) -> bytes:
    """Return a copy with one byte changed inside the signed range; the file still opens."""
    place = pdf.index(b"/Producer")
    spoilt = bytearray(pdf)
    spoilt[place + 12] ^= 0x01
    return bytes(spoilt)


def without_last_signature(pdf: bytes) -> bytes:
    """Return the file as it stood before its last update: the seal is cut off."""
    ends = [found.end() for found in re.finditer(rb"%%EOF\r?\n?", pdf)]
    return pdf[: ends[-2]]
