"""``axis serve`` as a vendor runs it: one line, state over a kill, a clean end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.adapters.axis_vxp import VxpAxis, VxpSettings
from gateway.model.document import AxisDocId
from gateway.model.organ import AxisAddress, OrganId, SystemId
from gateway.ports import OutgoingEnvelope, PendingDelivery
from gateway.service.cli.axis import app
from gateway.service.clock import SeededRandomness, SystemClock
from tests.support.axis_world import document, fetched

SECRET = "bí mật thử"
LIMIT_SECONDS = 30


@dataclass(slots=True)
class Served:
    process: subprocess.Popen[str]
    address: str

    def client(self, system: str) -> VxpAxis:
        settings = VxpSettings(
            axis="truc-mau", endpoint=self.address, system_id=SystemId(system), read_seconds=10
        )
        return VxpAxis(settings, SECRET, SystemClock(), SeededRandomness(1))

    def end(self, number: int) -> int:
        os.kill(self.process.pid, number)
        return self.process.wait(LIMIT_SECONDS)


@contextmanager
def served(state: Path, *options: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "gateway.service.cli.axis", "serve", "--port", "0"]
    command += ["--state", str(state), "--system", f"H99.01={SECRET}"]
    command += ["--system", f"H99.02={SECRET}", "--organ", "H99.02.07=H99.02", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert match is not None, process.communicate(timeout=LIMIT_SECONDS)
        yield Served(process, match[0])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_SECONDS)


def letter(folder: Path, to: str) -> OutgoingEnvelope:
    path = folder / "letter.edxml"
    path.write_bytes(document(to))
    return OutgoingEnvelope(
        key="k",
        message_type="edoc",
        path=path,
        sender=OrganId("H99.01"),
        recipients=(AxisAddress(to),),
    )


async def sent(axis: Served, envelope: OutgoingEnvelope) -> AxisDocId:
    client = axis.client("H99.01")
    try:
        return await client.send(envelope)
    finally:
        await client.close()


async def received(axis: Served) -> list[tuple[PendingDelivery, bytes]]:
    client = axis.client("H99.02")
    try:
        rows = await client.pending()
        return [(row, await fetched(client, row.axis_doc_id)) for row in rows]
    finally:
        await client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with served(tmp_path / "state") as axis:
        asyncio.run(sent(axis, letter(tmp_path, "H99.02.07")))
        ((row, content),) = asyncio.run(received(axis))
        assert (row.recipient, content) == ("H99.02.07", document("H99.02.07"))
        assert axis.end(number) == 0
        out, err = axis.process.communicate(timeout=LIMIT_SECONDS)
        assert out == "", "one line with the address and nothing else"
        assert "Traceback" not in err
        assert SECRET not in err


def test_what_was_taken_survives_a_kill(tmp_path: Path) -> None:
    with served(tmp_path / "state") as axis:
        first = asyncio.run(sent(axis, letter(tmp_path, "H99.02")))
        axis.end(signal.SIGKILL)
    with served(tmp_path / "state") as axis:
        assert len(asyncio.run(received(axis))) == 1
        assert asyncio.run(sent(axis, letter(tmp_path, "H99.02"))) != first
        assert len(asyncio.run(received(axis))) == 2


def test_faults_from_the_command_line(tmp_path: Path) -> None:
    with served(tmp_path / "state", "--fault", "getEdoc:html:1") as axis:
        asyncio.run(sent(axis, letter(tmp_path, "H99.02")))
        with pytest.raises(Exception, match="axis-answer-html"):
            asyncio.run(received(axis))
        assert len(asyncio.run(received(axis))) == 1


USE = ["serve", "--port", "0", "--state", "unused", "--system", "A=b"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--protocol", "soap"], "soap"),
        (["--protocol", "vxp", "--protocol", "lgsp"], "lgsp"),
        (["--protocol", "ftp"], "soap và lgsp chưa làm"),
        (["--system", "A=c"], "lặp lại"),
        (["--system", "A"], "NAME=VALUE"),
        (["--system", "=x"], "NAME=VALUE"),
        (["--organ", "C="], "NAME=VALUE"),
        (["--organ", "C=B"], "không có hệ thống B"),
        (["--fault", "*:nonsense"], "nonsense"),
        (["--port", "70000"], "--port"),
    ],
)
def test_wrong_use(options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, USE + options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path) -> None:
    with served(tmp_path / "state") as axis:
        port = axis.address.rpartition(":")[2]
        options = ["serve", "--port", port, "--state", str(tmp_path / "b"), "--system", "A=b"]
        result = CliRunner().invoke(app, options)
        assert result.exit_code == 5
        assert "Traceback" not in result.stderr
