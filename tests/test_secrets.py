"""The vault: what is sealed stays sealed, and the master key stays at home (T72)."""

from __future__ import annotations

import base64
import copy
import os
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import DataError, SettingsError
from gateway.service.clock import SeededRandomness
from gateway.service.secrets import ENVIRONMENT_NAME, MasterVault, create_key_file, open_vault

KEY = bytes(range(32))
VAULT = MasterVault(KEY)


@settings(max_examples=50)
@given(st.text(max_size=20), st.binary(max_size=200))
def test_what_was_sealed_opens_for_its_purpose(purpose: str, plain: bytes) -> None:
    assert VAULT.decrypt(purpose, VAULT.encrypt(purpose, plain)) == plain


def test_sealing_twice_gives_different_bytes() -> None:
    assert VAULT.encrypt("axis", b"x") != VAULT.encrypt("axis", b"x")


def test_the_plain_text_is_not_in_the_sealed_bytes() -> None:
    assert b"bi mat" not in VAULT.encrypt("axis", b"bi mat")


def test_another_purpose_does_not_open_it() -> None:
    with pytest.raises(DataError, match="sealed-damaged"):
        VAULT.decrypt("webhook", VAULT.encrypt("axis", b"x"))


def test_any_changed_byte_is_noticed() -> None:
    sealed = VAULT.encrypt("axis", b"secret")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(DataError):
            VAULT.decrypt("axis", changed)


def test_any_cut_is_noticed() -> None:
    sealed = VAULT.encrypt("axis", b"secret")
    for length in range(len(sealed)):
        with pytest.raises(DataError, match="sealed-damaged"):
            VAULT.decrypt("axis", sealed[:length])
    with pytest.raises(DataError, match="sealed-damaged"):
        VAULT.decrypt("axis", sealed + b"x")


def test_another_master_key_is_named_as_the_cause() -> None:
    other = MasterVault(bytes(32))
    with pytest.raises(DataError, match="sealed-by-another-key") as told:
        other.decrypt("axis", VAULT.encrypt("axis", b"x"))
    assert VAULT.key_id in told.value.vi
    assert other.key_id in told.value.vi


def test_digests_depend_on_key_purpose_and_data() -> None:
    digests = {
        VAULT.mac("a", b"x"),
        VAULT.mac("b", b"x"),
        VAULT.mac("a", b"y"),
        MasterVault(bytes(32)).mac("a", b"x"),
    }
    assert len(digests) == 4
    assert VAULT.mac("a", b"x") == MasterVault(KEY).mac("a", b"x")
    assert {len(each) for each in digests} == {32}


def test_the_key_shows_nowhere() -> None:
    shown = f"{VAULT!r} {VAULT} {VAULT.key_id}"
    for form in (KEY.hex(), base64.b64encode(KEY).decode(), repr(KEY)):
        assert form not in shown
    assert not KEY.startswith(bytes.fromhex(VAULT.key_id))


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_vault_does_not_leave_its_process(leave) -> None:
    with pytest.raises(TypeError):
        leave(VAULT)


def test_a_created_file_is_private_and_opens(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_key_file(path, SeededRandomness(1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_vault({}, path).key_id == open_vault({}, path).key_id


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_key_file(path, SeededRandomness(1))
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="master-key-exists"):
        create_key_file(path, SeededRandomness(2))
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="master-key-unwritable"):
        create_key_file(tmp_path / "none" / "master.key", SeededRandomness(1))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_others_can_reach_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    create_key_file(path, SeededRandomness(1))
    path.chmod(mode)
    with pytest.raises(SettingsError, match="master-key-exposed") as told:
        open_vault({}, path)
    assert f"chmod 600 {path}" in told.value.vi


def test_the_environment_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_key_file(path, SeededRandomness(1))
    environment = {ENVIRONMENT_NAME: base64.b64encode(KEY).decode() + "\n"}
    assert open_vault(environment, path).key_id == VAULT.key_id


@pytest.mark.parametrize(
    "text",
    ["x", "AAAA", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode()],
    ids=["no base64", "short", "31 bytes", "33 bytes"],
)
def test_a_malformed_key_is_not_repeated_in_the_message(text: str) -> None:
    with pytest.raises(SettingsError, match="master-key-wrong") as told:
        open_vault({ENVIRONMENT_NAME: text}, None)
    assert f" {text} " not in f" {told.value.vi} {told.value.en} "
    assert ENVIRONMENT_NAME in told.value.vi
    assert told.value.__cause__ is None


def test_no_key_at_all_says_where_to_put_one(tmp_path: Path) -> None:
    for path in (None, tmp_path / "absent"):
        with pytest.raises(SettingsError, match="master-key-missing") as told:
            open_vault({ENVIRONMENT_NAME: " "}, path)
        assert ENVIRONMENT_NAME in told.value.vi


def test_a_folder_in_place_of_the_file_is_said_plainly(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(SettingsError, match="master-key-wrong"):
        open_vault({}, tmp_path)


def test_a_pipe_in_place_of_the_file_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    with pytest.raises(SettingsError, match="master-key-wrong"):
        open_vault({}, path)
