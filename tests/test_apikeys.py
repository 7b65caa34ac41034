"""API keys: only a keyed digest is kept, and only the right, valid key opens (T73)."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.organ import AgencyId
from gateway.service.apikeys import (
    KeyRefusedError,
    KeyWish,
    Scope,
    key_id_of,
    new_key,
    opened,
)
from gateway.service.clock import SeededRandomness
from gateway.service.secrets import MasterVault

NOW = datetime(2026, 8, 31, 0, 30, tzinfo=UTC)
MAC = MasterVault(bytes(range(32))).mac
WISH = KeyWish(
    agency=AgencyId("h99-01"),
    holder="qlvb",
    scopes=frozenset({Scope.ARRIVALS_READ}),
    created_at=NOW,
    expires_at=NOW + timedelta(days=1),
)
MADE = new_key(WISH, SeededRandomness(1), MAC)


def test_a_key_has_one_form_and_only_its_digest_is_kept() -> None:
    assert re.fullmatch(r"edk_[a-z2-7]{16}_[a-z2-7]{52}", MADE.text)
    assert key_id_of(MADE.text) == MADE.stored.key_id
    assert len(MADE.stored.key_hash) == 64
    secret = MADE.text.rpartition("_")[2]
    assert secret not in repr(dataclasses.asdict(MADE.stored))


def test_the_text_and_the_digest_show_in_no_repr() -> None:
    assert MADE.text not in repr(MADE)
    assert MADE.stored.key_hash not in repr(MADE)


def test_the_right_key_opens_as_its_agency() -> None:
    holder = opened(MADE.text, MADE.stored, MAC, NOW)
    assert (holder.agency, holder.holder, holder.scopes) == (
        WISH.agency,
        WISH.holder,
        WISH.scopes,
    )


@settings(max_examples=80)
@given(st.text(max_size=90))
def test_any_other_text_opens_nothing(text: str) -> None:
    with pytest.raises(KeyRefusedError, match="api-key-refused"):
        opened(text, MADE.stored, MAC, NOW)


def test_the_secret_of_another_key_opens_nothing() -> None:
    other = new_key(WISH, SeededRandomness(2), MAC)
    for text in (other.text, MADE.text[:21] + other.text[21:]):
        with pytest.raises(KeyRefusedError, match="api-key-refused"):
            opened(text, MADE.stored, MAC, NOW)


def test_an_unknown_key_gets_the_same_sentence_as_a_wrong_one() -> None:
    with pytest.raises(KeyRefusedError) as unknown:
        opened(MADE.text, None, MAC, NOW)
    with pytest.raises(KeyRefusedError) as wrong:
        opened(MADE.text[:-1] + "a2"[MADE.text.endswith("a")], MADE.stored, MAC, NOW)
    assert (unknown.value.code, unknown.value.vi) == (wrong.value.code, wrong.value.vi)


def test_a_digest_under_another_master_key_opens_nothing() -> None:
    with pytest.raises(KeyRefusedError, match="api-key-refused"):
        opened(MADE.text, MADE.stored, MasterVault(bytes(32)).mac, NOW)


@pytest.mark.parametrize(
    ("field", "at", "now", "code"),
    [
        ("expires_at", NOW, NOW, "api-key-expired"),  # the instant itself is out
        ("revoked_at", NOW, NOW, "api-key-revoked"),
        ("revoked_at", NOW - timedelta(days=9), NOW, "api-key-revoked"),
    ],
)
def test_an_ended_key_says_so_to_its_holder(field, at, now, code) -> None:
    with pytest.raises(KeyRefusedError, match=code):
        opened(MADE.text, dataclasses.replace(MADE.stored, **{field: at}), MAC, now)


def test_a_key_is_valid_until_its_last_moment() -> None:
    last = NOW + timedelta(days=1) - timedelta(microseconds=1)
    assert opened(MADE.text, MADE.stored, MAC, last).key_id == MADE.stored.key_id


def test_an_ended_key_says_nothing_to_a_stranger() -> None:
    ended = dataclasses.replace(MADE.stored, revoked_at=NOW, expires_at=NOW)
    other = new_key(WISH, SeededRandomness(2), MAC)
    with pytest.raises(KeyRefusedError, match="api-key-refused"):
        opened(other.text, ended, MAC, NOW)


def test_what_is_no_key_has_no_id() -> None:
    with pytest.raises(KeyRefusedError):
        key_id_of(MADE.text.upper())
