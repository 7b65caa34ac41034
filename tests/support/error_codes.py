"""Collects every code a message can carry from the source of ``gateway/``, for docs/errors.md.

Nothing is imported or run: a code counts because it is written down where an error, an objection,
a note or a fault is made. ``python -m tests.support.error_codes`` writes the tables of the page
anew, from the sentences in the code; what stands around the tables stays.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "errors.md"

CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LINE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
BEGIN, END = "<!-- codes: begin -->\n", "<!-- codes: end -->\n"

# Heading -> modules, by the beginning of their names; the longest beginning wins.
AREAS = {
    "What speaks against a document": ("gateway.rules", "gateway.incoming"),
    "Envelopes": ("gateway.envelope",),
    "The axis": ("gateway.adapters.axis", "gateway.adapters.retry"),
    "The QLVB and webhooks": ("gateway.adapters.qlvb",),
    "Alarms": ("gateway.adapters.alarm", "gateway.service.alarm"),
    "Receipt time and calendars": (
        "gateway.rules.receipt_time",
        "gateway.rules.working_calendar",
        "gateway.rules.deadlines",
        "gateway.service.calendars",
        "gateway.service.receipts",
        "gateway.service.clock",
        "gateway.storage.calendars",
        "gateway.service.cli.receipt_time",
    ),
    "Codes, numbers, registers": (
        "gateway.rules.numbering",
        "gateway.rules.identifiers",
        "gateway.storage.registers",
        "gateway.storage.assigned",
    ),
    "Documents and acts": (
        "gateway.rules.lifecycle",
        "gateway.service.acts",
        "gateway.service",
        "gateway.storage.documents",
        "gateway.storage.deliveries",
        "gateway.storage.events",
        "gateway.storage.statuses",
        "gateway.storage.values",
    ),
    "Signatures and trust": ("gateway.signing",),
    "The interface": (
        "gateway.service.http",
        "gateway.service.problems",
        "gateway.service.apikeys",
    ),
    "Settings, keys and secrets": (
        "gateway.service.settings",
        "gateway.service.secrets",
        "gateway.service.world",
        "gateway.service.assemble",
        "gateway.storage.apikeys",
        "gateway.storage.credentials",
    ),
    "Database, disk and jobs": ("gateway.storage", "gateway.service.worker"),
    "Commands and the demonstration": ("gateway.service.cli", "gateway.service.demo"),
    "Everything else": ("gateway",),
}
# Codes whose sentence is put together where it is used: English, Vietnamese.
ELSEWHERE = {
    "webhook-header-missing": (
        "a header of the signature is missing; see Standard Webhooks",
        "Thiếu tiêu đề chữ ký của webhook.",
    ),
    "webhook-signature-wrong": (
        "the signature fits none of the secrets; nothing of the message may be believed",
        "Chữ ký webhook không khớp với khóa nào; không được tin nội dung.",
    ),
    "webhook-too-old": (
        "signed more than five minutes ago; check both clocks",
        "Webhook ký quá năm phút trước; kiểm tra đồng hồ hai bên.",
    ),
    "webhook-from-future": (
        "signed in the future; check both clocks",
        "Webhook ký ở thời điểm tương lai; kiểm tra đồng hồ hai bên.",
    ),
    "internal-fault": (
        "a fault of the gateway; its log says more, the caller may try again later",
        "Cổng gặp lỗi nội bộ; xem nhật ký, có thể thử lại sau.",
    ),
    "no-events": (
        "a document without a history; somebody removed it",
        "Văn bản không có lịch sử; có người đã xóa.",
    ),
    "interrupted": (
        "the service was stopped in the middle of the step; it goes on at the next start",
        "Dịch vụ dừng giữa bước này; lần chạy sau sẽ làm tiếp.",
    ),
    "worker-lost": (
        "the process ended in the middle of the step; another takes the job over",
        "Tiến trình kết thúc giữa bước này; tiến trình khác làm tiếp.",
    ),
}

# What these carry under the name ``code`` is not the code of a message: events have their own
# closed list (storage/event_codes.py), documents their number and notation, exits a number.
OTHER_CODES = {"NewEvent", "Event", "Exit", "NewStatus", "StatusRow"}
# Verdicts have their own page; what the simulated axis answers is the axis's, not ours.
OTHER_PLACES = ("gateway.signing.verdict", "gateway.simulators", "gateway.storage.event_codes")
ENTRY = 3  # a closed list as a dictionary: code -> (anything, Vietnamese, English)


@dataclass(frozen=True, slots=True)
class Found:
    """A code where it is written; the sentence is empty where it is put together elsewhere."""

    code: str
    module: str
    vi: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed module, with the texts its upper-case names stand for."""

    module: str
    tree: ast.Module
    texts: Mapping[str, str] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()


@cache
def collected() -> dict[str, Found]:
    """Return every code, in order of module and line; the first place with a sentence wins."""
    sources = list(_sources())
    makers = {name: at for source in sources for name, at in _makers(source.tree)}
    codes: dict[str, Found] = {}
    for source in sources:
        for found in _found(source, makers):
            if found.code not in codes or not codes[found.code].en:
                codes[found.code] = found
    return codes


def listed() -> list[str]:
    """Return the codes that docs/errors.md names, in its order."""
    return LINE.findall(PAGE.read_text(encoding="utf-8"))


def _sources() -> Iterator[Source]:
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield Source(module, tree, dict(_texts(tree)), frozenset(_imported(tree)))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (each.asname or each.name for each in node.names)


def _texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value.value


def _makers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield functions and classes that take a ``code``, and at which place; -1 by name only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [each.arg for each in node.args.args if each.arg not in {"self", "cls"}]
            if node.name == "__init__" or _makes_event(node):
                continue
            if "code" in names:
                yield node.name, names.index("code")
            elif "code" in [each.arg for each in node.args.kwonlyargs]:
                yield node.name, -1
        elif isinstance(node, ast.ClassDef):
            fields = [
                each.target.id
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            ]
            if "code" in fields:
                yield node.name, fields.index("code")
            elif (
                any(ast.unparse(base).endswith("Error") for base in node.bases)
                or node.name == "GatewayError"
            ):
                yield node.name, 0


def _makes_event(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "NewEvent"
        for node in ast.walk(function)
    )


def _found(source: Source, makers: Mapping[str, int]) -> Iterator[Found]:
    if source.module.startswith(OTHER_PLACES):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield from _in_call(source, node, makers)
        elif isinstance(node, ast.Dict):
            yield from _in_catalogue(source, node)


def _called(source: Source, func: ast.expr) -> str:
    """Return the name called, where it is ours to know: a name, or of a module or ``self``."""
    if isinstance(func, ast.Name):
        return func.id
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        return func.attr if func.value.id in {"self", "cls", *source.imported} else ""
    return ""


def _in_call(source: Source, call: ast.Call, makers: Mapping[str, int]) -> Iterator[Found]:
    name = _called(source, call.func)
    if name not in makers or name in OTHER_CODES:
        return
    named = {each.arg: each.value for each in call.keywords if each.arg}
    at = makers[name]
    value = named.get("code")
    if value is None and 0 <= at < len(call.args):
        value = call.args[at]
    if value is None:
        return
    vi, en = (_sentence(named[lang]) if lang in named else "" for lang in ("vi", "en"))
    for code in _literals(value, source.texts):
        yield Found(code, source.module, vi, en)


def _literals(value: ast.expr, texts: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _literals(value.body, texts)
        yield from _literals(value.orelse, texts)
    elif isinstance(value, ast.Name) and value.id in texts:
        yield texts[value.id]
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


def _in_catalogue(source: Source, node: ast.Dict) -> Iterator[Found]:
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not CODE.fullmatch(str(key.value)):
            continue
        vi, en = _pair(value)
        if " " in vi and " " in en:
            yield Found(str(key.value), source.module, vi, en)


def _pair(value: ast.expr) -> tuple[str, str]:
    if isinstance(value, ast.Tuple) and len(value.elts) == ENTRY:
        return _sentence(value.elts[1]), _sentence(value.elts[2])
    if isinstance(value, ast.Call):
        named = {each.arg: _sentence(each.value) for each in value.keywords if each.arg}
        return named.get("vi", ""), named.get("en", "")
    return "", ""


def _sentence(value: ast.expr) -> str:
    """Return the text with every inserted value as ``…``."""
    if isinstance(value, ast.Constant):
        return re.sub(r"\{[^{}]*\}", "…", str(value.value))
    if isinstance(value, ast.JoinedStr):
        return "".join(
            each.value if isinstance(each, ast.Constant) else "…"  # type: ignore[misc]
            for each in value.values
        )
    if isinstance(value, ast.BinOp):
        return _sentence(value.left) + _sentence(value.right)
    return ""


def tables() -> str:
    """Return one table an area, codes in alphabetical order."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    codes = collected()
    for title in AREAS:
        found = sorted(each.code for each in codes.values() if _area(each.module) == title)
        if found:
            yield f"## {title}\n"
            yield "| code | English | tiếng Việt |\n| --- | --- | --- |"
            yield from (_line(codes[code]) for code in found)
            yield ""


def _area(module: str) -> str:
    places = [(start, title) for title, starts in AREAS.items() for start in starts]
    return max((len(start), title) for start, title in places if module.startswith(start))[1]


def _line(found: Found) -> str:
    en, vi = ELSEWHERE.get(found.code, (found.en, found.vi))
    en, vi = (each.replace("|", "\\|").replace("\n", " ").strip() for each in (en, vi))
    return f"| `{found.code}` | {en or '?'} | {vi or '?'} |"


if __name__ == "__main__":
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}{tables()}{END}{rest.split(END)[1]}", encoding="utf-8")
