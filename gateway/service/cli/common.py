"""What every command shares: the settings file, the language, and how things are printed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from gateway.errors import SettingsError
from gateway.model.organ import AgencyId
from gateway.rules.receipt_time import viet_nam_time
from gateway.service.settings import DEFAULT_FILE, Settings, read_settings

if TYPE_CHECKING:
    from gateway.service.assemble import Service
    from gateway.service.keyring import Keyring

T = TypeVar("T")


@dataclass
class _Chosen:
    """What the options before the command say; one program, one choice."""

    config: Path | None = None
    lang: str = "vi"


_chosen = _Chosen()


def choose(config: Path | None, lang: str) -> None:
    """Remember the options that stand before the command."""
    if lang not in {"vi", "en"}:
        raise SettingsError(
            "lang-unknown", vi=f"--lang {lang}: chỉ có vi và en.", en=f"--lang {lang}: vi or en"
        )
    _chosen.config, _chosen.lang = config, lang


def lang() -> str:
    """Return ``vi`` or ``en``."""
    return _chosen.lang


def said(vi: str, en: str) -> str:
    """Return the sentence in the chosen language."""
    return en if _chosen.lang == "en" else vi


def settings_path() -> Path:
    """Return where the settings are, or will be."""
    return _chosen.config or DEFAULT_FILE


def settings() -> Settings:
    """Return the settings. SettingsError when there are none or they are wrong."""
    return read_settings(settings_path())


def settings_calendar() -> Path | None:
    """Return the calendar of the first agency, or None when there are no settings."""
    if _chosen.config is None and not DEFAULT_FILE.exists():
        return None
    return settings().agency[0].calendar


def agency_of(configured: Settings, wanted: str | None) -> AgencyId:
    """Return the agency meant: the only one, or the one named.

    Raises:
        SettingsError: There are several and none is named, or the named one is unknown.

    """
    names = [each.id for each in configured.agency]
    if wanted is None and len(names) == 1:
        return AgencyId(names[0])
    if wanted in names:
        return AgencyId(wanted or "")
    raise SettingsError(
        "agency-unclear",
        vi=f"Hãy chọn đơn vị bằng --agency: {', '.join(names)}.",
        en=f"choose the agency with --agency: {', '.join(names)}",
    )


def with_service(act: Callable[[Service], Awaitable[T]]) -> T:
    """Build the service, let ``act`` use it, and close everything."""
    from gateway.service.assemble import Surroundings, assemble  # noqa: PLC0415 - heavy; only when used

    async def work() -> T:
        async with AsyncExitStack() as stack:
            return await act(await assemble(settings(), stack, Surroundings()))

    return asyncio.run(work())


def with_keyring(act: Callable[[Keyring], Awaitable[T]]) -> T:
    """Open what storing a secret needs, let ``act`` use it, and close it."""
    from gateway.service.assemble import Surroundings, open_keyring  # noqa: PLC0415 - heavy; only when used

    async def work() -> T:
        async with AsyncExitStack() as stack:
            return await act(await open_keyring(settings(), stack, Surroundings()))

    return asyncio.run(work())


def print_json(value: object) -> None:
    """Print one JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def local(instant: datetime | None) -> str | None:
    """Return an instant as ISO 8601 with +07:00; None stays None."""
    return viet_nam_time(instant).isoformat() if instant else None
