"""The transition table of an incoming document, and what a row of statuses adds up to."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import StateError
from gateway.model.incoming import IncomingState
from gateway.model.status import StatusCode
from gateway.rules.lifecycle import (
    STATUS_SAID,
    TRANSITIONS,
    IncomingAct,
    Progress,
    acts,
    move,
    progress,
    status_code,
)

S, A = IncomingState, IncomingAct

# Written down a second time on purpose: from each state, the acts and where they lead.
EXPECTED = {
    S.OPENED: "admit>waiting hold>held park>parked quarantine>quarantined",
    S.WAITING: "accept>accepted refuse>refused hold>held quarantine>quarantined",
    S.HELD: "admit>waiting accept>accepted refuse>refused park>parked quarantine>quarantined",
    S.PARKED: "reopen>opened refuse>refused quarantine>quarantined",
    S.QUARANTINED: "refuse>quarantined clear>held release>released destroy>destroyed",
    S.ACCEPTED: "",
    S.REFUSED: "",
    S.RELEASED: "destroy>destroyed",
    S.DESTROYED: "",
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("act", list(A))
def test_l105_only_the_moves_of_the_table_exist(state: S, act: A) -> None:
    table = dict(each.split(">") for each in EXPECTED[state].split())
    if act.value in table:
        assert move(state, act, reason="lý do") is S(table[act.value])
    else:
        with pytest.raises(StateError) as caught:
            move(state, act, reason="lý do")
        assert caught.value.code == "move-impossible"
        assert "“" in caught.value.vi


@pytest.mark.parametrize("state", list(S))
def test_l105_what_may_be_done_is_listed(state: S) -> None:
    assert [act.value for act in acts(state)] == [
        each.split(">")[0] for each in EXPECTED[state].split()
    ]


def test_l32_nothing_is_accepted_before_it_was_judged() -> None:
    assert (S.OPENED, A.ACCEPT) not in TRANSITIONS
    assert (S.PARKED, A.ACCEPT) not in TRANSITIONS
    assert (S.QUARANTINED, A.ACCEPT) not in TRANSITIONS


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
@pytest.mark.parametrize("state", [S.WAITING, S.HELD, S.PARKED, S.QUARANTINED])
def test_l33_l52_a_refusal_without_a_reason_is_impossible(state: S, reason: str) -> None:
    with pytest.raises(StateError) as caught:
        move(state, A.REFUSE, reason=reason)
    assert caught.value.code == "refusal-without-reason"
    with pytest.raises(StateError):
        move(state, A.REFUSE)


def test_l52_no_other_act_needs_a_reason() -> None:
    assert move(S.WAITING, A.ACCEPT) is S.ACCEPTED


def test_l59_what_an_act_tells_the_sender() -> None:
    assert dict(STATUS_SAID) == {A.ACCEPT: StatusCode.ACCEPTED, A.REFUSE: StatusCode.REFUSED}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01", StatusCode.ARRIVED),
        ("1", StatusCode.ARRIVED),
        (" 3 ", StatusCode.ACCEPTED),
        ("13", StatusCode.RECALL_REQUESTED),
        ("001", None),
        ("999", None),
        ("07", None),
        ("", None),
        ("đã nhận", None),
    ],
)
def test_t58_a_code_is_text(text: str, code: StatusCode | None) -> None:
    assert status_code(text) is code


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("", Progress()),
        ("01", Progress(furthest=StatusCode.ARRIVED)),
        ("01 03 05 05 04", Progress(furthest=StatusCode.PROCESSING)),  # late 04, repeated 05
        ("06 01", Progress(furthest=StatusCode.FINISHED)),  # out of order
        ("01 02", Progress(furthest=StatusCode.REFUSED)),
        ("01 03 02", Progress(furthest=StatusCode.ACCEPTED, is_conflicting=True)),
        ("02 03", Progress(furthest=StatusCode.ACCEPTED, is_conflicting=True)),
        ("02 06", Progress(furthest=StatusCode.FINISHED, is_conflicting=True)),
        ("01 999", Progress(furthest=StatusCode.ARRIVED, unknown=("999",))),
        ("01 13", Progress(furthest=StatusCode.ARRIVED, recall=StatusCode.RECALL_REQUESTED)),
        ("13 16", Progress(recall=StatusCode.RECALL_REFUSED)),
        ("13 16 13 15", Progress(recall=StatusCode.RECALL_AGREED)),
    ],
)
def test_l105_statuses_add_up_and_never_roll_back(history: str, expected: Progress) -> None:
    assert progress(history.split()) == expected


def test_l105_the_furthest_step_does_not_depend_on_the_order() -> None:
    for order in permutations(["01", "03", "04", "05", "06"]):
        assert progress(order).furthest is StatusCode.FINISHED
        assert not progress(order).is_conflicting


@settings(max_examples=100)
@given(st.lists(st.sampled_from(["01", "02", "03", "04", "05", "06", "x"])), st.text(max_size=3))
def test_l105_a_later_message_never_moves_it_back(history: list[str], text: str) -> None:
    order = ["01", "02", "03", "04", "05", "06"]

    def step(progress_: Progress) -> int:
        return -1 if progress_.furthest is None else order.index(progress_.furthest.value)

    assert step(progress([*history, text])) >= step(progress(history))
