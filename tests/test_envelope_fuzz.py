"""A seeded slice of the fuzzing of envelopes (R11); the long run is ``make fuzz-envelope``."""

from __future__ import annotations

import pytest

from tests.fuzz_envelope import GROWTH_MIB, SECONDS, run

COUNT = 2_000


@pytest.mark.drill
def test_mutated_envelopes_never_crash_the_reader() -> None:
    outcome = run(COUNT)
    assert outcome.failures == []
    assert outcome.count == COUNT
    assert outcome.slowest < SECONDS
    assert outcome.growth_mib < GROWTH_MIB
    assert len(outcome.codes) > 20  # the mutations reach far into the reader
