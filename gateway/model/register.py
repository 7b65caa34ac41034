"""Registers of documents (sổ đăng ký văn bản): one a year and kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

from gateway.model.document import DocumentRef

ArrivalNumber = NewType("ArrivalNumber", int)
"""Số đến: ours, in order of the registering commits, gap-free within the year (L-35)."""


class Register(Enum):
    """Which book."""

    INCOMING = "incoming"  # sổ đăng ký văn bản đến
    OUTGOING = "outgoing"  # sổ đăng ký văn bản đi


class NumberedBy(Enum):
    """Who gives the numbers of a register; asked by ``init``, no default."""

    QLVB = "qlvb"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """One line of a register.

    Attributes:
        year: Register year, from ``effective_receipt_at`` in Viet Nam time (contract).
        document: None for a number reserved or recorded for a paper document.
        note: Why a number without a document exists; "" otherwise.

    """

    register: Register
    year: int
    number: int
    document: DocumentRef | None
    registered_at: datetime
    note: str = ""
