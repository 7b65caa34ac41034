"""The clerk's acts over both databases: one number, one line, one status, whoever presses twice."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.envelope.json_form import envelope_to_json
from gateway.errors import PeerError, StateError
from gateway.model.document import Code, Digest, DocumentId, DocumentRef
from gateway.model.envelope import DocumentEnvelope
from gateway.model.incoming import IncomingState
from gateway.model.organ import AgencyId, Organ, OrganId
from gateway.ports import PendingDelivery, Stored
from gateway.service.assemble import Service, Surroundings, assemble
from gateway.service.clock import SystemRandomness
from gateway.service.demo.settings_text import CALENDAR
from gateway.service.desk import Acceptance, ArrivalQuery, Refusal, UnknownArrivalError
from gateway.service.secrets import create_key_file
from gateway.service.settings import read_settings
from gateway.simulators.pki import InventedPki
from gateway.storage import deliveries, documents, jobs, statuses
from gateway.storage.deliveries import NewDelivery
from gateway.storage.documents import Decided
from gateway.storage.rows import NewDocument, Receipt
from tests.support.databases import HandClock, run

OFFICE, OTHER = AgencyId("so-tai-chinh"), AgencyId("so-khac")
NOW = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
YEAR_END = datetime(2026, 12, 31, 9, 0, tzinfo=UTC)

SETTINGS = """\
[store]
url = "{store}"

[[agency]]
id = "so-tai-chinh"
organ_id = "H99.02"
organ_name = "Sở Tài chính tỉnh Mẫu"
numbering = "gateway"
receipt_counts_from = "gateway"
calendar = "calendar.toml"
trust_anchors = ["trust/anchors"]
seal_diameter_mm = 36

[[agency]]
id = "so-khac"
organ_id = "H99.03"
organ_name = "Sở khác tỉnh Mẫu"
numbering = "qlvb"
receipt_counts_from = "qlvb"
calendar = "calendar.toml"
trust_anchors = ["trust/anchors"]
seal_diameter_mm = 36
"""


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    InventedPki(NOW).write(folder, NOW)
    return folder


@pytest.fixture
def office(tmp_path: Path, database_url: str, trust: Path) -> Any:
    (tmp_path / "trust").symlink_to(trust)
    (tmp_path / "calendar.toml").write_text(CALENDAR, encoding="utf-8")
    path = tmp_path / "edoc-gateway.toml"
    path.write_text(SETTINGS.format(store=database_url), encoding="utf-8")
    settings = read_settings(path)
    settings.store.master_key.parent.mkdir(exist_ok=True)
    create_key_file(settings.store.master_key, SystemRandomness())

    @asynccontextmanager
    async def opened() -> Any:
        async with AsyncExitStack() as stack:
            around = Surroundings(clock=HandClock(NOW), environment={})
            yield await assemble(settings, stack, around)

    return opened


async def waiting(
    service: Service, agency: AgencyId, number: str, receipt: datetime | None = NOW
) -> DocumentRef:
    """Put a document in state WAITING, with a delivery so that its sender can be answered."""
    ref = DocumentRef(service.world.ids.new())
    envelope = DocumentEnvelope(
        sender=Organ(organ_id=OrganId("H99"), organ_name="UBND tỉnh Mẫu"),
        document_id=DocumentId(f"H99,2026,{number}"),
        code=Code(number, "UBND-TH"),
        subject="Về việc báo cáo",
    )

    def put(conn: Any) -> None:
        pending = PendingDelivery(axis_doc_id=f"axis-{number}", message_type="edoc")
        row, _ = deliveries.note(
            conn, agency, NewDelivery(id=ref, axis="tinh", pending=pending, listed_at=NOW)
        )
        deliveries.keep(conn, agency, row.id, Stored(Digest("a" * 64), 10), NOW)
        new = NewDocument(
            ref=ref,
            envelope=envelope,
            envelope_text=json.dumps(envelope_to_json(envelope)),
            content_digest=Digest(number.zfill(64)),
            number_key=number,
            notation_key="ubnd-th",
            arrived_at=NOW,
        )
        documents.create(conn, agency, new)
        deliveries.outcome(conn, agency, row.id, "new", ref)
        counted = receipt and Receipt(
            effective_receipt_at=receipt, rule="x", calendar_version="v", reason="r"
        )
        decided = Decided(state=IncomingState.WAITING, decided_at=NOW, receipt=counted or None)
        documents.decide(conn, agency, ref, decided)

    await service.world.store.tx(put)
    return ref


def acceptance(number: int | None = None) -> Acceptance:
    return Acceptance(person="vanthu.mau", number=number, key="k", holder="qlvb")


def refusal(reason: str) -> Refusal:
    return Refusal(person="vanthu.mau", reason=reason, key="k", holder="qlvb")


async def said(service: Service, agency: AgencyId, ref: DocumentRef) -> list[tuple[str, str]]:
    rows = await service.world.store.read(lambda conn: statuses.history(conn, agency, ref))
    return [(row.code, row.description or "") for row in rows]


def test_l35_accepting_numbers_in_order_and_pressing_twice_changes_nothing(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            refs = [await waiting(service, OFFICE, str(n)) for n in (1, 2, 3)]
            first = [
                (await service.desk.accept(OFFICE, ref, acceptance())).arrival_number
                for ref in refs
            ]
            again = await service.desk.accept(OFFICE, refs[1], acceptance())
            assert first == [1, 2, 3]
            assert again.arrival_number == 2
            assert await said(service, OFFICE, refs[1]) == [("03", "")]

    run(story())


def test_l20_the_register_year_is_that_of_the_effective_receipt(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            after_hours = YEAR_END + timedelta(hours=15, minutes=30)  # 00:30 on 1 January
            ref = await waiting(service, OFFICE, "1", after_hours)
            view = await service.desk.accept(OFFICE, ref, acceptance())
            assert (view.arrival_number, view.register_year) == (1, 2027)

    run(story())


def test_the_qlvb_gives_the_number_where_it_is_set_so(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            one, two = [await waiting(service, OTHER, str(n), None) for n in (1, 2)]
            with pytest.raises(PeerError, match="number-missing"):
                await service.desk.accept(OTHER, one, acceptance())
            view = await service.desk.accept(OTHER, one, acceptance(41))
            assert view.arrival_number == 41
            assert view.effective_receipt_at is not None  # whoever accepts took it over
            with pytest.raises(StateError):
                await service.desk.accept(OTHER, two, acceptance(41))
            left = await service.desk.arrival(OTHER, two)
            assert left is not None
            assert left.state is IncomingState.WAITING

    run(story())


def test_a_number_is_not_wanted_where_the_gateway_numbers(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            ref = await waiting(service, OFFICE, "1")
            with pytest.raises(PeerError, match="number-not-wanted"):
                await service.desk.accept(OFFICE, ref, acceptance(7))
            assert (await service.desk.accept(OFFICE, ref, acceptance())).arrival_number == 1

    run(story())


def test_l52_a_refusal_goes_out_with_its_reason_once_and_uses_no_number(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            ref = await waiting(service, OFFICE, "1")
            with pytest.raises(StateError, match="refusal-without-reason"):
                await service.desk.refuse(OFFICE, ref, refusal("  "))
            for _ in range(2):
                view = await service.desk.refuse(OFFICE, ref, refusal("Sai nơi nhận"))
            assert view.state is IncomingState.REFUSED
            assert view.arrival_number is None
            assert await said(service, OFFICE, ref) == [("02", "Sai nơi nhận")]
            with pytest.raises(StateError):
                await service.desk.accept(OFFICE, ref, acceptance())
            following = await waiting(service, OFFICE, "2")
            accepted = await service.desk.accept(OFFICE, following, acceptance())
            assert accepted.arrival_number == 1

    run(story())


def test_another_agencys_document_is_not_there(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            ref = await waiting(service, OFFICE, "1")
            assert await service.desk.arrival(OTHER, ref) is None
            assert (await service.desk.list_arrivals(OTHER, ArrivalQuery())).items == ()
            assert await service.desk.timeline(OTHER, ref) is None
            with pytest.raises(UnknownArrivalError):
                await service.desk.accept(OTHER, ref, acceptance(1))
            with pytest.raises(UnknownArrivalError):
                await service.desk.refuse(OTHER, ref, refusal("x"))

    run(story())


def test_an_act_and_its_status_are_one_transaction(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            ref = await waiting(service, OFFICE, "1")
            await service.desk.accept(OFFICE, ref, acceptance())
            key = f"status:{ref}:03:0:tinh"
            job = await service.world.store.read(lambda conn: jobs.find(conn, OFFICE, key))
            assert job is not None
            assert job.pipeline == "status"
            timeline = await service.desk.timeline(OFFICE, ref)
            assert timeline is not None
            assert [each.code for each in timeline] == ["accepted", "registered"]
            assert {each.actor for each in timeline} == {"vanthu.mau"}

    run(story())


def test_lists_are_cut_into_pages_by_a_stable_cursor(office: Any) -> None:
    async def story() -> None:
        async with office() as service:
            refs = [await waiting(service, OFFICE, str(n)) for n in range(1, 6)]
            first = await service.desk.list_arrivals(OFFICE, ArrivalQuery(limit=3))
            assert first.more
            rest = await service.desk.list_arrivals(
                OFFICE, ArrivalQuery(limit=3, after=first.items[-1].ref)
            )
            assert not rest.more
            assert [each.ref for each in (*first.items, *rest.items)] == refs

    run(story())
