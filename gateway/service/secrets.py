"""The vault: seals what must not be read from the disk, and makes keyed digests.

One master key of 256 bits stands behind everything; it comes from the environment or from a file
that only its owner can read, and never leaves this module. Every purpose has keys of its own,
derived with HKDF: a sealed axis secret cannot be passed off as a sealed webhook secret, and a
digest made for one purpose says nothing about another (T72, docs/decisions/0035).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import DataError, SettingsError
from gateway.ports import Randomness

ENVIRONMENT_NAME = "EDOC_MASTER_KEY"
KEY_BYTES = 32

_MAGIC = b"EV1"  # layout 1: magic, key id (8), nonce (12), AES-256-GCM text with its tag (16)
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = len(_MAGIC) + _KEY_ID_BYTES + _NONCE_BYTES
_FILE_LIMIT_BYTES = 4096  # a key takes 45 bytes; more is not a key file


class MasterVault:
    """Seals and digests under one master key. Implements :class:`gateway.ports.Vault`.

    Nonces come from the operating system and never from a given stream: a repeated nonce would
    open the sealed bytes, and a demonstration's stream repeats by design.

    Args:
        master_key: 32 bytes.

    Raises:
        SettingsError: ``master-key-wrong`` for any other length.

    """

    __slots__ = ("_key_id", "_master")

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise _wrong_key("nội dung", "its content")
        self._master = bytes(master_key)
        self._key_id = _derive(self._master, b"key-id")[:_KEY_ID_BYTES]

    @property
    def key_id(self) -> str:
        """Return which master key this is, 16 hex digits; tells nothing about the key."""
        return self._key_id.hex()

    def encrypt(self, purpose: str, plain: bytes) -> bytes:
        """Return ``plain`` sealed for ``purpose``; sealing twice gives different bytes."""
        head = _MAGIC + self._key_id + secrets.token_bytes(_NONCE_BYTES)
        return head + self._cipher(purpose).encrypt(head[-_NONCE_BYTES:], plain, head)

    def decrypt(self, purpose: str, sealed: bytes) -> bytes:
        """Return the plain bytes.

        Raises:
            DataError: ``sealed-damaged`` (altered, cut, or made for another purpose) or
                ``sealed-by-another-key``.

        """
        head, text = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        if len(text) < _TAG_BYTES or not head.startswith(_MAGIC):
            raise _damaged()
        made_by = head[len(_MAGIC) : -_NONCE_BYTES]
        if made_by != self._key_id:
            raise DataError(
                "sealed-by-another-key",
                vi=f"Dữ liệu được mã hóa bằng khóa chính khác ({made_by.hex()}), khóa đang dùng "
                f"là {self.key_id}; hãy dùng lại đúng khóa chính.",
                en=f"sealed under master key {made_by.hex()}, but {self.key_id} is in use; "
                "bring the right master key back",
            )
        try:
            return self._cipher(purpose).decrypt(head[-_NONCE_BYTES:], text, head)
        except InvalidTag as error:
            raise _damaged() from error

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return HMAC-SHA256 of ``data`` under the key of ``purpose``, 32 bytes."""
        key = _derive(self._master, b"mac/" + purpose.encode())
        return hmac.new(key, data, hashlib.sha256).digest()

    def _cipher(self, purpose: str) -> AESGCM:
        return AESGCM(_derive(self._master, b"seal/" + purpose.encode()))

    def __repr__(self) -> str:
        return f"<MasterVault {self.key_id}>"

    def __reduce__(self) -> NoReturn:
        """Refuse: key material is not written anywhere, not even by a copy to a worker."""
        raise TypeError("a vault does not leave its process")


def open_vault(environment: Mapping[str, str], key_file: Path | None) -> MasterVault:
    """Return the vault of this installation.

    Args:
        environment: Where ``EDOC_MASTER_KEY`` is looked for first: base64 of 32 bytes.
        key_file: Looked at when the environment says nothing; mode 0600.

    Raises:
        SettingsError: ``master-key-missing``, ``master-key-wrong``, or ``master-key-exposed``
            when others than the owner may read the file.

    """
    text = environment.get(ENVIRONMENT_NAME, "")
    if text.strip():
        return MasterVault(
            _decoded(text, f"biến môi trường {ENVIRONMENT_NAME}", f"variable {ENVIRONMENT_NAME}")
        )
    if key_file is None:
        raise _missing("chưa đặt tệp khóa", "no key file is set")
    return MasterVault(_decoded(_file_text(key_file), f"tệp {key_file}", f"file {key_file}"))


def create_key_file(path: Path, randomness: Randomness) -> None:
    """Write a fresh master key to ``path``, readable by its owner only, durable on return.

    Raises:
        SettingsError: ``master-key-exists`` (a key is never overwritten: what it sealed would be
            lost), or ``master-key-unwritable``.

    """
    text = base64.b64encode(randomness.token(KEY_BYTES)) + b"\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise SettingsError(
            "master-key-exists",
            vi=f"Tệp khóa chính {path} đã có; không ghi đè vì dữ liệu đã mã hóa sẽ mất.",
            en=f"master key file {path} exists; not overwritten, what it sealed would be lost",
        ) from error
    except OSError as error:
        raise SettingsError(
            "master-key-unwritable",
            vi=f"Không ghi được tệp khóa chính {path}: {error.strerror}.",
            en=f"cannot write master key file {path}: {error.strerror}",
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _file_text(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe must not hang the start
    except OSError as error:
        raise _missing(
            f"không đọc được tệp {path}: {error.strerror}",
            f"cannot read {path}: {error.strerror}",
        ) from error
    try:
        _check_private(os.fstat(descriptor).st_mode, path)
        return os.read(descriptor, _FILE_LIMIT_BYTES).decode("ascii", errors="replace")
    finally:
        os.close(descriptor)


def _check_private(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        raise _wrong_key(f"tệp {path} (không phải tệp thường)", f"{path} (not a plain file)")
    permissions = stat.S_IMODE(mode)
    if permissions & 0o077:
        raise SettingsError(
            "master-key-exposed",
            vi=f"Tệp khóa chính {path} có quyền {permissions:04o}, người khác đọc được; "
            f"hãy chạy: chmod 600 {path}",
            en=f"master key file {path} has mode {permissions:04o}, others can read it; "
            f"run: chmod 600 {path}",
        )


def _decoded(text: str, where_vi: str, where_en: str) -> bytes:
    with contextlib.suppress(binascii.Error, ValueError):
        key = base64.b64decode(text.strip(), validate=True)
        if len(key) == KEY_BYTES:
            return key
    raise _wrong_key(where_vi, where_en)


def _derive(master: bytes, label: bytes) -> bytes:
    info = b"edoc-gateway/" + label
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged() -> DataError:
    return DataError(
        "sealed-damaged",
        vi="Dữ liệu mã hóa bị sửa, bị cắt hoặc dùng sai mục đích; hãy nhập lại bí mật này.",
        en="sealed bytes are altered, cut or meant for another purpose; store the secret again",
    )


def _missing(why_vi: str, why_en: str) -> SettingsError:
    return SettingsError(
        "master-key-missing",
        vi=f"Không có khóa chính ({why_vi}); hãy đặt {ENVIRONMENT_NAME} hoặc chạy: "
        "edoc-gateway init",
        en=f"no master key ({why_en}); set {ENVIRONMENT_NAME} or run: edoc-gateway init",
    )


def _wrong_key(where_vi: str, where_en: str) -> SettingsError:
    return SettingsError(
        "master-key-wrong",
        vi=f"Khóa chính không đúng dạng ({where_vi}): cần base64 của đúng {KEY_BYTES} byte.",
        en=f"master key malformed ({where_en}): expected base64 of exactly {KEY_BYTES} bytes",
    )
