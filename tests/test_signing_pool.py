"""Workers with limits: hostile files get a verdict, processes never outlive the pool (S1)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import NaiveTimeError, SettingsError, StorageError, WorldError
from gateway.model.organ import AgencyId
from gateway.model.signature import Integrity, SignatureSet, Verdict
from gateway.signing.pool import ExaminerPool, PoolLimits
from gateway.signing.trust import TrustSettings
from gateway.simulators.issuer import make_document
from tests.support import pdfs
from tests.support.pdfs import RECEIVED_AT

OURS = AgencyId("mau")
QUICK = PoolLimits(workers=1, wall_seconds=20, cpu_seconds=8)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> TrustSettings:
    anchors, crls = pdfs.trust_files(tmp_path_factory.mktemp("pki"))
    return TrustSettings(anchors=(anchors,), crls=(crls,))


@pytest.fixture(scope="module")
def shared(trust: TrustSettings) -> Iterator[tuple[asyncio.Runner, ExaminerPool]]:
    """One loop and one pool for the tests that need no pool of their own; starting takes time."""
    with asyncio.Runner() as runner:

        async def opened() -> ExaminerPool:
            return ExaminerPool({OURS: trust}, QUICK)

        pool = runner.run(opened())
        yield runner, pool
        runner.run(pool.close())


Shared = tuple[asyncio.Runner, ExaminerPool]
Use = Callable[[ExaminerPool], Coroutine[None, None, None]]


def with_shared(shared: Shared, use: Use) -> None:
    runner, pool = shared
    runner.run(use(pool))


def with_pool(trust: TrustSettings, use: Use, limits: PoolLimits = QUICK) -> None:
    async def run() -> None:
        async with ExaminerPool({OURS: trust}, limits) as pool:
            await use(pool)

    asyncio.run(run())


def written(folder: Path, raw: bytes, name: str = "vb.pdf") -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def pids(pool: ExaminerPool) -> list[int]:
    return [each._process.pid for each in pool._all]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_files_are_judged_one_after_the_other_by_one_process(
    shared: Shared, tmp_path: Path
) -> None:
    async def use(pool: ExaminerPool) -> None:
        found = await pool.examine(OURS, written(tmp_path, pdfs.by_both()), RECEIVED_AT)
        assert found.verdict.verdict is Verdict.VALID
        assert found.verdict.signature_set is SignatureSet.PERSON_AND_ORGAN
        assert found.marks == ()
        assert found.doubtful_marks == ()
        assert '"received_at"' in found.evidence
        first = pids(pool)
        again = await pool.examine(OURS, written(tmp_path, pdfs.unsigned()), RECEIVED_AT)
        assert again.verdict.verdict is Verdict.UNSIGNED
        assert pids(pool) == first

    with_shared(shared, use)


def test_an_agency_nobody_named_trusts_nobody(shared: Shared, tmp_path: Path) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        found = await pool.examine(AgencyId("khac"), path, RECEIVED_AT)
        assert found.verdict.verdict is Verdict.INDETERMINATE
        assert found.verdict.integrity is Integrity.INTACT

    with_shared(shared, use)


def test_a_new_list_is_noticed_without_a_restart(tmp_path: Path) -> None:
    """The lists are read once and again when their files change."""
    anchors, crls = pdfs.trust_files(tmp_path / "pki")
    kept = {each.name: each.read_bytes() for each in crls.iterdir()}
    for each in crls.iterdir():
        each.unlink()

    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        before = await pool.examine(OURS, path, RECEIVED_AT)
        assert before.verdict.verdict is Verdict.INDETERMINATE
        for name, raw in kept.items():
            (crls / name).write_bytes(raw)
        after = await pool.examine(OURS, path, RECEIVED_AT)
        assert after.verdict.verdict is Verdict.VALID

    with_pool(TrustSettings(anchors=(anchors,), crls=(crls,)), use)


def bomb() -> bytes:
    """Return a PDF whose only stream swells to two gigabytes, five times over."""
    body = zlib.compress(b"\x00" * 50_000_000, 9)
    for _ in range(2):
        body = zlib.compress(body, 9)
    filters = b"[" + b"/FlateDecode " * 3 + b"]"
    stream = b"<< /Length %d /Filter %s >>\nstream\n%s\nendstream" % (len(body), filters, body)
    fields = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>"
    return pdfs.raw_pdf(
        [
            fields,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
            stream,
            b"<< /FT /Sig /T (x) /V 4 0 R >>",
        ]
    )


def with_signature(dictionary: bytes) -> bytes:
    return pdfs.raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
            b"<< /FT /Sig /T (x) /V 5 0 R >>",
            dictionary,
        ]
    )


def nested(depth: int) -> bytes:
    return b"<< /Type /Catalog /Pages 2 0 R /Deep " + b"[" * depth + b"]" * depth + b" >>"


SIG = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
HOSTILE = {
    "empty": b"",
    "not a pdf": b"PK\x03\x04 something else",
    "form that doubles": pdfs.doubling_form(40),
    "field that is its own child": pdfs.raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>",
            b"<< /Type /Pages /Kids [] /Count 0 >>",
            b"<< /T (a) /Kids [3 0 R] >>",
        ]
    ),
    "pages in a circle": pdfs.raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>",
        ]
    ),
    "reference to itself": with_signature(b"5 0 R"),
    "deep arrays": pdfs.raw_pdf([nested(30_000), b"<< /Type /Pages /Kids [] /Count 0 >>"]),
    "huge range": with_signature(
        SIG + b"/ByteRange [0 99999999999999999999 1 2] /Contents <00> >>"
    ),
    "negative range": with_signature(SIG + b"/ByteRange [0 -5 10 20] /Contents <00> >>"),
    "many numbers": with_signature(
        SIG + b"/ByteRange [" + b"0 1 " * 100_000 + b"] /Contents <00> >>"
    ),
    "contents of nothing": with_signature(
        SIG + b"/ByteRange [0 10 20 30] /Contents <" + b"00" * 500_000 + b"> >>"
    ),
    "nested ASN.1": with_signature(
        SIG + b"/ByteRange [0 10 20 30] /Contents <" + b"3080" * 20_000 + b"> >>"
    ),
    "bomb": bomb(),
    "3,000 fields": pdfs.raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields ["
            + b" ".join(b"%d 0 R" % number for number in range(3, 3003))
            + b"] >> >>",
            b"<< /Type /Pages /Kids [] /Count 0 >>",
            *(b"<< /FT /Sig /T (f%d) /V << /Type /Sig >> >>" % number for number in range(3000)),
        ]
    ),
    "table far away": pdfs.raw_pdf([b"<< /Type /Catalog >>"]).replace(
        b"startxref\n", b"startxref\n9999999999"
    ),
}


def test_s1_hostile_files_get_a_verdict_and_are_never_valid(shared: Shared, tmp_path: Path) -> None:
    async def use(pool: ExaminerPool) -> None:
        for name, raw in HOSTILE.items():
            found = await pool.examine(OURS, written(tmp_path, raw), RECEIVED_AT)
            assert found.verdict.verdict is not Verdict.VALID, name
            if b"/Sig" in raw:
                assert found.verdict.verdict is not Verdict.UNSIGNED, name
            await pool.pictures(tmp_path / "vb.pdf", 1, 50)
        good = await pool.examine(OURS, written(tmp_path, pdfs.by_both()), RECEIVED_AT)
        assert good.verdict.verdict is Verdict.VALID

    with_shared(shared, use)


def test_a_file_over_its_time_is_unreadable_and_the_next_one_is_judged(
    trust: TrustSettings, tmp_path: Path
) -> None:
    """The wall clock of one file is used up at once; its worker is killed."""
    limits = PoolLimits(workers=1, wall_seconds=0.0)

    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        found = await pool.examine(OURS, path, RECEIVED_AT)
        assert [each.code for each in found.verdict.reasons] == ["OVER_LIMIT"]
        assert found.verdict.integrity is Integrity.UNREADABLE
        assert found.verdict.verdict is Verdict.INDETERMINATE
        assert pids(pool) == []
        pool._limits = QUICK
        good = await pool.examine(OURS, path, RECEIVED_AT)
        assert good.verdict.verdict is Verdict.VALID

    with_pool(trust, use, limits)


def test_a_file_over_its_cpu_time_ends_its_worker(trust: TrustSettings, tmp_path: Path) -> None:
    """The reserved space is read digit by digit: 40 MB of it take far longer than a second."""
    slow = with_signature(SIG + b"/ByteRange [0 9 20 30] /Contents <" + b"00" * 20_000_000 + b">>>")

    async def use(pool: ExaminerPool) -> None:
        found = await pool.examine(OURS, written(tmp_path, slow), RECEIVED_AT)
        assert [each.code for each in found.verdict.reasons] == ["OVER_LIMIT"]
        assert found.verdict.verdict is Verdict.INDETERMINATE

    with_pool(trust, use, PoolLimits(workers=1, cpu_seconds=1))


def test_a_worker_has_given_up_its_rights(shared: Shared, tmp_path: Path) -> None:
    async def use(pool: ExaminerPool) -> None:
        await pool.examine(OURS, written(tmp_path, b""), RECEIVED_AT)
        limits = Path(f"/proc/{pids(pool)[0]}/limits").read_text()  # noqa: ASYNC240 - a test
        rows = {row[:26].strip(): row[26:].split()[1] for row in limits.splitlines()}
        assert rows["Max address space"] == str(1024**3)
        assert rows["Max open files"] == "64"
        assert rows["Max file size"] == "0"
        assert rows["Max core file size"] == "0"
        names = Path(f"/proc/{pids(pool)[0]}/environ").read_bytes()  # noqa: ASYNC240 - a test
        assert b"EDOC_" not in names

    with_shared(shared, use)


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('127.0.0.1', 80)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
    ],
)
def test_a_worker_has_no_network_and_starts_no_program(attempt: str) -> None:
    refuse = "import sys; from gateway.signing.worker import _refuse; sys.addaudithook(_refuse)"
    program = f"{refuse}\n{attempt}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"PermissionError" in ended.stderr


def test_a_worker_is_replaced_after_its_share_of_files(
    trust: TrustSettings, tmp_path: Path
) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, b"")
        await pool.examine(OURS, path, RECEIVED_AT)
        first = pids(pool)
        await pool.examine(OURS, path, RECEIVED_AT)
        assert pids(pool) == []
        assert is_gone(first[0])

    with_pool(trust, use, PoolLimits(workers=1, files_each=2))


def test_a_worker_that_died_while_idle_is_replaced(shared: Shared, tmp_path: Path) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_person())
        await pool.examine(OURS, path, RECEIVED_AT)
        worker = next(iter(pool._all))
        worker.kill()
        await worker._process.wait()
        found = await pool.examine(OURS, path, RECEIVED_AT)
        assert found.verdict.verdict is Verdict.VALID

    with_shared(shared, use)


def test_cancelling_and_closing_leave_no_process(trust: TrustSettings, tmp_path: Path) -> None:
    seen: list[int] = []

    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        await pool.examine(OURS, path, RECEIVED_AT)
        seen.extend(pids(pool))
        task = asyncio.create_task(pool.examine(OURS, path, RECEIVED_AT))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await pool.examine(OURS, path, RECEIVED_AT)
        seen.extend(pids(pool))

    with_pool(trust, use)
    assert seen
    assert all(is_gone(pid) for pid in seen)


def test_a_worker_that_dies_of_something_else_does_not_cost_the_document_its_verdict(
    trust: TrustSettings, tmp_path: Path
) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        await pool.examine(OURS, path, RECEIVED_AT)
        worker = next(iter(pool._all))
        task = asyncio.create_task(pool.examine(OURS, path, RECEIVED_AT))
        while worker.files < 2:  # noqa: ASYNC110 - until the question is on its way
            await asyncio.sleep(0)
        worker.kill()
        assert (await task).verdict.verdict is Verdict.VALID

    with_pool(trust, use)


def test_closing_never_makes_a_document_unreadable(trust: TrustSettings, tmp_path: Path) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        await pool.examine(OURS, path, RECEIVED_AT)
        worker = next(iter(pool._all))
        task = asyncio.create_task(pool.examine(OURS, path, RECEIVED_AT))
        while worker.files < 2:  # noqa: ASYNC110 - until the question is on its way
            await asyncio.sleep(0)
        await pool.close()
        with pytest.raises(WorldError, match="examiner-closed"):
            await task
        with pytest.raises(WorldError, match="examiner-closed"):
            await pool.examine(OURS, path, RECEIVED_AT)

    with_pool(trust, use)


def test_a_loop_that_is_stopped_takes_its_workers_along(
    trust: TrustSettings, tmp_path: Path
) -> None:
    """The program is told to stop while a file is being examined."""
    seen: list[int] = []

    async def run() -> None:
        async with ExaminerPool({OURS: trust}, QUICK) as pool:
            path = written(tmp_path, pdfs.by_both())
            await pool.examine(OURS, path, RECEIVED_AT)
            seen.extend(pids(pool))
            asyncio.get_running_loop().call_soon(main.cancel)
            await pool.examine(OURS, path, RECEIVED_AT)

    loop = asyncio.new_event_loop()
    main = loop.create_task(run())
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(main)
    loop.close()
    assert all(is_gone(pid) for pid in seen)


def test_questions_that_are_wrong_are_told_and_not_judged(
    trust: TrustSettings, tmp_path: Path
) -> None:
    async def use(pool: ExaminerPool) -> None:
        with pytest.raises(NaiveTimeError):
            await pool.examine(OURS, tmp_path / "x.pdf", RECEIVED_AT.replace(tzinfo=None))
        with pytest.raises(StorageError, match="payload-missing"):
            await pool.examine(OURS, tmp_path / "x.pdf", RECEIVED_AT)
        pool._trust[OURS] = TrustSettings(anchors=(tmp_path / "none",))
        with pytest.raises(SettingsError, match="trust-path-missing"):
            await pool.examine(OURS, written(tmp_path, b""), RECEIVED_AT)

    with_pool(trust, use)


def test_pictures_show_signature_and_seal(shared: Shared, tmp_path: Path) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, pdfs.by_both())
        pictures = await pool.pictures(path, 3, 40)
        assert len(pictures) == 1
        assert pictures[0].startswith(b"\x89PNG")
        assert pictures != await pool.pictures(written(tmp_path, pdfs.unsigned()), 3, 40)
        assert await pool.pictures(written(tmp_path, b"rubbish"), 1, 40) == ()
        assert await pool.pictures(path, 0, 40) == ()

    with_shared(shared, use)


@pytest.mark.parametrize("mark", ["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
def test_l60_a_stamp_on_the_first_page_is_seen(shared: Shared, tmp_path: Path, mark: str) -> None:
    async def use(pool: ExaminerPool) -> None:
        path = written(tmp_path, make_document(replace(pdfs.TEXT, secrecy=mark)))
        found = await pool.examine(OURS, path, RECEIVED_AT)
        assert found.marks == (mark,)

    with_shared(shared, use)
