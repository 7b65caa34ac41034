"""The examining worker: ``python -m gateway.signing.worker``, one hostile file at a time.

Before it looks at anything it gives up what it does not need: memory beyond a budget, open
files, core dumps, other programs, and the network. It answers questions from standard input on
standard output until that ends. CPU time beyond a file's share ends the process; the pool takes
another.
"""

from __future__ import annotations

import base64
import gc
import logging
import os
import resource
import signal
import sys
from typing import BinaryIO, NoReturn

from gateway.errors import GatewayError
from gateway.signing.guard import Crash, guarded
from gateway.signing.wire import EVIDENCE, LENGTH_BYTES, MAX_MESSAGE_BYTES, Answer, Question, frame

MEMORY_BYTES = 1024 * 1024 * 1024  # contract: a verdict within 1 GiB
OPEN_FILES = 64
MAX_PDF_BYTES = 256 * 1024 * 1024  # the library holds a file several times
REFUSED_EVENTS = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system")


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith(REFUSED_EVENTS):
        raise PermissionError("an examining worker has no network and starts no program")


def _give_up_rights() -> None:
    """Set every limit before the first byte of a file is read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes nothing but its answers
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is for the gateway
    sys.addaudithook(_refuse)
    logging.disable(logging.CRITICAL)  # libraries quote documents in their messages


def _limit_cpu(seconds: int) -> None:
    """Let the system end this process when this file takes more CPU time than its share."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
    signal.setitimer(signal.ITIMER_REAL, 4 * seconds)  # also ends a worker nobody waits for


class Examiner:
    """Answers questions; keeps anchors and lists read until their files change."""

    def __init__(self) -> None:
        # Imported here: the libraries take most of a second, after the limits are set.
        from gateway.signing import evidence, pages, paths  # noqa: PLC0415

        self._evidence, self._pages, self._paths = evidence, pages, paths
        self._stores: dict[str, object] = {}

    def answer(self, question: Question) -> tuple[Answer, bool]:
        """Return the answer, and whether this process is still fit for another file."""
        try:
            if question.pdf.stat().st_size > MAX_PDF_BYTES:
                return Answer(failed="over-limit"), True
            raw = question.pdf.read_bytes()
        except OSError:
            return Answer(failed="no-file"), True
        except MemoryError:
            return Answer(failed="over-limit"), False
        if question.pages:
            return self._pictures(question, raw), True
        return self._examination(question, raw)

    def _examination(self, question: Question, raw: bytes) -> tuple[Answer, bool]:
        at = question.at
        if at is None or at.utcoffset() is None:
            return Answer(failed="naive-time"), True
        try:
            store = self._store(question)
        except GatewayError as fault:
            return Answer(failed=fault.code), True
        found = guarded(lambda: self._evidence.examine_file(raw, store, at))
        if isinstance(found, Crash):
            return Answer(failed="over-limit"), False
        fit = not any(cause in {"MemoryError", "RecursionError"} for _, cause in found.faults)
        codes = {code for code, _ in found.faults}
        marks = self._marks(raw) if not codes & {"EMPTY_FILE", "NOT_A_PDF"} else ((), ())
        text = EVIDENCE.dump_json(found).decode()
        return Answer(evidence=text, marks=marks[0], doubtful=marks[1]), fit

    def _marks(self, raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
        from gateway.signing.marks import secrecy_marks  # noqa: PLC0415 - see __init__

        segments = guarded(lambda: self._pages.first_page_segments(raw))
        if isinstance(segments, Crash):
            return (), ("(không đọc được chữ trên trang đầu)",)
        found = secrecy_marks(segments)
        return found.marks, found.doubtful

    def _pictures(self, question: Question, raw: bytes) -> Answer:
        found = guarded(lambda: self._pages.page_pictures(raw, question.pages, question.dpi))
        if isinstance(found, Crash):
            return Answer(failed="not-drawn")
        return Answer(pictures=tuple(base64.b64encode(each).decode() for each in found))

    def _store(self, question: Question) -> object:
        named = "|".join(str(each) for each in (*question.anchors, "+", *question.crls))
        state = self._paths.signature_of_paths((*question.anchors, *question.crls))
        key = f"{named}#{state}"
        if key not in self._stores:
            stale = [each for each in self._stores if each.partition("#")[0] == named]
            for each in stale:
                del self._stores[each]
            self._stores[key] = self._paths.load_store(question.anchors, question.crls)
        return self._stores[key]


def _read_question(stream: BinaryIO) -> Question | None:
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    if length > MAX_MESSAGE_BYTES:
        return None
    return Question.model_validate_json(stream.read(length))


def main() -> NoReturn:
    """Answer until standard input ends or this process is no longer fit."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get among the answers
    _give_up_rights()
    examiner = Examiner()
    gc.freeze()
    answers.write(frame(Answer()))  # ready: what follows is counted against a file
    answers.flush()
    while (question := _read_question(sys.stdin.buffer)) is not None:
        _limit_cpu(question.cpu_seconds)
        answer, is_fit = examiner.answer(question)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(frame(answer))
        answers.flush()
        if not is_fit:
            break
    os._exit(0)


if __name__ == "__main__":
    main()
