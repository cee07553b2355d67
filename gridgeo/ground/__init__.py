"""What lines follow on the ground, measured from the layers that are given and nothing else."""

from __future__ import annotations

from gridgeo.ground.follows import (
    BESIDE_M,
    NEAR_M,
    STEP_M,
    Follows,
    Lines,
    beside_streets,
    classes_of,
    follows_of,
    kind_of_class,
    shapes_of,
)
from gridgeo.ground.near import (
    Segments,
    length_near,
    segments_of,
)

__all__ = [
    "BESIDE_M",
    "NEAR_M",
    "STEP_M",
    "Follows",
    "Lines",
    "Segments",
    "beside_streets",
    "classes_of",
    "follows_of",
    "kind_of_class",
    "length_near",
    "segments_of",
    "shapes_of",
]
