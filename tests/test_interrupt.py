"""Ctrl-C while communities are solved: what waits is dropped, what runs is told to stop."""

import time

import pytest
from builders_town import town

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.partition import Cancellation, partition_atoms, stage


def test_an_interruption_stops_what_runs_and_drops_what_waits(monkeypatch):
    atoms = town([[200] * 40], community=[[c // 4 for c in range(40)]])
    cancellation, begun = Cancellation(), []

    def solve(members, problem, band, **_):
        begun.append(members)
        if len(begun) == 1:
            raise KeyboardInterrupt
        while not cancellation.cancelled:
            time.sleep(0.001)
        raise RuntimeError("stopped")

    monkeypatch.setattr(stage, "_solve_from_scratch", solve)
    with pytest.raises(KeyboardInterrupt):
        partition_atoms(
            atoms,
            band=Band(profile="households"),
            weights=Weights(),
            search=Search(),
            open_ground=OpenGround(),
            jobs=2,
            cancellation=cancellation,
        )
    assert cancellation.cancelled
    assert len(begun) < 10
