"""Every setting: name, unit, default, why. One TOML file, and the environment for secrets.

What has no safe default is required here and asked by ``edoc-gateway init``: the organ code,
who gives numbers, which instant the receipt rule starts from, the working calendar, the trust
anchors, the diameter of the seal, the axis. ``docs/settings.md`` is made from this module.
"""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.errors import SettingsError
from gateway.model.register import NumberedBy

DEFAULT_FILE = Path("edoc-gateway.toml")

MEGABYTE = 1024 * 1024


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address with a host")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ReceiptCountsFrom(Enum):
    """Which instant the receipt rule starts from (contract, arrived_at)."""

    GATEWAY = "gateway"
    QLVB = "qlvb"


class StoreSettings(_Part):
    """Where things are kept."""

    url: str = "sqlite:///var/gateway.db"
    """Database: sqlite:///PATH for one process, postgresql://... for several."""
    payloads: Path = Path("var/payloads")
    """Folder of documents and envelopes, named by their digests. Belongs into the backup."""
    quarantine: Path = Path("var/quarantine")
    """Folder of encrypted quarantined documents. Must stay outside the backup (L-60)."""
    master_key: Path = Path("var/master.key")
    """File of the master key, mode 0600; the variable EDOC_MASTER_KEY wins over it."""


class HttpSettings(_Part):
    """The interface the QLVB and people call."""

    host: str = "127.0.0.1"
    """Address to listen on; keep it local unless a TLS proxy stands in front."""
    port: int = Field(default=8440, ge=0, le=65535)
    """Port; 0 takes any free one."""


class WorkerSettings(_Part):
    """How much happens at once."""

    concurrency: int = Field(default=8, ge=1, le=256)
    """Jobs worked on at the same time."""
    lease_seconds: float = Field(default=30, gt=1)
    """A job of a worker that stopped answering is taken over after this long."""
    examiners: int = Field(default=2, ge=1, le=64)
    """Processes that examine PDFs."""
    examine_seconds: float = Field(default=25, gt=0, le=30)
    """Longest examination of one PDF; beyond it the file counts as unreadable."""


class AlarmSettings(_Part):
    """Whom alarms reach, besides the log, which always has them."""

    smtp_host: str | None = None
    """Mail server; None sends no mail."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Port of the mail server."""
    smtp_tls: Literal["none", "starttls", "implicit"] = "starttls"
    """How the mail server is met; "none" only inside a closed network."""
    smtp_username: str | None = None
    """Account at the mail server; its password is EDOC_SMTP_PASSWORD."""
    mail_from: str = "edoc-gateway@localhost"
    """Sender of alarm mails."""
    mail_to: tuple[str, ...] = ()
    """Recipients of alarm mails."""
    webhook_url: WebAddress | None = None
    """Address that gets alarms as JSON; its secret is EDOC_ALARM_WEBHOOK_SECRET."""
    webhook_networks: tuple[str, ...] = ()
    """Networks that address may lie in besides public ones, CIDR."""


class AxisSettings(_Part):
    """One axis an agency is connected to."""

    name: Name
    """Our name of the axis."""
    kind: Literal["vxp"]
    """Protocol of the axis."""
    endpoint: WebAddress
    """Address of the axis."""
    system_id: str = Field(min_length=1, max_length=200)
    """Identifier of the connected system; its secret is stored by `edoc-gateway init`."""
    poll_seconds: float = Field(default=60, gt=0)
    """How often to ask for new documents."""


class QlvbSettings(_Part):
    """How the agency's QLVB hears of arrivals."""

    webhook_url: WebAddress
    """Address that gets events; its secret is EDOC_QLVB_SECRET_<AGENCY>."""
    networks: tuple[str, ...] = ()
    """Networks the address may lie in besides public ones, CIDR, for example 10.20.0.0/16."""
    timeout_seconds: float = Field(default=20, gt=0)
    """Longest wait for an answer."""


class AgencySettings(_Part):
    """One agency (tenant)."""

    id: Name
    """Our own name of the agency: lower-case letters, digits, hyphens."""
    organ_id: str = Field(min_length=1, max_length=64)
    """Identifier code of the agency (QĐ 20/2020)."""
    organ_name: str = Field(min_length=1, max_length=200)
    """Name of the agency."""
    also_known_as: tuple[str, ...] = ()
    """Other codes under which documents are ours, for example the old 13-character one."""
    numbering: NumberedBy
    """Who gives arrival numbers: "qlvb" or "gateway"."""
    receipt_counts_from: ReceiptCountsFrom
    """Which instant the receipt rule starts from: "gateway" or "qlvb"."""
    receipt_rule: Literal["next-office-period", "entry"] = "next-office-period"
    """L-66 (next office period) or L-68 (entry)."""
    calendar: Path
    """Working calendar, TOML (contract.md)."""
    trust_anchors: tuple[Path, ...]
    """Files or folders of trusted root certificates, PEM or DER."""
    revocation_lists: tuple[Path, ...] = ()
    """Files or folders of certificate revocation lists."""
    seal_diameter_mm: float = Field(gt=10, lt=60)
    """Diameter of the agency's seal, in millimetres."""
    allowed_formats: tuple[str, ...] = (
        "pdf", "doc", "docx", "odt", "txt", "rtf", "xls", "xlsx", "ods", "csv", "jpg", "jpeg",
        "png", "tif", "tiff", "zip",
    )  # fmt: skip
    """File name endings taken without a remark (L-125)."""
    max_file_bytes: int = Field(default=50 * MEGABYTE, gt=0)
    """Largest single file taken without a remark (L-126)."""
    refuse_codes: tuple[str, ...] = ()
    """Objection codes on which 02 leaves without a person's act; empty by default."""
    accept_automatically: bool = False
    """A stated policy: admitted documents are accepted at once, without a clerk."""
    qlvb: QlvbSettings | None = None
    """The QLVB; None leaves documents waiting for the pull API or the command line."""
    axis: tuple[AxisSettings, ...] = ()
    """The axes this agency is connected to."""

    @model_validator(mode="after")
    def _axes_differ(self) -> AgencySettings:
        names = [axis.name for axis in self.axis]
        if len(set(names)) != len(names):
            raise ValueError("two axes of one agency carry the same name")
        if self.accept_automatically and self.numbering is NumberedBy.QLVB:
            raise ValueError('accept_automatically needs numbering = "gateway"')
        return self


class Settings(_Part):
    """The whole configuration file."""

    store: StoreSettings = StoreSettings()
    http: HttpSettings = HttpSettings()
    worker: WorkerSettings = WorkerSettings()
    alarms: AlarmSettings = AlarmSettings()
    agency: tuple[AgencySettings, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agencies_differ(self) -> Settings:
        for field in ("id", "organ_id"):
            values = [getattr(agency, field) for agency in self.agency]
            if len(set(values)) != len(values):
                raise ValueError(f"two agencies carry the same {field}")
        return self


def read_settings(path: Path) -> Settings:
    """Return the settings of a TOML file; relative paths count from the file's folder.

    Raises:
        SettingsError: The file is missing, not TOML, or a setting is missing or wrong; every
            fault is named, with its key.

    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            "settings-missing",
            vi=f"Không tìm thấy tệp cấu hình {path}; hãy chạy `edoc-gateway init`.",
            en=f"no settings file {path}; run `edoc-gateway init`",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            "settings-unreadable",
            vi=f"Không đọc được tệp cấu hình {path}: {error}",
            en=f"cannot read settings file {path}: {error}",
        ) from error
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(
            "settings-wrong",
            vi=f"Cấu hình {path} sai: {faults}",
            en=f"settings in {path} are wrong: {faults}",
        ) from error
    return _rooted(settings, path.resolve().parent)


def _rooted(settings: Settings, folder: Path) -> Settings:
    """Return the settings with every relative path counted from ``folder``."""
    store = settings.store
    url = store.url
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        url = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    rooted_store = store.model_copy(
        update={
            "url": url,
            "payloads": folder / store.payloads,
            "quarantine": folder / store.quarantine,
            "master_key": folder / store.master_key,
        }
    )
    agencies = tuple(
        agency.model_copy(
            update={
                "calendar": folder / agency.calendar,
                "trust_anchors": tuple(folder / each for each in agency.trust_anchors),
                "revocation_lists": tuple(folder / each for each in agency.revocation_lists),
            }
        )
        for agency in settings.agency
    )
    return settings.model_copy(update={"store": rooted_store, "agency": agencies})
