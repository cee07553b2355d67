"""The ground of a synthetic city: a lattice of cells, bent and jittered, and repeatable chance.

Everything is laid out on a plane (u, v) where the corners of the cells are whole numbers;
`Ground.bend` takes it to metres. Chance is a hash of a place and a question: a city does not
depend on the order, or the parts, in which it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

CRS = "EPSG:4547"
ORIGIN = np.array([500_000.0, 3_380_000.0])
#: Metres of the side of a cell: the ground of one block.
CELL_M = 130.0
#: The corners of the cells lie up to this share of a cell beside the lattice.
JITTER = 0.10
#: The whole city is bent by waves: how far (m), how long (cells), how turned.
WAVES = ((70.0, 61.0, 0.3), (45.0, 37.0, 1.7), (25.0, 23.0, 2.6))

Plane = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """The bent plane of one city."""

    seed: int

    def chance(self, question: str, *place: Any) -> Plane:
        """Return a number in [0, 1) for each place (arrays of whole numbers, broadcast)."""
        asked = int.from_bytes(question.encode()[:8].ljust(8), "little") ^ (self.seed << 20)
        mixed = _mix(np.array(asked % 2**64, dtype=np.uint64))
        for numbers in place:
            mixed = _mix(mixed ^ np.asarray(numbers, dtype=np.int64).astype(np.uint64))
        told: Plane = (mixed >> np.uint64(11)) / float(2**53)
        return told

    def bend(self, plane: Plane) -> Plane:
        """Return (n, 2) coordinates in metres, to the centimetre, of (n, 2) positions."""
        metres = CELL_M * (plane + JITTER * self._jitter(plane))
        for far, long, turn in WAVES:
            along = plane @ np.array([np.cos(turn), np.sin(turn)])
            wave = far * np.sin(2 * np.pi * along / long)
            metres += wave[:, None] * np.array([-np.sin(turn), np.cos(turn)])
        return np.round(ORIGIN + metres, 2)

    def bend_all(self, shapes: NDArray[Any]) -> NDArray[Any]:
        """Return the shapes (drawn on the plane, with enough vertices) in metres."""
        return np.asarray(shapely.transform(shapes, self.bend))

    def _jitter(self, plane: Plane) -> Plane:
        """Return what the four corners around each position are moved by, blended."""
        low = np.floor(plane).astype(np.int64)
        share = plane - low
        moved = np.zeros_like(plane)
        for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
            near = np.abs(1 - i - share[:, 0]) * np.abs(1 - j - share[:, 1])
            for axis, question in enumerate(("east", "north")):
                corner = self.chance(question, low[:, 0] + i, low[:, 1] + j)
                moved[:, axis] += near * (2 * corner - 1)
        return moved


def _mix(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the number scrambled, by splitmix64."""
    with np.errstate(over="ignore"):
        number = number + np.uint64(0x9E3779B97F4A7C15)
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))
