"""Programs of the system that single tests need, and the Debian packages that bring them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# Program -> Debian package; `.ci/run` installs these packages, tests/test_docs.py compares.
PACKAGES = {
    "pdfsig": "poppler-utils",
}


def require_tool(name: str) -> Path:
    """Return where the program ``name`` is, or skip the calling test with the reason.

    With ``EDOC_REQUIRE_TOOLS=1`` in the environment, as CI sets it, an absent program is a
    failure: what is skipped on a laptop must not stay skipped everywhere.
    """
    if name not in PACKAGES:
        pytest.fail(f"program {name!r} is not listed in tests/support/tools.py", pytrace=False)
    found = shutil.which(name)
    if found:
        return Path(found)
    reason = f"program {name} is absent; Debian package {PACKAGES[name]} brings it"
    if os.environ.get("EDOC_REQUIRE_TOOLS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
