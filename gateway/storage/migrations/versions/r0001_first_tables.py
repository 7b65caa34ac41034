"""The first tables.

A revision is frozen with the release that brings it: it repeats the tables as they were then
and does not read ``schema.py``, but for the type of its instants.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.storage.schema import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _api_keys()
    _assigned_ids()
    _axis_states()
    _breakers()
    _calendars()
    _counters()
    _credentials()
    _documents()
    _jobs()
    _organ_addresses()
    _organs()
    _seals()
    _attachments()
    _contents()
    _deliveries()
    _events()
    _examinations()
    _register_entries()
    _statuses()


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "key_id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_key_id", "api_keys", ["key_id"], unique=False)


def _assigned_ids() -> None:
    op.create_table(
        "assigned_ids",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("assigned_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "key", name=op.f("pk_assigned_ids")),
        sa.UniqueConstraint(
            "agency_id", "document_id", name=op.f("uq_assigned_ids_agency_id_document_id")
        ),
    )


def _axis_states() -> None:
    op.create_table(
        "axis_states",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("axis", sa.String(length=64), nullable=False),
        sa.Column("last_good_poll_at", Instant(), nullable=True),
        sa.Column("last_error_at", Instant(), nullable=True),
        sa.Column("last_error_code", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "axis", name=op.f("pk_axis_states")),
    )


def _breakers() -> None:
    op.create_table(
        "breakers",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("axis", sa.String(length=64), nullable=False),
        sa.Column("receiver", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", Instant(), nullable=True),
        sa.Column("probing_since", Instant(), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_breakers_failures")),
        sa.PrimaryKeyConstraint("agency_id", "axis", "receiver", name=op.f("pk_breakers")),
    )


def _calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_used_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "version", name=op.f("pk_calendars")),
    )


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("series", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= 1", name=op.f("ck_counters_last")),
        sa.PrimaryKeyConstraint("agency_id", "series", "year", name=op.f("pk_counters")),
    )


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("axis", sa.String(length=64), nullable=False),
        sa.Column("system_id", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "axis", name=op.f("pk_credentials")),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=36), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("business_type", sa.String(length=16), nullable=True),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=True),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("qlvb_taken_at", Instant(), nullable=True),
        sa.Column("effective_receipt_at", Instant(), nullable=True),
        sa.Column("receipt_rule", sa.String(length=32), nullable=True),
        sa.Column("calendar_version", sa.String(length=64), nullable=True),
        sa.Column("receipt_reason", sa.String(length=200), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("objections", sa.Text(), server_default="[]", nullable=False),
        sa.Column("proposal", sa.String(length=8), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_documents_direction")),
        sa.CheckConstraint(
            "state <> 'accepted' OR effective_receipt_at IS NOT NULL",
            name=op.f("ck_documents_accepted_has_receipt"),
        ),
        sa.CheckConstraint(
            "state IN ('opened', 'waiting', 'held', 'parked', 'quarantined', 'accepted', 'refused', 'released', 'destroyed')",  # noqa: E501 - one condition, one line
            name=op.f("ck_documents_state"),
        ),
        sa.CheckConstraint(
            "effective_receipt_at >= arrived_at", name=op.f("ck_documents_never_earlier")
        ),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name=op.f("ck_documents_urgency")),
        sa.PrimaryKeyConstraint("agency_id", "ref", name=op.f("pk_documents")),
    )
    op.create_index(
        "ix_documents_content", "documents", ["agency_id", "content_digest"], unique=False
    )
    op.create_index(
        "ix_documents_state", "documents", ["agency_id", "direction", "state", "ref"], unique=False
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pipeline", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("args", sa.Text(), server_default="{}", nullable=False),
        sa.Column("urgency", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=8), server_default="ready", nullable=False),
        sa.Column("run_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("first_failed_at", Instant(), nullable=True),
        sa.Column("last_error_code", sa.String(length=64), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "state = 'ready' OR owner IS NULL", name=op.f("ck_jobs_only_ready_is_leased")
        ),
        sa.CheckConstraint("state IN ('ready', 'done', 'dead')", name=op.f("ck_jobs_state")),
        sa.CheckConstraint(
            "(owner IS NULL) = (lease_until IS NULL)", name=op.f("ck_jobs_lease_has_owner")
        ),
        sa.CheckConstraint("step >= 0 AND attempts >= 0", name=op.f("ck_jobs_counts")),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name=op.f("ck_jobs_urgency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_jobs_agency_id_key")),
    )
    op.create_index(
        "ix_jobs_ready",
        "jobs",
        ["state", sa.literal_column("urgency DESC"), "run_at", "id"],
        unique=False,
    )
    op.create_index("ix_jobs_subject", "jobs", ["agency_id", "subject"], unique=False)


def _organ_addresses() -> None:
    op.create_table(
        "organ_addresses",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("organ_id", sa.String(length=64), nullable=False),
        sa.Column("axis", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("system_id", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "organ_id", "axis", name=op.f("pk_organ_addresses")),
    )


def _organs() -> None:
    op.create_table(
        "organs",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("organ_id", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("organ_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("successor", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_organs_validity")
        ),
        sa.PrimaryKeyConstraint("agency_id", "organ_id", "valid_from", name=op.f("pk_organs")),
    )
    op.create_index("ix_organs_name", "organs", ["agency_id", "name_key"], unique=False)


def _seals() -> None:
    op.create_table(
        "seals",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_at", Instant(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "number", name=op.f("pk_seals")),
    )


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("media_type", sa.String(length=200), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("fault", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_attachments_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint(
            "agency_id", "document_ref", "ordinal", name=op.f("pk_attachments")
        ),
    )
    op.create_index("ix_attachments_digest", "attachments", ["digest"], unique=False)


def _contents() -> None:
    op.create_table(
        "contents",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=True),
        sa.Column("sender_id", sa.Text(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=True),
        sa.Column("sender_key", sa.Text(), nullable=True),
        sa.Column("number_key", sa.Text(), nullable=True),
        sa.Column("notation_key", sa.Text(), nullable=True),
        sa.Column("code_number", sa.Text(), nullable=True),
        sa.Column("code_notation", sa.Text(), nullable=True),
        sa.Column("promulgation_date", sa.Date(), nullable=True),
        sa.Column("type_name", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_contents_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "document_ref", name=op.f("pk_contents")),
    )
    op.create_index("ix_contents_identity", "contents", ["agency_id", "document_id"], unique=False)
    op.create_index(
        "ix_contents_number", "contents", ["agency_id", "number_key", "notation_key"], unique=False
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("axis", sa.String(length=64), nullable=False),
        sa.Column("axis_doc_id", sa.String(length=200), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("recipient", sa.String(length=64), server_default="", nullable=False),
        sa.Column("message_type", sa.String(length=32), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=True),
        sa.Column("raw_digest", sa.String(length=64), nullable=True),
        sa.Column("raw_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("listed_at", Instant(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("axis_created_text", sa.String(length=64), nullable=True),
        sa.Column("axis_updated_text", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_deliveries_direction")),
        sa.CheckConstraint(
            "outcome IN ('new', 'attached', 'repeated', 'parked', 'status')",
            name=op.f("ck_deliveries_outcome"),
        ),
        sa.CheckConstraint(
            "acknowledged_at IS NULL OR raw_digest IS NOT NULL",
            name=op.f("ck_deliveries_kept_before_acknowledged"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_deliveries_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "agency_id",
            "axis",
            "axis_doc_id",
            "direction",
            "recipient",
            name=op.f("uq_deliveries_agency_id_axis_axis_doc_id_direction_recipient"),
        ),
    )
    op.create_index(
        "ix_deliveries_document", "deliveries", ["agency_id", "document_ref"], unique=False
    )
    op.create_index("ix_deliveries_raw", "deliveries", ["raw_digest"], unique=False)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_events_sequence")),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_events_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "document_ref", "sequence", name=op.f("pk_events")),
    )
    op.create_index("ix_events_at", "events", ["agency_id", "at"], unique=False)


def _examinations() -> None:
    op.create_table(
        "examinations",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("examined_at", Instant(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), server_default="[]", nullable=False),
        sa.Column("doubtful_marks", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_examinations_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint(
            "agency_id", "document_ref", "ordinal", name=op.f("pk_examinations")
        ),
    )


def _register_entries() -> None:
    op.create_table(
        "register_entries",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("register", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=True),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.CheckConstraint(
            "(kind = 'document') = (document_ref IS NOT NULL)",
            name=op.f("ck_register_entries_kind_fits"),
        ),
        sa.CheckConstraint(
            "document_ref IS NOT NULL OR note <> ''", name=op.f("ck_register_entries_explained")
        ),
        sa.CheckConstraint(
            "kind IN ('document', 'reserved', 'paper')", name=op.f("ck_register_entries_kind")
        ),
        sa.CheckConstraint(
            "register IN ('incoming', 'outgoing')", name=op.f("ck_register_entries_register")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_register_entries_number")),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_register_entries_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint(
            "agency_id", "register", "year", "number", name=op.f("pk_register_entries")
        ),
        sa.UniqueConstraint(
            "agency_id",
            "register",
            "document_ref",
            name=op.f("uq_register_entries_agency_id_register_document_ref"),
        ),
    )


def _statuses() -> None:
    op.create_table(
        "statuses",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("document_ref", sa.String(length=36), nullable=True),
        sa.Column("delivery_id", sa.String(length=36), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("stated_at", Instant(), nullable=True),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("from_organ", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), server_default="{}", nullable=False),
        sa.Column("envelope_digest", sa.String(length=64), nullable=True),
        sa.Column("axis_doc_id", sa.String(length=200), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_statuses_direction")),
        sa.ForeignKeyConstraint(
            ["agency_id", "document_ref"],
            ["documents.agency_id", "documents.ref"],
            name=op.f("fk_statuses_agency_id_document_ref"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_statuses")),
        sa.UniqueConstraint(
            "agency_id", "direction", "key", name=op.f("uq_statuses_agency_id_direction_key")
        ),
    )
    op.create_index("ix_statuses_document", "statuses", ["agency_id", "document_ref"], unique=False)
    op.create_index("ix_statuses_envelope", "statuses", ["envelope_digest"], unique=False)
