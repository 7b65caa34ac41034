"""The pull API over real HTTP: what it gives, what it refuses, and to whom (T73)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import DataError, Retry, StorageError
from gateway.model.document import Digest, DocumentId, DocumentRef, Urgency
from gateway.model.incoming import IncomingState, Objection
from gateway.model.organ import AgencyId, OrganId
from gateway.service import http_arrivals
from gateway.service.apikeys import KeyWish, Scope, new_key
from gateway.service.clock import SeededRandomness, SimulatedClock
from gateway.service.desk import (
    ArrivalView,
    AttachmentView,
    ContentView,
    EventView,
    FileAt,
    FileVerdictView,
)
from gateway.service.http import make_app
from gateway.service.http_auth import Doorkeeper
from gateway.service.http_files import disposition, safe_name
from gateway.service.secrets import MasterVault
from tests.support.memory_desk import MemoryDesk, MemoryKeys
from tests.support.web import serving

NOW = datetime(2026, 8, 31, 0, 30, tzinfo=UTC)
MINE, THEIRS = AgencyId("h99-01"), AgencyId("h99-02")
FIRST, SECOND, THIRD, FOREIGN = (
    DocumentRef(f"0190a000-0000-7000-8000-00000000000{n}") for n in range(1, 5)
)
VAULT = MasterVault(bytes(range(32)))
PDF = b"%PDF-1.7 " + bytes(range(256)) * 8


@dataclass
class Api:
    """The running API and a client of it."""

    base: str
    session: ClientSession
    desk: MemoryDesk
    keys: dict[str, str]

    async def ask(
        self, method: str, path: str, *, key: str = "full", **more: Any
    ) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bearer {self.keys[key]}"} if key else {}
        headers |= more.pop("headers", {})
        if method == "POST":
            headers.setdefault("Idempotency-Key", "k-1")
        async with self.session.request(
            method, self.base + path, headers=headers, **more
        ) as answer:
            raw = await answer.read()
            is_json = answer.content_type.endswith("json") and raw
            return answer.status, json.loads(raw) if is_json else raw, answer.headers


def arrival(ref: DocumentRef, state: IncomingState = IncomingState.WAITING) -> ArrivalView:
    content = ContentView(
        document_id=DocumentId("H99.02,2026/08/28,15/UBND-VP"),
        sender_id=OrganId("H99.02"),
        sender_name="UBND tỉnh Mẫu",
        code_number="15",
        code_notation="UBND-VP",
        promulgation_date=date(2026, 8, 28),
        subject="V/v báo cáo mẫu",
        attachments=(
            AttachmentView(
                ordinal=0,
                name="Công văn số 15.pdf",
                media_type="application/pdf",
                size_bytes=len(PDF),
                digest=Digest(hashlib.sha256(PDF).hexdigest()),
            ),
            AttachmentView(ordinal=1, name="x.exe", fault="attachment-missing"),
        ),
    )
    return ArrivalView(
        ref=ref,
        state=state,
        urgency=Urgency.URGENT,
        arrived_at=NOW,
        effective_receipt_at=NOW,
        verdict="valid",
        objections=(
            Objection(code="signature-expired", clause="L-05", vi="Hết hạn.", en="Expired."),
        ),
        content=content,
    )


def desk_of(folder: Path) -> MemoryDesk:
    desk = MemoryDesk(decided_at=NOW)
    for ref in (FIRST, SECOND, THIRD):
        desk.add(MINE, arrival(ref))
    desk.add(THEIRS, arrival(FOREIGN))
    path = folder / "payload"
    path.write_bytes(PDF)
    digest = Digest(hashlib.sha256(PDF).hexdigest())
    for owner, ref in ((MINE, FIRST), (THEIRS, FOREIGN)):
        desk.envelopes[owner, ref] = '{"kind": "new"}'
        desk.raws[owner, ref] = FileAt(path=path, digest=digest)
        desk.files[owner, ref, 0] = FileAt(
            path=path, digest=digest, name="Công văn\r\n số 15.pdf", media_type="application/pdf"
        )
        desk.reports[owner, ref] = (
            FileVerdictView(ordinal=0, examined_at=NOW, report='{"verdict": "valid"}'),
        )
        desk.events[owner, ref].append(
            EventView(sequence=1, at=NOW, actor="gateway", code="arrived", refs='{"axis": "t"}')
        )
    return desk


def keys_of() -> tuple[MemoryKeys, dict[str, str]]:
    ring, texts = MemoryKeys(), {}
    wishes = {
        "full": (MINE, set(Scope), None),
        "read": (MINE, {Scope.ARRIVALS_READ}, None),
        "decide": (MINE, {Scope.ARRIVALS_DECIDE}, None),
        "theirs": (THEIRS, set(Scope), None),
        "expired": (MINE, set(Scope), NOW),
    }
    for seed, (name, (agency, scopes, expires_at)) in enumerate(wishes.items()):
        wish = KeyWish(
            agency=agency,
            holder=f"qlvb-{name}",
            scopes=frozenset(scopes),
            created_at=NOW,
            expires_at=expires_at,
        )
        made = new_key(wish, SeededRandomness(seed), VAULT.mac)
        ring.add(made.stored)
        texts[name] = made.text
    return ring, texts | {"wrong": texts["full"][:-8] + "aaaaaaaa", "rubbish": "x"}


async def well() -> bool:
    return True


@asynccontextmanager
async def running(
    folder: Path,
    health: Callable[[], Awaitable[bool]] = well,
    body_seconds: float = 5,
) -> AsyncIterator[Api]:
    ring, texts = keys_of()
    desk = desk_of(folder)
    doorkeeper = Doorkeeper(ring, VAULT, SimulatedClock(NOW))
    app = make_app(desk, doorkeeper, health, body_seconds=body_seconds)
    async with serving(app) as base, ClientSession() as session:
        yield Api(base, session, desk, texts)


Story = Callable[[Api], Awaitable[None]]


@pytest.fixture
def api(tmp_path: Path) -> Callable[[Story], None]:
    """Return how a test tells its story to a running API."""

    def play(story: Story) -> None:
        async def told() -> None:
            async with running(tmp_path) as running_api:
                await story(running_api)

        asyncio.run(told())

    return play


def paths(ref: str) -> list[tuple[str, str, dict[str, object] | None]]:
    """Return every operation on one document: method, path, body."""
    one = f"/v1/arrivals/{ref}"
    reads = ["", "/envelope", "/envelope/raw", "/attachments/0", "/verdict", "/timeline"]
    return [
        *(("GET", one + rest, None) for rest in reads),
        ("POST", f"{one}/accept", {"person": "vanthu01"}),
        ("POST", f"{one}/refuse", {"person": "vanthu01", "reason": "Sai nơi nhận"}),
    ]


def test_the_list_of_operations_here_is_the_list_of_routes() -> None:
    here = {(method, path) for method, path, _ in paths("{id}")} | {("GET", "/v1/arrivals")}
    routes = {(each.method, each.path.replace("{n}", "0")) for each in http_arrivals.ROUTES}
    assert here == routes


def test_every_operation_answers_its_own_agency(api) -> None:
    async def story(api: Api) -> None:
        for method, path, body in paths(FIRST)[:-1]:
            status, _, _ = await api.ask(method, path, json=body)
            assert status == 200, path
        status, _, _ = await api.ask(*paths(SECOND)[-1][:2], json=paths(SECOND)[-1][2])
        assert status == 200

    api(story)


def test_another_agencys_documents_are_invisible(api) -> None:
    """404 with the same words as for a document that nobody has."""

    async def story(api: Api) -> None:
        absent = FOREIGN[:-1] + "9"
        for theirs, nobodys in zip(paths(FOREIGN), paths(absent), strict=True):
            told = [await api.ask(m, path, json=body) for m, path, body in (theirs, nobodys)]
            assert told[0][0] == 404
            assert told[0][:2] == told[1][:2]
        _, listed, _ = await api.ask("GET", "/v1/arrivals")
        assert [each["id"] for each in listed["items"]] == [FIRST, SECOND, THIRD]
        assert api.desk.views[THEIRS, FOREIGN].state is IncomingState.WAITING

    api(story)


@pytest.mark.parametrize("key", ["", "wrong", "rubbish", "expired"])
def test_without_a_good_key_nothing_is_answered(api, key: str) -> None:
    async def story(api: Api) -> None:
        everything = [*paths(FIRST), ("GET", "/v1/arrivals", None), ("GET", "/", None),
                      ("GET", "/v1/nothing", None), ("DELETE", "/v1/arrivals", None),
                      ("POST", "/health", None)]  # fmt: skip
        for method, path, body in everything:
            status, problem, headers = await api.ask(method, path, key=key, json=body)
            assert status == 401, path
            assert problem["status"] == 401
            assert headers["WWW-Authenticate"].startswith("Bearer")
        assert api.desk.views[MINE, FIRST].state is IncomingState.WAITING

    api(story)


@pytest.mark.parametrize("scheme", ["Basic ", "Token ", "", "Bearer  x"])
def test_a_key_comes_as_a_bearer_token_only(api, scheme: str) -> None:
    async def story(api: Api) -> None:
        headers = {"Authorization": f"{scheme}{api.keys['full']}"}
        status, _, _ = await api.ask("GET", "/v1/arrivals", key="", headers=headers)
        assert status == 401

    api(story)


@pytest.mark.parametrize(
    ("key", "opens"), [("read", {"GET"}), ("decide", {"POST"}), ("full", {"GET", "POST"})]
)
def test_a_key_does_what_its_scopes_say(api, key: str, opens: set[str]) -> None:
    async def story(api: Api) -> None:
        for method, path, body in paths(FIRST)[:-1]:
            status, problem, _ = await api.ask(method, path, key=key, json=body)
            assert (status == 200) == (method in opens), path
            assert status == 200 or (status, problem["code"]) == (403, "scope-missing")

    api(story)


def test_an_arrival_is_told_with_offset_and_without_invented_values(api) -> None:
    async def story(api: Api) -> None:
        _, told, headers = await api.ask("GET", f"/v1/arrivals/{FIRST}")
        assert told["arrived_at"] == "2026-08-31T07:30:00+07:00"
        assert (told["registered_at"], told["arrival_number"]) == (None, None)
        assert told["content"]["document_id"] == "H99.02,2026/08/28,15/UBND-VP"
        assert told["content"]["due_date"] is None
        assert [each["href"] for each in told["content"]["attachments"]] == [
            f"/v1/arrivals/{FIRST}/attachments/0",
            None,
        ]
        assert told["objections"][0]["clause"] == "L-05"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "edoc-gateway"
        assert "Access-Control-Allow-Origin" not in headers

    api(story)


@pytest.mark.parametrize(
    "state", [IncomingState.QUARANTINED, IncomingState.RELEASED, IncomingState.DESTROYED]
)
def test_l_60_a_quarantined_document_shows_no_content(api, state: IncomingState) -> None:
    async def story(api: Api) -> None:
        api.desk.add(MINE, arrival(FIRST, state))
        _, told, _ = await api.ask("GET", f"/v1/arrivals/{FIRST}")
        assert told["content"] is None
        _, listed, _ = await api.ask("GET", f"/v1/arrivals?state={state.value}")
        assert [each["content"] for each in listed["items"]] == [None]

    api(story)


def test_pages_follow_each_other_without_gap_or_repeat(api) -> None:
    async def story(api: Api) -> None:
        seen, after = [], ""
        while True:
            _, page, _ = await api.ask("GET", f"/v1/arrivals?limit=1{after}")
            seen += [each["id"] for each in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == [FIRST, SECOND, THIRD]
        _, whole, _ = await api.ask("GET", "/v1/arrivals?limit=3")
        assert whole["next"] is None  # nothing follows, so nobody asks in vain

    api(story)


def test_the_list_keeps_to_the_states_asked_for(api) -> None:
    async def story(api: Api) -> None:
        api.desk.add(MINE, arrival(SECOND, IncomingState.HELD))
        api.desk.add(MINE, arrival(THIRD, IncomingState.PARKED))
        for query in ("state=held,parked", "state=held&state=parked"):
            _, page, _ = await api.ask("GET", f"/v1/arrivals?{query}")
            assert [each["id"] for each in page["items"]] == [SECOND, THIRD]

    api(story)


@pytest.mark.parametrize(
    ("query", "elements"),
    [
        ("limit=0", ["query.limit"]),
        ("limit=201", ["query.limit"]),
        ("limit=x&state=open&color=red", ["query.color", "query.limit", "query.state.0"]),
        ("after=1", ["query.after"]),
        ("limit=1&limit=2", ["query.limit"]),
        ("limit=" + "9" * 5000, ["query.limit"]),
    ],
)
def test_a_wrong_query_is_told_with_every_fault(api, query: str, elements: list[str]) -> None:
    async def story(api: Api) -> None:
        status, problem, headers = await api.ask("GET", f"/v1/arrivals?{query}")
        assert status == 400
        assert headers["Content-Type"].startswith("application/problem+json")
        assert sorted(each["element"] for each in problem["faults"]) == elements

    api(story)


def test_accepting_gives_the_number_and_repeating_gives_it_again(api) -> None:
    async def story(api: Api) -> None:
        path = f"/v1/arrivals/{FIRST}/accept"
        told = [await api.ask("POST", path, json={"person": "vanthu01"}) for _ in range(2)]
        assert [(status, body["arrival_number"]) for status, body, _ in told] == [(200, 1)] * 2
        assert told[0][1]["state"] == "accepted"
        assert len(api.desk.events[MINE, FIRST]) == 2  # arrived, accepted once

    api(story)


def test_a_given_number_is_kept(api) -> None:
    async def story(api: Api) -> None:
        body = {"person": "vanthu01", "number": 1203}
        _, told, _ = await api.ask("POST", f"/v1/arrivals/{FIRST}/accept", json=body)
        assert told["arrival_number"] == 1203
        status, problem, _ = await api.ask("POST", f"/v1/arrivals/{SECOND}/accept", json=body)
        assert (status, problem["faults"][0]["element"]) == (422, "number")

    api(story)


def test_a_decided_document_is_not_decided_otherwise(api) -> None:
    async def story(api: Api) -> None:
        accept, refuse = paths(FIRST)[-2:]
        await api.ask("POST", refuse[1], json=refuse[2])
        status, problem, _ = await api.ask("POST", accept[1], json=accept[2])
        assert (status, problem["code"]) == (409, "decided-already")

    api(story)


LONG = "x" * 121
WRONG_BODIES: dict[str, tuple[object, list[str]]] = {
    "nothing": ({}, ["person", "reason"]),
    "no object": ([], ["body"]),
    "empty texts": ({"person": "", "reason": ""}, ["person", "reason"]),
    "spaces": ({"person": " ", "reason": "  \n "}, ["person", "reason"]),
    "too long": ({"person": LONG, "reason": "x" * 1001}, ["person", "reason"]),
    "numbers": ({"person": 7, "reason": 8}, ["person", "reason"]),
    "extra member": ({"person": "a", "reason": "b", "agency": "h99-02"}, ["agency"]),
    "control characters": ({"person": "a\u0000", "reason": "b\u001b[31m"}, ["person", "reason"]),
    "two lines of person": ({"person": "a\nb", "reason": "b"}, ["person"]),
    "spaces around the person": ({"person": " a", "reason": "b"}, ["person"]),
    "reordered text": ({"person": "a\u202eb", "reason": "b"}, ["person"]),
    "no XML character": ({"person": "a", "reason": "b\ufffe"}, ["reason"]),
}


@pytest.mark.parametrize(("body", "elements"), WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_a_wrong_refusal_is_told_with_every_fault(api, body, elements: list[str]) -> None:
    """L-33, L-52: a refusal has a reason, and the reason goes out as it is."""

    async def story(api: Api) -> None:
        status, problem, _ = await api.ask("POST", f"/v1/arrivals/{FIRST}/refuse", json=body)
        assert status == 422
        assert [each["element"] for each in problem["faults"]] == elements
        assert all(each["detail"] and each["detail_en"] for each in problem["faults"])
        assert api.desk.views[MINE, FIRST].state is IncomingState.WAITING

    api(story)


@pytest.mark.parametrize("number", [0, -1, 2**31, 1.5, "7", True, None])
def test_a_number_is_a_positive_whole_number(api, number: object) -> None:
    async def story(api: Api) -> None:
        body = {"person": "vanthu01", "number": number}
        status, _, _ = await api.ask("POST", f"/v1/arrivals/{FIRST}/accept", json=body)
        assert status == (200 if number is None else 422)

    api(story)


def test_a_write_needs_an_idempotency_key(api) -> None:
    async def story(api: Api) -> None:
        for key in ("", "x" * 256, "a b"):
            status, problem, _ = await api.ask(
                "POST",
                f"/v1/arrivals/{FIRST}/accept",
                json={"person": "a"},
                headers={"Idempotency-Key": key},
            )
            assert (status, problem["code"]) == (400, "idempotency-key-missing")

    api(story)


@pytest.mark.parametrize(
    ("content_type", "data", "status", "code"),
    [
        ("text/plain", b"{}", 415, "body-not-json"),
        ("application/json", b"{", 400, "body-not-json"),
        ("application/json", b"", 400, "body-not-json"),
        ("application/json", b"\xff\xfe", 400, "body-not-json"),
        ("application/json", b'{"person": "\\ud800"}', 400, "body-not-json"),
        ("application/json", b"[" * 60000, 400, "body-not-json"),
        ("application/json", b'{"person": "' + b"x" * 70000 + b'"}', 413, "body-too-large"),
    ],
    ids=["type", "cut", "empty", "not utf-8", "half a pair", "deep", "too large"],
)
def test_a_body_that_cannot_be_read(api, content_type, data, status, code) -> None:
    async def story(api: Api) -> None:
        told = await api.ask(
            "POST",
            f"/v1/arrivals/{FIRST}/accept",
            data=data,
            headers={"Content-Type": content_type},
        )
        assert (told[0], told[1]["code"]) == (status, code)

    api(story)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    bodies=st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=9),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["person", "reason", "number", "x"]), inner)
                ),
                max_leaves=6,
            ).map(lambda value: json.dumps(value).encode()),
        ),
        min_size=5,
        max_size=10,
    )
)
def test_no_body_gives_500(tmp_path: Path, bodies: list[bytes]) -> None:
    async def story() -> None:
        async with running(tmp_path) as api:
            for body in bodies:
                for act in ("accept", "refuse"):
                    status, _, _ = await api.ask(
                        "POST",
                        f"/v1/arrivals/{FIRST}/{act}",
                        data=body,
                        headers={"Content-Type": "application/json"},
                    )
                    assert status in {200, 400, 409, 422}

    asyncio.run(story())


@pytest.mark.parametrize("ref", ["x", "..", "%2e%2e", FIRST.upper(), FIRST + "0", "%00", "a%2Fb"])
def test_what_is_no_id_is_not_there(api, ref: str) -> None:
    async def story(api: Api) -> None:
        for method, path, body in paths(ref):
            status, _, _ = await api.ask(method, path, json=body)
            assert status == 404

    api(story)


@pytest.mark.parametrize("ordinal", ["-1", "2", "x", "00000", "٣", "1"])
def test_an_attachment_that_is_not_there(api, ordinal: str) -> None:
    async def story(api: Api) -> None:
        status, _, _ = await api.ask("GET", f"/v1/arrivals/{FIRST}/attachments/{ordinal}")
        assert status == 404

    api(story)


def test_an_attachment_is_a_download_under_a_harmless_name(api) -> None:
    async def story(api: Api) -> None:
        status, body, headers = await api.ask("GET", f"/v1/arrivals/{FIRST}/attachments/0")
        assert (status, body) == (200, PDF)
        assert headers["Content-Type"] == "application/pdf"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["Content-Disposition"] == (
            'attachment; filename="Cong van so 15.pdf"; '
            "filename*=UTF-8''C%C3%B4ng%20v%C4%83n%20s%E1%BB%91%2015.pdf"
        )

    api(story)


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", None])
def test_a_type_a_browser_would_run_is_not_told(api, kind: str | None) -> None:
    async def story(api: Api) -> None:
        file = api.desk.files[MINE, FIRST, 0]
        api.desk.files[MINE, FIRST, 0] = replace(file, media_type=kind)
        _, _, headers = await api.ask("GET", f"/v1/arrivals/{FIRST}/attachments/0")
        assert headers["Content-Type"] == "application/octet-stream"

    api(story)


def test_a_range_of_an_attachment(api) -> None:
    async def story(api: Api) -> None:
        path = f"/v1/arrivals/{FIRST}/attachments/0"
        status, body, headers = await api.ask("GET", path, headers={"Range": "bytes=5-14"})
        assert (status, body) == (206, PDF[5:15])
        assert headers["Content-Range"] == f"bytes 5-14/{len(PDF)}"
        status, _, _ = await api.ask("GET", path, headers={"Range": "bytes=99999-"})
        assert status == 416
        status, body, headers = await api.ask("HEAD", path)
        assert (status, body, headers["Content-Length"]) == (200, b"", str(len(PDF)))

    api(story)


def test_the_raw_envelope_is_never_shown_as_a_page(api) -> None:
    async def story(api: Api) -> None:
        _, body, headers = await api.ask("GET", f"/v1/arrivals/{FIRST}/envelope/raw")
        assert body == PDF
        assert headers["Content-Type"] == "application/octet-stream"
        assert f'filename="{FIRST}.edxml"' in headers["Content-Disposition"]

    api(story)


def test_verdict_and_timeline_are_json_through_and_through(api) -> None:
    async def story(api: Api) -> None:
        _, told, _ = await api.ask("GET", f"/v1/arrivals/{FIRST}/verdict")
        assert told["files"] == [
            {
                "ordinal": 0,
                "examined_at": "2026-08-31T07:30:00+07:00",
                "report": {"verdict": "valid"},
            }
        ]
        _, told, _ = await api.ask("GET", f"/v1/arrivals/{FIRST}/timeline")
        assert told["events"][0]["refs"] == {"axis": "t"}
        assert told["events"][0]["at"].endswith("+07:00")

    api(story)


def test_unknown_paths_and_methods_for_a_known_caller(api) -> None:
    async def story(api: Api) -> None:
        status, problem, _ = await api.ask("GET", "/v1/nothing")
        assert (status, problem["code"]) == (404, "path-unknown")
        status, problem, headers = await api.ask("POST", "/v1/arrivals")
        assert (status, problem["code"]) == (405, "method-not-allowed")
        assert headers["Allow"] == "GET,HEAD"

    api(story)


@pytest.mark.parametrize(
    ("is_well", "status", "said"),
    [(True, 200, "ok"), (False, 503, "not-ok"), (None, 503, "not-ok")],
)
def test_health_says_one_word_to_anybody(tmp_path: Path, is_well, status, said) -> None:
    async def health() -> bool:
        if is_well is None:
            raise StorageError("disk-full", vi="Đĩa đầy.", en="disk full", retry=Retry.TEMPORARY)
        return bool(is_well)

    async def story() -> None:
        async with running(tmp_path, health) as api:
            assert (await api.ask("GET", "/health", key=""))[:2] == (status, {"status": said})

    asyncio.run(story())


class BrokenDesk(MemoryDesk):
    """A desk where something goes wrong behind the counter."""

    fault: Exception

    async def arrival(self, agency, ref):  # noqa: ARG002 - the port's signature
        raise self.fault


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (StorageError("locked", vi="Bận.", en="locked", retry=Retry.TEMPORARY), 503, "locked"),
        (DataError("settings-wrong", vi="bi mat 1", en="secret 1"), 500, "settings-wrong"),
        (ZeroDivisionError("bi mat 2"), 500, "internal-fault"),
    ],
    ids=["world", "ours", "defect"],
)  # fmt: skip
def test_a_fault_behind_the_counter_shows_no_inside(fault, status, code, capsys) -> None:
    async def story() -> None:
        ring, texts = keys_of()
        desk = BrokenDesk(decided_at=NOW)
        desk.fault = fault
        app = make_app(desk, Doorkeeper(ring, VAULT, SimulatedClock(NOW)), well)
        async with serving(app) as base, ClientSession() as session:
            api = Api(base, session, desk, texts)
            told, problem, headers = await api.ask("GET", f"/v1/arrivals/{FIRST}")
            assert (told, problem["code"]) == (status, code)
            assert "bi mat" not in json.dumps(problem)
            assert "Traceback" not in json.dumps(problem)
            assert ("Retry-After" in headers) == (status == 503)

    asyncio.run(story())
    assert "bi mat 1" not in capsys.readouterr().out


def test_a_request_that_is_no_http_harms_nobody(api) -> None:
    async def story(api: Api) -> None:
        port = int(api.base.rpartition(":")[2])
        for raw in (b"\x16\x03\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET \x00 HTTP/1.1\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(raw)
            writer.write_eof()
            assert b"Traceback" not in await reader.read()
            writer.close()
            await writer.wait_closed()
        assert (await api.ask("GET", "/health", key=""))[0] == 200

    api(story)


HOSTILE_NAMES = [
    "../../etc/passwd", "..\\..\\boot.ini", "C:\\x.pdf", "/etc/shadow", "a\x00.pdf",
    "a\r\nX: y.pdf",
    "cong\u202efdp.exe", "CON.pdf", "nul", "com1.txt", "...", "", " . ", "a" * 400 + ".pdf",
    "ă" * 200 + ".PDF", 'a";filename="b', "a\u2028b", "a\ud800b", "x.p" + "d" * 50, "%2e%2e%2fx",
    "\u0065\u0302.pdf",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_s3_no_name_leaves_its_folder_or_its_header(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\:*?"<>|%\r\n\0\u202e')
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 200
    assert safe == safe_name(safe)
    assert disposition(name).isascii()
    assert "\n" not in disposition(name)
    assert disposition(name).count('"') == 2


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_any_name_becomes_a_harmless_one(name: str) -> None:
    safe = safe_name(name)
    assert safe.isprintable()
    assert not set(safe) & set("/\\")
    assert safe not in {"", ".", ".."}
    assert disposition(name).isascii()


def test_a_good_vietnamese_name_stays_as_it_is() -> None:
    assert safe_name("Quyết định số 15 – Sở Tài chính.PDF") == "Quyết định số 15 – Sở Tài chính.PDF"


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path, body_seconds=0.05) as api:
            port = int(api.base.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                f"POST /v1/arrivals/{FIRST}/accept HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\n"
                f"Authorization: Bearer {api.keys['full']}\r\nContent-Type: application/json\r\n"
                "Content-Length: 100\r\n\r\n{".encode()
            )
            assert b" 408 " in await reader.readline()
            writer.close()
            await writer.wait_closed()

    asyncio.run(story())
