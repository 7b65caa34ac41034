"""The transition table of an incoming document, and what a row of statuses adds up to.

    L-32   03 never before the signatures have a verdict: OPENED knows no acceptance
    L-33   what fails goes back with a reason (02)
    L-52   a refusal without a reason is impossible
    L-59   the states the law names; which status an act says
    L-105  order of statuses, which of them are final, late ones stored and never rolled back

Every change of ``IncomingState`` in the program is a :func:`move`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from gateway.errors import StateError
from gateway.model.incoming import IncomingState
from gateway.model.status import StatusCode


class IncomingAct(Enum):
    """What happens to an incoming document, by rule or by a person."""

    ADMIT = "admit"  # relayed to the QLVB as waiting; for a held document, by a person
    HOLD = "hold"  # a person must look
    PARK = "park"  # unreadable, not ours, or a kind we do not act on
    QUARANTINE = "quarantine"  # bears a secrecy mark
    ACCEPT = "accept"  # the clerk, or a stated policy, takes it: number, then 03
    REFUSE = "refuse"  # given back with a reason: 02
    REOPEN = "reopen"  # judged anew, after a reader or the directory was mended
    CLEAR = "clear"  # the mark was no secrecy mark, by a recorded act
    RELEASE = "release"  # taken out of quarantine, handled on paper
    DESTROY = "destroy"  # content destroyed by a recorded act


_S, _A = IncomingState, IncomingAct

TRANSITIONS: Mapping[tuple[IncomingState, IncomingAct], IncomingState] = MappingProxyType(
    {
        (_S.OPENED, _A.ADMIT): _S.WAITING,
        (_S.OPENED, _A.HOLD): _S.HELD,
        (_S.OPENED, _A.PARK): _S.PARKED,
        (_S.OPENED, _A.QUARANTINE): _S.QUARANTINED,
        (_S.WAITING, _A.ACCEPT): _S.ACCEPTED,
        (_S.WAITING, _A.REFUSE): _S.REFUSED,
        (_S.WAITING, _A.HOLD): _S.HELD,
        (_S.WAITING, _A.QUARANTINE): _S.QUARANTINED,  # a person saw what no detector could
        (_S.HELD, _A.ADMIT): _S.WAITING,
        (_S.HELD, _A.ACCEPT): _S.ACCEPTED,
        (_S.HELD, _A.REFUSE): _S.REFUSED,
        (_S.HELD, _A.PARK): _S.PARKED,
        (_S.HELD, _A.QUARANTINE): _S.QUARANTINED,
        (_S.PARKED, _A.REOPEN): _S.OPENED,
        (_S.PARKED, _A.REFUSE): _S.REFUSED,
        (_S.PARKED, _A.QUARANTINE): _S.QUARANTINED,
        # Telling the sender does not take a secret out of quarantine (L-60).
        (_S.QUARANTINED, _A.REFUSE): _S.QUARANTINED,
        (_S.QUARANTINED, _A.CLEAR): _S.HELD,
        (_S.QUARANTINED, _A.RELEASE): _S.RELEASED,
        (_S.QUARANTINED, _A.DESTROY): _S.DESTROYED,
        (_S.RELEASED, _A.DESTROY): _S.DESTROYED,
    }
)
"""The only moves there are."""

STATUS_SAID: Mapping[IncomingAct, StatusCode] = MappingProxyType(
    {_A.ACCEPT: StatusCode.ACCEPTED, _A.REFUSE: StatusCode.REFUSED}
)
"""What an act tells the sender; 01 is told by the opening itself, whatever comes after."""

_NAMES_VI: Mapping[IncomingState, str] = MappingProxyType(
    {
        _S.OPENED: "đang kiểm tra",
        _S.WAITING: "chờ tiếp nhận",
        _S.HELD: "tạm giữ chờ văn thư xem",
        _S.PARKED: "để riêng",
        _S.QUARANTINED: "cách ly vì có dấu mật",
        _S.ACCEPTED: "đã tiếp nhận",
        _S.REFUSED: "đã từ chối",
        _S.RELEASED: "đã chuyển sang xử lý trên giấy",
        _S.DESTROYED: "đã hủy",
    }
)

_ACTS_VI: Mapping[IncomingAct, str] = MappingProxyType(
    {
        _A.ADMIT: "chuyển sang QLVB",
        _A.HOLD: "tạm giữ",
        _A.PARK: "để riêng",
        _A.QUARANTINE: "cách ly",
        _A.ACCEPT: "tiếp nhận",
        _A.REFUSE: "từ chối",
        _A.REOPEN: "mở lại để kiểm tra",
        _A.CLEAR: "bỏ cách ly",
        _A.RELEASE: "chuyển sang xử lý trên giấy",
        _A.DESTROY: "hủy",
    }
)


def move(state: IncomingState, act: IncomingAct, *, reason: str = "") -> IncomingState:
    """Return the state after ``act``.

    Args:
        state: Where the document stands.
        act: What is to happen.
        reason: Words to the sender; a refusal needs them (L-33, L-52).

    Raises:
        StateError: ``move-impossible``, or ``refusal-without-reason``.

    """
    after = TRANSITIONS.get((state, act))
    if after is None:
        raise StateError(
            "move-impossible",
            vi=f"Văn bản đang ở trạng thái “{_NAMES_VI[state]}” nên không thể {_ACTS_VI[act]}.",
            en=f"The document is {state.value}; {act.value} is not possible now.",
        )
    if act is IncomingAct.REFUSE and not reason.strip():
        raise StateError(
            "refusal-without-reason",
            vi="Từ chối tiếp nhận phải ghi lý do để bên gửi biết.",
            en="A refusal needs a reason that the sender can read.",
        )
    return after


def acts(state: IncomingState) -> tuple[IncomingAct, ...]:
    """Return what may be done with a document in ``state``, in the order of the table."""
    return tuple(act for (before, act) in TRANSITIONS if before is state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one receiver's statuses add up to (L-105).

    Attributes:
        furthest: The furthest step that was reached, whatever order the messages came in; None
            before the first.
        recall: The last word on a recall (13, 15, 16); None when nobody asked.
        is_conflicting: Refused and taken at once (02 beside 03 to 06): shown to a person.
        unknown: Codes outside the list, as received.

    """

    furthest: StatusCode | None = None
    recall: StatusCode | None = None
    is_conflicting: bool = False
    unknown: tuple[str, ...] = ()


_STEPS = (
    StatusCode.ARRIVED,
    StatusCode.REFUSED,
    StatusCode.ACCEPTED,
    StatusCode.ASSIGNED,
    StatusCode.PROCESSING,
    StatusCode.FINISHED,
)
_TAKEN = frozenset(_STEPS[2:])
_CODES = {code.value: code for code in StatusCode}


def status_code(text: str) -> StatusCode | None:
    """Return the status of a code as received, ``"1"`` being ``"01"``; None if unknown (T58)."""
    return _CODES.get(text.strip().zfill(2))


def progress(history: Iterable[str]) -> Progress:
    """Return what a history of codes, in order of arrival, adds up to.

    Late and repeated messages never move it back (L-105).
    """
    texts = tuple(history)
    known = [code for text in texts if (code := status_code(text)) is not None]
    steps = [code for code in known if code in _STEPS]
    recalls = [code for code in known if code not in _STEPS]
    return Progress(
        furthest=max(steps, key=_STEPS.index, default=None),
        recall=recalls[-1] if recalls else None,  # after 16 one may ask again
        is_conflicting=StatusCode.REFUSED in steps and not _TAKEN.isdisjoint(steps),
        unknown=tuple(text for text in texts if status_code(text) is None),
    )
