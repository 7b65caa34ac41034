"""``docs/settings.md``, made from the settings' own classes so that it cannot lie."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.service.settings import (
    AgencySettings,
    AlarmSettings,
    AxisSettings,
    HttpSettings,
    QlvbSettings,
    StoreSettings,
    WorkerSettings,
)

PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[store]", StoreSettings),
    ("[http]", HttpSettings),
    ("[worker]", WorkerSettings),
    ("[alarms]", AlarmSettings),
    ("[[agency]]", AgencySettings),
    ("[agency.qlvb]", QlvbSettings),
    ("[[agency.axis]]", AxisSettings),
)

HEAD = """# Settings

One TOML file, `edoc-gateway.toml` in the working folder or `--config FILE`; relative paths count
from the file's folder. Secrets come from the environment or from the encrypted store, never from
this file. Made from `gateway/service/settings.py` by `python -m gateway.service.settings_doc`.

Environment: `EDOC_MASTER_KEY` (master key, else the file `store.master_key`),
`EDOC_QLVB_SECRET_<AGENCY>` (webhook secret, agency in capitals, `-` as `_`),
`EDOC_ALARM_WEBHOOK_SECRET`, `EDOC_SMTP_PASSWORD`, `EDOC_LANG` (`vi` or `en`).
"""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value) or "none"
    return "none" if value is None else str(value)


def settings_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for title, part in PARTS:
        yield f"## `{title}`\n\n{(part.__doc__ or '').strip()}\n"
        yield "| key | default | meaning |\n| --- | --- | --- |"
        for name, field in part.model_fields.items():
            meaning = (field.description or "").replace("\n", " ").replace("|", "\\|")
            yield f"| `{name}` | {_default(field)} | {meaning} |"
        yield ""


if __name__ == "__main__":
    print(settings_page(), end="")  # noqa: T201 - the page is the output
