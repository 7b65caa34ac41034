"""A pool of examining workers (the acting half of judging), behind the port ``Examiner``.

Each worker is a process of its own with limits on memory, CPU, open files and without network.
One that takes too long, dies or answers nonsense is killed and replaced; the file it looked at
is ``unreadable``, and the next file finds a fresh process. The verdict is drawn here, from the
worker's evidence: a process that has read a hostile file concludes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from gateway.errors import NaiveTimeError, Retry, SettingsError, StorageError, WorldError
from gateway.model.organ import AgencyId
from gateway.model.signature import FileEvidence, SignaturePolicy
from gateway.ports import Examination
from gateway.signing.trust import TrustSettings
from gateway.signing.verdict import judge, over_limit
from gateway.signing.wire import (
    EVIDENCE,
    LENGTH_BYTES,
    MAX_MESSAGE_BYTES,
    Answer,
    Question,
    frame,
)

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "COVERAGE_PROCESS_START")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """What a file and a worker may take.

    Attributes:
        workers: Processes at most; each is about 120 MB of memory when idle.
        wall_seconds: For one file, by the clock; the contract promises a verdict within 30.
        cpu_seconds: For one file, of processor time.
        start_seconds: For a process to become ready; importing takes a second or two.
        files_each: Files a worker examines before it is replaced, so that no leak grows.

    """

    workers: int = 2
    wall_seconds: float = 25.0
    cpu_seconds: int = 20
    start_seconds: float = 60.0
    files_each: int = 200


class _Gone(Exception):  # noqa: N818 - an event inside this module, not an error of ours
    """The worker ended, or answered something that is no answer."""


class _Worker:
    """One process and the two pipes to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.files = 0

    @classmethod
    async def started(cls, seconds: float) -> _Worker:
        """Start a process and wait until it is ready."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.signing.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(seconds):
                await worker._answer()
        except (_Gone, TimeoutError) as fault:
            await worker.end()
            raise WorldError(
                "examiner-not-started",
                vi="Không khởi động được tiến trình kiểm tra chữ ký; hãy xem bộ nhớ còn trống và"
                " cài đặt của chương trình.",
                en="The process that examines signatures could not be started; look at free"
                " memory and at the installation.",
                retry=Retry.TEMPORARY,
            ) from fault
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, question: Question) -> Answer:
        """Return the answer. _Gone when none came."""
        self.files += 1
        stdin = self._process.stdin
        if stdin is None:
            raise _Gone
        try:
            stdin.write(frame(question))
            await stdin.drain()
        except (ConnectionError, OSError) as fault:
            raise _Gone from fault
        return await self._answer()

    async def _answer(self) -> Answer:
        stdout = self._process.stdout
        if stdout is None:
            raise _Gone
        try:
            length = int.from_bytes(await stdout.readexactly(LENGTH_BYTES), "big")
            if length > MAX_MESSAGE_BYTES:
                raise _Gone
            return Answer.model_validate_json(await stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError, ValidationError) as fault:
            raise _Gone from fault

    def kill(self) -> None:
        """End the process at once; safe twice."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """Kill the process, let the system forget it, and close the pipes."""
        self.kill()
        try:
            await self._process.wait()
        finally:
            # Not closing it leaves the pipe to the garbage collector, with a warning.
            self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001


def _environment() -> dict[str, str]:
    """Return what a worker is told: where the program is, and no secret of the environment."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "PYTHONPATH": str(PACKAGE_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


class ExaminerPool:
    """Examines PDFs in worker processes; implements the port ``Examiner``.

    Args:
        trust: What each agency trusts. An agency that is not named trusts nobody, and every
            signature it receives is indeterminate.

    Use it inside one running event loop, and close it there.

    """

    def __init__(
        self, trust: Mapping[AgencyId, TrustSettings], limits: PoolLimits | None = None
    ) -> None:
        self._trust = dict(trust)
        self._limits = limits or PoolLimits()
        self._slots = asyncio.Semaphore(self._limits.workers)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def examine(self, agency: AgencyId, pdf: Path, at: datetime) -> Examination:
        """Judge the file as received at ``at``; never raises for any content (S1).

        Raises:
            NaiveTimeError: ``at`` carries no zone.
            SettingsError: A trust anchor or revocation list of the agency cannot be read.
            StorageError: The file is not there.
            WorldError: No worker process could be started, or the pool is closed.

        """
        if at.utcoffset() is None:
            raise NaiveTimeError(
                "naive-time",
                vi="Thời điểm nhận văn bản thiếu múi giờ.",
                en="The instant of receipt carries no zone.",
            )
        trust = self._trust.get(agency, TrustSettings())
        answer = await self._asked(_question(pdf, at, trust, self._limits))
        evidence = _evidence_in(answer)
        if answer is None or evidence is None:
            return await asyncio.to_thread(_stopped, pdf, at)
        return _concluded(evidence, answer, trust.policy)

    async def pictures(self, pdf: Path, pages: int = 1, dpi: int = 100) -> tuple[bytes, ...]:
        """Return PNG pictures of the first pages (at most 20 pages, 200 dpi).

        An empty tuple when the file cannot be drawn within the limits.

        Raises:
            StorageError: The file is not there.
            WorldError: No worker process could be started.

        """
        if pages < 1:
            return ()
        plain = _question(pdf, None, TrustSettings(), self._limits)
        answer = await self._asked(plain.model_copy(update={"pages": pages, "dpi": dpi}))
        return answer.png_files() if answer else ()

    async def _asked(self, question: Question) -> Answer | None:
        """Return a worker's answer; None when the file was too much for two of them.

        A worker may also have died of something else (the system was short of memory, a person
        ended it), so the file gets a second one while its time lasts.
        """
        async with self._slots:
            deadline = _now() + self._limits.wall_seconds
            answer = await self._try(question, deadline)
            if answer is None and not self._is_closed and _now() < deadline:
                answer = await self._try(question, deadline)
        if answer is None and self._is_closed:
            raise _closed()
        if answer is None:
            return None
        _raise_for(answer)
        return None if answer.failed else answer

    async def _try(self, question: Question, deadline: float) -> Answer | None:
        worker = await self._ready_worker()
        is_fit = False
        try:
            async with asyncio.timeout_at(deadline):
                answer = await worker.ask(question)
            is_fit = worker.files < self._limits.files_each and not self._is_closed
        except (_Gone, TimeoutError):
            return None
        finally:
            if is_fit:
                self._idle.append(worker)
            else:
                await self._discard(worker)
        return answer

    async def _ready_worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await self._discard(worker)
        if self._is_closed:
            raise _closed()
        worker = await _Worker.started(self._limits.start_seconds)
        self._all.add(worker)
        return worker

    async def _discard(self, worker: _Worker) -> None:
        self._all.discard(worker)
        await worker.end()

    async def close(self) -> None:
        """End the workers; safe twice. An examination still running ends with WorldError."""
        self._is_closed = True
        workers = list(self._all)
        self._all.clear()
        self._idle.clear()
        for worker in workers:
            worker.kill()
        for worker in workers:
            await worker.end()


def _now() -> float:
    """Return the loop's own time, which only measures spans."""
    return asyncio.get_running_loop().time()


def _closed() -> WorldError:
    """Return the error of a pool that is closed; the file has not been judged."""
    return WorldError(
        "examiner-closed",
        vi="Chương trình đang dừng; văn bản sẽ được kiểm tra chữ ký khi chạy lại.",
        en="The program is stopping; the signatures will be examined when it runs again.",
        retry=Retry.TEMPORARY,
    )


def _question(pdf: Path, at: datetime | None, trust: TrustSettings, limits: PoolLimits) -> Question:
    """Return the question with paths that mean the same in another process."""
    return Question(
        pdf=pdf.absolute(),
        at=at,
        anchors=tuple(each.absolute() for each in trust.anchors),
        crls=tuple(each.absolute() for each in trust.crls),
        cpu_seconds=limits.cpu_seconds,
    )


def _raise_for(answer: Answer) -> None:
    """Raise for what is wrong with the question; ``over-limit`` is about the file."""
    if answer.failed == "no-file":
        raise StorageError(
            "payload-missing",
            vi="Không còn tệp PDF cần kiểm tra trong kho lưu.",
            en="The PDF to be examined is not in the store.",
            retry=Retry.PERMANENT,
        )
    if answer.failed in {"trust-path-missing", "trust-anchor-unreadable", "crl-unreadable"}:
        raise SettingsError(
            answer.failed,
            vi="Chứng thư gốc hoặc danh sách thu hồi của cơ quan không đọc được; hãy chạy doctor.",
            en="A trust anchor or revocation list of the agency cannot be read; run doctor.",
        )


def _evidence_in(answer: Answer | None) -> FileEvidence | None:
    """Return the evidence; a worker that a file took over may have written anything."""
    if answer is None:
        return None
    try:
        return EVIDENCE.validate_json(answer.evidence)
    except ValidationError:
        return None


def _concluded(evidence: FileEvidence, answer: Answer, policy: SignaturePolicy) -> Examination:
    return Examination(
        verdict=judge(evidence, policy),
        marks=answer.marks,
        doubtful_marks=answer.doubtful,
        evidence=answer.evidence,
    )


def _stopped(pdf: Path, at: datetime) -> Examination:
    """Return the examination of a file that was too much (blocking)."""
    digest, size = hashlib.sha256(), 0
    with suppress(OSError), pdf.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
    evidence = FileEvidence(
        digest=digest.hexdigest(),
        size_bytes=size,
        received_at=at.astimezone(UTC),
        faults=(("OVER_LIMIT", ""),),
    )
    return Examination(verdict=over_limit(evidence), evidence=EVIDENCE.dump_json(evidence).decode())
