"""Peak memory of this process, measured so that a parent's peak does not hide it.

``ru_maxrss`` starts at what the parent had, so a child of a large process never seems to grow.
Linux tells the peak of the process itself, and can be told to start counting anew.
"""

from __future__ import annotations

import re
import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def peak_kib() -> int:
    """Return the peak of resident memory, in KiB, since the start or the last reset."""
    if _STATUS.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
        if found is not None:
            return int(found[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reset_peak() -> None:
    """Start counting anew from what is resident now, where the system can do that."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return
