"""Who works on one SQLite file: a lock that the kernel drops with the process that held it.

Every working process holds the lock together with the others. Who gets it alone, before the
first job is claimed, knows that nobody else works here: every lease in the table belongs to
the dead, however they ended, and need not run out first.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

from gateway.storage.faults import of_os_error


class Presence:
    """The presence of this process at one database file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._entering = threading.Lock()

    @property
    def is_held(self) -> bool:
        """Tell whether this process is present."""
        return self._descriptor is not None

    def enter_alone(self) -> bool:
        """Enter when nobody is present, and keep others out until :meth:`open_to_others`.

        Does not wait. StorageError when the lock file cannot be made.
        """
        with self._entering:
            descriptor = self._opened()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._descriptor = descriptor
            return True

    def enter(self) -> None:
        """Enter beside others; waits while somebody is alone, so call it in a thread."""
        with self._entering:
            if self._descriptor is not None:
                return
            descriptor = self._opened()
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self._descriptor = descriptor

    def open_to_others(self) -> None:
        """Let others in."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Leave; safe twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise of_os_error(error) from error
