"""What docs/qlvb.md shows works as it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.service.http_arrivals import ROUTES
from gateway.service.http_input import BODY_LIMIT_BYTES, BODY_SECONDS
from gateway.service.http_models import LIST_LIMIT, REASON_LIMIT
from tests.test_webhook_wire import BODY, KEY, NEW, NOW, OLD

PAGE = (Path(__file__).parent.parent / "docs" / "qlvb.md").read_text(encoding="utf-8")


def example() -> Callable[..., bool]:
    names: dict[str, Any] = {}
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    exec(code, names)  # noqa: S102 - our own page
    check = names["is_from_gateway"]
    assert callable(check)
    return check  # type: ignore[no-any-return]


def test_the_check_on_the_page_believes_the_gateway_and_nobody_else() -> None:
    is_from_gateway, now = example(), NOW.timestamp()
    headers = wire.signed_headers(KEY, BODY, (NEW, OLD), NOW)
    assert is_from_gateway(headers, BODY, [OLD], now)
    assert is_from_gateway(headers, BODY, [NEW], now + 300)
    assert not is_from_gateway(headers, BODY + b" ", [NEW], now)
    assert not is_from_gateway(headers, BODY, [NEW], now + 301)
    assert not is_from_gateway(headers, BODY, [NEW], now - 301)
    assert not is_from_gateway({**headers, "webhook-id": "x"}, BODY, [NEW], now)
    assert not is_from_gateway(headers, BODY, [wire.secret_text(bytes(24))], now)


def test_the_page_lists_the_operations_there_are_with_their_scopes() -> None:
    listed = re.findall(r"^\| `(GET|POST) (/v1/[^?`]+)[^`]*` \| `([a-z:]+)`", PAGE, re.MULTILINE)
    assert listed == [(each.method, each.path, each.scope.value) for each in ROUTES]


def test_the_page_names_the_limits_there_are() -> None:
    assert f"`limit` 1 to {LIST_LIMIT} " in PAGE
    assert f"at most {REASON_LIMIT} characters" in PAGE
    assert f"({BODY_SECONDS:.0f} s)" in PAGE
    assert f"({BODY_LIMIT_BYTES // 1024} KiB)" in PAGE
