"""A bounded part of ``python -m scripts.fuzz``: damaged files are read, or refused, never lost."""

import random
import sys

import pytest

from scripts.fuzz import oracles, towns
from scripts.fuzz.runs import fuzz


@pytest.mark.skipif(sys.platform == "win32", reason="processes with limits are forked")
@pytest.mark.parametrize("kind", towns.FORMATS)
def test_no_damage_ends_in_a_traceback_or_a_silent_difference(tmp_path, kind):
    tally = fuzz(kind, 5, 20, tmp_path)
    assert tally.faults == []
    assert sum(tally.ends.values()) == 5


@pytest.mark.parametrize("kind", towns.FORMATS)
def test_the_other_route_reads_what_was_written(tmp_path, kind):
    frame = towns.households(random.Random(4))
    path = towns.write(frame, kind, tmp_path, random.Random(5))
    assert oracles.total(path, kind) == frame["HH"].sum()
