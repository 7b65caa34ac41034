"""The tables, in SQLAlchemy Core; constraints by name, so that migrations can speak of them.

Every table carries ``agency_id`` and has it inside its primary key and every UNIQUE: a row of
one tenant can neither be seen nor be hit by another. What a recall destroys stands in tables
of its own (``contents``, ``attachments``, ``examinations``); ``documents``, ``deliveries`` and
``events`` hold no subject, no names and no bytes, and stay for the auditor.

Instants are fixed-width UTC text in SQLite and timestamptz in PostgreSQL; both sort by time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeEngine

from gateway.errors import NaiveTimeError

SQLITE_INSTANT = "%Y-%m-%dT%H:%M:%S.%f+00:00"


class _NaiveTimeError(NaiveTimeError, DontWrapMixin):
    """The same, told to SQLAlchemy as none of its own errors."""


class Instant(TypeDecorator[datetime]):
    """A zone-aware instant; NaiveTimeError for one without a zone, on the way in."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return timestamptz for PostgreSQL and text elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Turn an instant into what the database keeps."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise _NaiveTimeError(
                "naive-time",
                vi=f"Thời điểm không có múi giờ: {value.isoformat()}",
                en=f"an instant without a zone: {value.isoformat()}",
            )
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.strftime(SQLITE_INSTANT)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Turn what the database kept into an instant in UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _agency() -> Column[str]:
    return Column("agency_id", String(64), nullable=False)


def _of_document() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["agency_id", "document_ref"], ["documents.agency_id", "documents.ref"]
    )


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


documents = Table(
    "documents",
    metadata,
    _agency(),
    Column("ref", String(36), nullable=False),  # our own UUIDv7: the ID of commands and API
    Column("direction", String(3), nullable=False),
    Column("state", String(16), nullable=False),
    Column("business_type", String(16)),  # "0" to "3", else as received; None when unreadable
    Column("urgency", Integer, nullable=False),  # Urgency's value: higher goes first
    Column("content_digest", String(64)),  # None for what could not be opened
    # the instants, side by side; the real ones are never replaced (L-70)
    Column("arrived_at", Instant),  # raw bytes durable, our clock
    Column("qlvb_taken_at", Instant),  # the QLVB took it over
    Column("effective_receipt_at", Instant),
    Column("receipt_rule", String(32)),
    Column("calendar_version", String(64)),
    Column("receipt_reason", String(200)),
    Column("decided_at", Instant),
    Column("closed_at", Instant),  # accepted, refused, released or destroyed
    Column("objections", Text, nullable=False, server_default="[]"),  # JSON, codes and clauses
    Column("proposal", String(8)),  # "refuse", or None
    Column("verdict", String(16)),  # Verdict of the main document
    PrimaryKeyConstraint("agency_id", "ref"),
    _one_of("direction", "in", "out"),
    _one_of(
        "state",
        "opened",
        "waiting",
        "held",
        "parked",
        "quarantined",
        "accepted",
        "refused",
        "released",
        "destroyed",
    ),
    CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
    CheckConstraint("effective_receipt_at >= arrived_at", name="never_earlier"),
    CheckConstraint(
        "state <> 'accepted' OR effective_receipt_at IS NOT NULL", name="accepted_has_receipt"
    ),
)
Index("ix_documents_state", documents.c.agency_id, documents.c.direction, documents.c.state, documents.c.ref)  # fmt: skip  # noqa: E501 - one index, one line
Index("ix_documents_content", documents.c.agency_id, documents.c.content_digest)

contents = Table(
    "contents",
    metadata,
    _agency(),
    Column("document_ref", String(36), nullable=False),
    Column("document_id", Text),  # as received, never trimmed (L-106)
    Column("sender_id", Text),  # as received: no length is promised by anybody
    Column("sender_name", Text),
    Column("sender_key", Text),  # sender_name without marks and case, for search
    Column("number_key", Text),  # comparison forms (T09); what was received is in `envelope`
    Column("notation_key", Text),
    Column("code_number", Text),
    Column("code_notation", Text),
    Column("promulgation_date", Date),
    Column("type_name", Text),
    Column("subject", Text),
    Column("due_date", Date),
    Column("envelope", Text, nullable=False),  # JSON form of contract.md
    PrimaryKeyConstraint("agency_id", "document_ref"),
    _of_document(),
)
Index("ix_contents_identity", contents.c.agency_id, contents.c.document_id)
Index("ix_contents_number", contents.c.agency_id, contents.c.number_key, contents.c.notation_key)

attachments = Table(
    "attachments",
    metadata,
    _agency(),
    Column("document_ref", String(36), nullable=False),
    Column("ordinal", Integer, nullable=False),  # from 0, order of the envelope
    Column("name", Text),  # data, never a path
    Column("content_type", Text),
    Column("media_type", String(200)),
    Column("size_bytes", BigInteger),
    Column("digest", String(64)),
    Column("fault", String(64)),
    PrimaryKeyConstraint("agency_id", "document_ref", "ordinal"),
    _of_document(),
)
Index("ix_attachments_digest", attachments.c.digest)

examinations = Table(
    "examinations",
    metadata,
    _agency(),
    Column("document_ref", String(36), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("examined_at", Instant, nullable=False),
    Column("verdict", Text, nullable=False),  # JSON of contract.md, pdf verify
    Column("evidence", Text, nullable=False),  # JSON, kept beside the PDF (L-115)
    Column("marks", Text, nullable=False, server_default="[]"),
    Column("doubtful_marks", Text, nullable=False, server_default="[]"),
    PrimaryKeyConstraint("agency_id", "document_ref", "ordinal"),
    _of_document(),
)

deliveries = Table(
    "deliveries",
    metadata,
    _agency(),
    Column("id", String(36), nullable=False),
    Column("axis", String(64), nullable=False),
    Column("axis_doc_id", String(200), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("recipient", String(64), nullable=False, server_default=""),
    Column("message_type", String(32), nullable=False),
    Column("document_ref", String(36)),  # None until opened, and for status messages
    Column("raw_digest", String(64)),
    Column("raw_size_bytes", BigInteger),
    Column("listed_at", Instant, nullable=False),
    Column("arrived_at", Instant),  # raw bytes durable
    Column("acknowledged_at", Instant),
    Column("axis_created_text", String(64)),  # the axis's own times, as written
    Column("axis_updated_text", String(64)),
    Column("outcome", String(16)),  # what opening made of it; None before
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "axis", "axis_doc_id", "direction", "recipient"),
    _of_document(),
    _one_of("direction", "in", "out"),
    _one_of("outcome", "new", "attached", "repeated", "parked", "status"),
    CheckConstraint(
        "acknowledged_at IS NULL OR raw_digest IS NOT NULL", name="kept_before_acknowledged"
    ),
)
Index("ix_deliveries_document", deliveries.c.agency_id, deliveries.c.document_ref)
Index("ix_deliveries_raw", deliveries.c.raw_digest)

events = Table(
    "events",
    metadata,
    _agency(),
    Column("document_ref", String(36), nullable=False),
    Column("sequence", Integer, nullable=False),  # from 1, gap-free per document
    Column("at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),  # "gateway", or a person's account
    Column("code", String(64), nullable=False),
    Column("refs", Text, nullable=False),  # canonical JSON: ids, digests, codes; never content
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("agency_id", "document_ref", "sequence"),
    _of_document(),
    CheckConstraint("sequence >= 1", name="sequence"),
)
Index("ix_events_at", events.c.agency_id, events.c.at)

seals = Table(
    "seals",
    metadata,
    _agency(),
    Column("number", Integer, nullable=False),  # from 1, gap-free per agency
    Column("sealed_at", Instant, nullable=False),
    Column("heads", Text, nullable=False),  # canonical JSON: [[document_ref, sequence, hash]]
    Column("previous", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
    PrimaryKeyConstraint("agency_id", "number"),
)

statuses = Table(
    "statuses",
    metadata,
    _agency(),
    Column("id", String(36), nullable=False),
    Column("direction", String(3), nullable=False),  # out: we say it; in: others say it to us
    Column("key", String(300), nullable=False),  # the effect's key, or axis + axis_doc_id
    Column("document_ref", String(36)),  # None while the document is not known (T54)
    Column("delivery_id", String(36)),
    Column("code", Text, nullable=False),  # text as received (T58)
    Column("description", Text),
    Column("stated_at", Instant),
    Column("noted_at", Instant, nullable=False),
    Column("from_organ", Text),
    Column("about", Text, nullable=False, server_default="{}"),  # JSON: ResponseFor as received
    Column("envelope_digest", String(64)),  # the envelope's bytes, written once, sent as is
    Column("axis_doc_id", String(200)),
    Column("sent_at", Instant),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "direction", "key"),
    _of_document(),
    _one_of("direction", "in", "out"),
)
Index("ix_statuses_document", statuses.c.agency_id, statuses.c.document_ref)
Index("ix_statuses_envelope", statuses.c.envelope_digest)

counters = Table(
    "counters",
    metadata,
    _agency(),
    Column("series", String(64), nullable=False),  # a register, or "document_id"
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("agency_id", "series", "year"),
    CheckConstraint("last >= 1", name="last"),
)

register_entries = Table(
    "register_entries",
    metadata,
    _agency(),
    Column("register", String(16), nullable=False),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("document_ref", String(36)),  # None: reserved or recorded for paper
    Column("registered_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("note", String(500), nullable=False, server_default=""),
    PrimaryKeyConstraint("agency_id", "register", "year", "number"),
    UniqueConstraint("agency_id", "register", "document_ref"),
    _of_document(),
    _one_of("register", "incoming", "outgoing"),
    CheckConstraint("number >= 1", name="number"),
    _one_of("kind", "document", "reserved", "paper"),
    CheckConstraint("(kind = 'document') = (document_ref IS NOT NULL)", name="kind_fits"),
    CheckConstraint("document_ref IS NOT NULL OR note <> ''", name="explained"),
)

assigned_ids = Table(
    "assigned_ids",
    metadata,
    _agency(),
    Column("key", String(200), nullable=False),  # why it was made; the same key, the same id
    Column("document_id", Text, nullable=False),
    Column("assigned_at", Instant, nullable=False),
    PrimaryKeyConstraint("agency_id", "key"),
    UniqueConstraint("agency_id", "document_id"),
)

organs = Table(
    "organs",
    metadata,
    _agency(),
    Column("organ_id", String(64), nullable=False),
    Column("valid_from", Date, nullable=False),  # 0001-01-01 when the start is not known
    Column("valid_to", Date),
    Column("organ_name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # without marks and case, for search
    Column("successor", String(64)),
    Column("source", String(64), nullable=False),  # axis name, "settings", or who entered it
    PrimaryKeyConstraint("agency_id", "organ_id", "valid_from"),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
)
Index("ix_organs_name", organs.c.agency_id, organs.c.name_key)

organ_addresses = Table(
    "organ_addresses",
    metadata,
    _agency(),
    Column("organ_id", String(64), nullable=False),
    Column("axis", String(64), nullable=False),
    Column("address", String(200), nullable=False),
    Column("system_id", String(200)),
    PrimaryKeyConstraint("agency_id", "organ_id", "axis"),
)

credentials = Table(
    "credentials",
    metadata,
    _agency(),
    Column("axis", String(64), nullable=False),
    Column("system_id", String(200), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # by the vault; never in a log or backup plain
    Column("stored_at", Instant, nullable=False),
    PrimaryKeyConstraint("agency_id", "axis"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _agency(),
    Column("key_id", String(32), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("holder", String(120), nullable=False),
    Column("scopes", Text, nullable=False),  # JSON list
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    PrimaryKeyConstraint("agency_id", "key_id"),
)
Index("ix_api_keys_key_id", api_keys.c.key_id)

calendars = Table(
    "calendars",
    metadata,
    _agency(),
    Column("version", String(64), nullable=False),
    Column("source", Text, nullable=False),  # the resolved calendar, to prove a receipt time
    Column("first_used_at", Instant, nullable=False),
    PrimaryKeyConstraint("agency_id", "version"),
)

axis_states = Table(
    "axis_states",
    metadata,
    _agency(),
    Column("axis", String(64), nullable=False),
    Column("last_good_poll_at", Instant),
    Column("last_error_at", Instant),
    Column("last_error_code", String(64)),
    PrimaryKeyConstraint("agency_id", "axis"),
)

breakers = Table(
    "breakers",
    metadata,
    _agency(),
    Column("axis", String(64), nullable=False),
    Column("receiver", String(200), nullable=False),  # "" for the axis itself
    Column("failures", Integer, nullable=False),
    Column("open_until", Instant),
    Column("probing_since", Instant),
    PrimaryKeyConstraint("agency_id", "axis", "receiver"),
    CheckConstraint("failures >= 0", name="failures"),
)

jobs = Table(
    "jobs",
    metadata,
    _agency(),
    Column("id", String(36), nullable=False),
    Column("pipeline", String(32), nullable=False),
    Column("key", String(300), nullable=False),  # idempotency key, fixed before the first try
    Column("subject", String(64), nullable=False),  # what it is about: an id of ours
    Column("step", Integer, nullable=False, server_default="0"),
    Column("args", Text, nullable=False, server_default="{}"),  # JSON
    Column("urgency", Integer, nullable=False, server_default="0"),
    Column("state", String(8), nullable=False, server_default="ready"),
    Column("run_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),  # of the present step
    Column("owner", String(64)),
    Column("lease_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("first_failed_at", Instant),  # of the present step; None while it has not failed
    Column("last_error_code", String(64)),
    Column("finished_at", Instant),
    PrimaryKeyConstraint("agency_id", "id"),
    UniqueConstraint("agency_id", "key"),
    _one_of("state", "ready", "done", "dead"),
    CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="lease_has_owner"),
    CheckConstraint("state = 'ready' OR owner IS NULL", name="only_ready_is_leased"),
    CheckConstraint("step >= 0 AND attempts >= 0", name="counts"),
    CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
)
# the order in which jobs are claimed: urgent ones first, then who waits longest
Index("ix_jobs_ready", jobs.c.state, jobs.c.urgency.desc(), jobs.c.run_at, jobs.c.id)
Index("ix_jobs_subject", jobs.c.agency_id, jobs.c.subject)
