"""The commands of ``edoc-gateway`` (contract.md), and the one place where errors become words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import DataError, GatewayError, StateError, WorldError
from gateway.service.cli import common, documents, keeping, office, receipt_time, running
from gateway.service.cli.lazy import LazyGroup

PROGRAM = "edoc-gateway"
NO, WRONG, UNDECIDED, NOTHING, OUTSIDE = 1, 2, 3, 4, 5
"""Exit codes of contract.md beside 0."""

app = typer.Typer(
    name=PROGRAM,
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cổng kết nối QLVB với trục liên thông văn bản. / Gateway between a QLVB and the axes.",
)


@app.callback()
def _options(
    config: Annotated[
        Path | None, typer.Option(help="Tệp cấu hình. / Settings file.", envvar="EDOC_CONFIG")
    ] = None,
    lang: Annotated[str, typer.Option(help="vi, en", envvar="EDOC_LANG")] = "vi",
) -> None:
    """Cổng kết nối QLVB với trục liên thông văn bản."""
    common.choose(config, lang)


running.register(app)
office.register(app)
documents.register(app)
keeping.register(app)
receipt_time.register(app, common.settings_calendar)


def exit_code_of(error: GatewayError) -> int:
    """Return the exit code that an error means."""
    match error:
        case WorldError():
            return OUTSIDE
        case DataError():
            return WRONG
        case StateError():
            return NO
        case _:
            return NO


def _defect(error: Exception) -> tuple[str, str]:
    """Return the sentence about a defect of ours: its type and place, never its text."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"
    what = f"{type(error).__name__}, {where}"
    return (
        f"Lỗi ngoài dự kiến của chương trình ({what}); hãy gửi dòng này cho nơi hỗ trợ.",
        f"unexpected defect ({what}); please report this line",
    )


def main() -> None:
    """Run the program; whatever happens, a person reads a sentence and no traceback."""
    try:
        code = app(prog_name=PROGRAM, standalone_mode=False)
    except typer.Exit as stop:
        code = stop.exit_code
    except typer.TyperException as error:
        print(error.format_message(), file=sys.stderr)  # noqa: T201 - to a person
        code = WRONG
    except (typer.Abort, KeyboardInterrupt):
        code = WRONG
    except GatewayError as error:
        print(f"{error.text(common.lang())} [{error.code}]", file=sys.stderr)  # noqa: T201 - to a person
        code = exit_code_of(error)
    except OSError as error:
        what = f"{error.strerror or type(error).__name__} {error.filename or ''}".strip()
        sentence = common.said(f"Hệ thống từ chối: {what}", f"the system refused: {what}")
        print(sentence, file=sys.stderr)  # noqa: T201 - to a person
        code = OUTSIDE
    except Exception as error:  # noqa: BLE001 - the outermost line: a person reads words only
        print(common.said(*_defect(error)), file=sys.stderr)  # noqa: T201 - to a person
        code = OUTSIDE
    sys.exit(code if isinstance(code, int) else 0)
