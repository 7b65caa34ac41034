"""What the log says, and what never reaches it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import EnvelopeError, QlvbError, Retry
from gateway.model.incoming import IncomingState
from gateway.service.clock import SimulatedClock
from gateway.service.logs import ALLOWED_FIELDS, start_logging

NOW = datetime(2026, 8, 31, 0, 30, tzinfo=UTC)
REF = "0190a000-0000-7000-8000-000000000001"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Log into a text; put everything back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    text = io.StringIO()
    start_logging(SimulatedClock(NOW), text)
    yield text
    structlog.reset_defaults()
    root.handlers[:], level = before
    root.setLevel(level)


def line_of(stream: io.StringIO) -> dict[str, object]:
    (text,) = stream.getvalue().splitlines()
    told = json.loads(text)
    assert isinstance(told, dict)
    return told


def test_a_step_is_one_line_keyed_by_its_document(stream) -> None:
    structlog.get_logger().info(
        "relayed", agency="h99-01", document=REF, attempt=2, state=IncomingState.WAITING
    )
    assert line_of(stream) == {
        "at": "2026-08-31T00:30:00.000+00:00",
        "level": "info",
        "event": "relayed",
        "agency": "h99-01",
        "document": REF,
        "attempt": 2,
        "state": "waiting",
    }


FORBIDDEN = {
    "subject": "Về việc báo cáo",
    "name": "Trần Thị Mẫu",
    "sender_name": "UBND",
    "secret": "abcdef",
    "pin": "123456",
    "key": "abc",
    "token": "abc",
    "password": "abc",
    "email": "a@mau.example",
    "phone": "0900000000",
    "person": "vanthu01",
    "reason": "sai",
    "envelope": "<edXMLEnvelope/>",
    "url": "https://qlvb.mau.example/?k=1",
    "authorization": "Bearer abc",
}


@pytest.mark.parametrize(("field", "value"), FORBIDDEN.items())
def test_a_forbidden_field_does_not_reach_the_output(stream, field: str, value: str) -> None:
    structlog.get_logger().warning("relayed", document=REF, **{field: value})
    assert value not in stream.getvalue()
    assert line_of(stream)["dropped"] == [field if "_" not in field else "***"]


def test_no_forbidden_word_stands_in_the_list_of_allowed_fields() -> None:
    assert not ALLOWED_FIELDS & set(FORBIDDEN)


@pytest.mark.parametrize(
    "value",
    ["Trần Thị Mẫu", "a@mau.example", "edk_abc_def", "whsec_AAAA", "Bearer", "x" * 201, "a b",
     "a\nb", b"bytes", {"a": "b"}, object(), "-----BEGIN PRIVATE KEY-----", "eyJhbGciOiJub25lIn0"],
    ids=str,
)  # fmt: skip
def test_an_allowed_field_with_a_sentence_or_a_secret_is_masked(stream, value) -> None:
    structlog.get_logger().info("relayed", code=value, codes=[value])
    told = line_of(stream)
    assert (told["code"], told["codes"]) == ("***", ["***"])


@pytest.mark.parametrize("event", ["Về việc", "relayed to Mẫu", "", "a" * 81, 7, "a\nb"])
def test_an_event_that_is_no_code_is_not_written(stream, event) -> None:
    structlog.get_logger().info(event, document=REF)
    assert line_of(stream)["event"] == "unnamed"


def test_arguments_of_an_event_are_not_written(stream) -> None:
    structlog.get_logger().info("relayed-%s", "Mẫu Mẫu")
    assert "Mẫu" not in stream.getvalue()


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8), st.text(alphabet="ăâđêôơưẬỆ Ộ", min_size=4), max_size=4
    )
)
def test_vietnamese_sentences_never_pass_under_any_name(stream, fields) -> None:
    stream.seek(0)
    stream.truncate()
    fields = {key: value for key, value in fields.items() if key not in {"event", "self"}}
    structlog.get_logger().info("relayed", **fields)
    assert not any(value in stream.getvalue() for value in fields.values())
    assert stream.getvalue().count("\n") == 1


def test_an_error_tells_its_code_and_place_but_no_text_of_others(stream) -> None:
    try:
        try:
            int("Trần Thị Mẫu")
        except ValueError as cause:
            raise QlvbError(
                "qlvb-unreachable", vi="Không tới.", en="cannot connect", retry=Retry.TEMPORARY
            ) from cause
    except QlvbError as error:
        structlog.get_logger().error("relay-failed", document=REF, error=error)
    told = line_of(stream)
    assert told["error"] == "qlvb-unreachable"
    assert told["text"] == "cannot connect"
    assert (told["retry"], told["exception"], told["cause"]) == (
        "temporary",
        "QlvbError",
        "ValueError",
    )
    assert str(told["frames"]).count("test_logs.py") == 1
    assert "Mẫu" not in stream.getvalue()


def test_a_peer_error_tells_element_rule_and_line(stream) -> None:
    error = EnvelopeError("x", vi="x", en="x", element="A/B[1]", rule="L-20", line=7)
    structlog.get_logger().error("opening-failed", error=error)
    told = line_of(stream)
    assert (told["element"], told["rule"], told["line"]) == ("A/B[1]", "L-20", 7)


def test_a_secret_in_an_errors_own_sentence_is_masked(stream) -> None:
    error = QlvbError("x", vi="x", en="key whsec_AAAA", retry=Retry.PERMANENT)
    structlog.get_logger().error("relay-failed", error=error)
    assert line_of(stream)["text"] == "***"


def test_exception_shows_where_and_not_what(stream) -> None:
    try:
        {}["Trần Thị Mẫu"]
    except KeyError:
        structlog.get_logger().exception("crashed")
    told = line_of(stream)
    assert told["exception"] == "KeyError"
    assert "Mẫu" not in stream.getvalue()


def test_a_library_is_told_from_where_without_its_text(stream) -> None:
    logging.getLogger("aiohttp.server").error("bad request from %s", "Trần Thị Mẫu")
    told = line_of(stream)
    assert (told["event"], told["logger"], told["level"]) == ("library", "aiohttp.server", "error")
    assert "Mẫu" not in stream.getvalue()
    logging.getLogger("aiohttp.access").info("GET /?x=1")
    assert stream.getvalue().count("\n") == 1  # information of libraries is not asked for


def test_quiet_levels_stay_quiet(stream) -> None:
    structlog.get_logger().debug("detail", document=REF)
    assert not stream.getvalue()
