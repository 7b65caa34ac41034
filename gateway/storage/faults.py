"""What can go wrong with database and disk, said once, as :class:`StorageError`.

Every fault of the store and of the payload tree gets its code and its two sentences here.
None of them names a path, an address or a value of a row.
"""

from __future__ import annotations

import errno
import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.errors import Retry, StorageError

# code: (can another try help, Vietnamese, English)
SENTENCES: dict[str, tuple[Retry, str, str]] = {
    "disk-full": (
        Retry.TEMPORARY,
        "Đĩa lưu trữ đã đầy nên chưa ghi được; hãy giải phóng dung lượng, hệ thống sẽ tự làm tiếp.",
        "the disk is full, nothing was written; free some space and work goes on by itself",
    ),
    "disk-fault": (
        Retry.TEMPORARY,
        "Đĩa lưu trữ không đọc hoặc không ghi được; hãy kiểm tra ổ đĩa và quyền truy cập.",
        "the disk cannot be read or written; check the disk and the access rights",
    ),
    "database-locked": (
        Retry.TEMPORARY,
        "Cơ sở dữ liệu đang bị chương trình khác khóa quá lâu; hệ thống sẽ thử lại.",
        "the database stayed locked by another program for too long; it will be tried again",
    ),
    "database-gone": (
        Retry.UNKNOWN,
        "Không kết nối được cơ sở dữ liệu; hãy kiểm tra máy chủ dữ liệu, hệ thống sẽ thử lại.",
        "the database cannot be reached; check the database service, it will be tried again",
    ),
    "database-damaged": (
        Retry.PERMANENT,
        "Tệp cơ sở dữ liệu bị hỏng; hãy dừng dịch vụ và khôi phục từ bản sao lưu.",
        "the database file is damaged; stop the service and restore it from the backup",
    ),
    "store-closed": (
        Retry.TEMPORARY,
        "Kho dữ liệu đang đóng vì dịch vụ đang dừng; việc này sẽ làm tiếp khi dịch vụ chạy lại.",
        "the store is closed because the service is stopping; this goes on at the next start",
    ),
    "payload-missing": (
        Retry.PERMANENT,
        "Không tìm thấy nội dung tệp trong kho lưu trữ; hãy khôi phục kho tệp từ bản sao lưu.",
        "the bytes of a file are not in the payload store; restore the store from the backup",
    ),
    "payload-damaged": (
        Retry.PERMANENT,
        "Nội dung tệp trong kho lưu trữ đã bị thay đổi hoặc hỏng; hãy khôi phục từ bản sao lưu.",
        "the bytes of a file in the payload store have changed; restore them from the backup",
    ),
}

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

# Primary result codes; the extended ones carry them in the low byte (sqlite3.h).
SQLITE_CODES = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_IOERR: "disk-fault",
    sqlite3.SQLITE_READONLY: "disk-fault",
    sqlite3.SQLITE_PERM: "disk-fault",
    sqlite3.SQLITE_BUSY: "database-locked",
    sqlite3.SQLITE_LOCKED: "database-locked",
    sqlite3.SQLITE_CANTOPEN: "database-gone",
    sqlite3.SQLITE_CORRUPT: "database-damaged",
    sqlite3.SQLITE_NOTADB: "database-damaged",
}

# SQLSTATE classes and states of PostgreSQL (its manual, appendix "Error Codes").
DISK_FULL_STATE = "53100"
LOCK_STATES = {"55P03", "57014"}  # lock or statement timeout: rolled back
AGAIN_STATES = {"40001", "40P01"}  # serialization failure, deadlock: the whole try again
BUSY_CLASSES = {"53"}  # out of connections or memory
DAMAGED_CLASSES = {"XX"}


def storage_error(code: str) -> StorageError:
    """Return the error of that code, ready to be raised."""
    retry, vi, en = SENTENCES[code]
    return StorageError(code, vi=vi, en=en, retry=retry)


def of_os_error(error: OSError) -> StorageError:
    """Return what an error of the file system means."""
    return storage_error("disk-full" if error.errno in FULL else "disk-fault")


def of_database_error(error: BaseException | None) -> StorageError | None:
    """Return what an error of the database means; None when our own statement was at fault."""
    if isinstance(error, PoolTimeoutError):
        return storage_error("database-locked")
    if not isinstance(error, DBAPIError):
        return None
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        named = None if code is None else SQLITE_CODES.get(code & 0xFF)
        return None if named is None else storage_error(named)
    if isinstance(cause, psycopg.Error):
        named = _of_state(cause.sqlstate, isinstance(error, OperationalError | InterfaceError))
        return None if named is None else storage_error(named)
    return None


def raise_as_storage_error(error: BaseException) -> None:
    """Raise what ``error`` means when the database or the disk is at fault, else return."""
    known = of_database_error(error)
    if known is not None:
        raise known from error


def may_try_again(error: BaseException) -> bool:
    """Tell whether PostgreSQL rolled the transaction back only to let others pass."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return isinstance(cause, psycopg.Error) and cause.sqlstate in AGAIN_STATES


def _of_state(state: str | None, operational: bool) -> str | None:  # noqa: FBT001 - private, one caller
    if state == DISK_FULL_STATE:
        return "disk-full"
    if state in LOCK_STATES or state in AGAIN_STATES or (state and state[:2] in BUSY_CLASSES):
        return "database-locked"
    if state and state[:2] in DAMAGED_CLASSES:
        return "database-damaged"
    return "database-gone" if operational else None
