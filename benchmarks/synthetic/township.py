"""A township (街道): a square of cells, divided into communities of 1,000 to 3,000 households."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic.ground import Ground

#: Cells along the side of a township, and households of a cell on the average.
SIDE, PER_CELL = 16, 135
#: A community aims at this many households.
AIM = 1900
#: Townships from one river, and from one railway, to the next.
EVERY = 6

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Township:
    """One township of a city: its place in the city, and what was decided there.

    ``community`` (side, side) is the number of the community of each cell, from 0; rows are u,
    columns are v. A river runs along the southern edge of some townships, a railway along the
    western edge of some.
    """

    ground: Ground
    number: int
    at: tuple[int, int]
    side: int

    @property
    def low(self) -> tuple[int, int]:
        """The south-western corner on the plane."""
        return self.at[0] * self.side, self.at[1] * self.side

    @cached_property
    def cells(self) -> tuple[Cells, Cells]:
        """The corners (u, v) of the cells, row by row."""
        u, v = np.mgrid[: self.side, : self.side]
        return u.ravel() + self.low[0], v.ravel() + self.low[1]

    @cached_property
    def density(self) -> float:
        """How densely people live here, about 1."""
        return 0.75 + 0.5 * float(self.ground.chance("density", *self.at))

    @cached_property
    def community(self) -> Cells:
        """Strips of cells, each cut into communities at heights of its own."""
        numbers = np.empty((self.side, self.side), dtype=np.int64)
        strips = self._cuts(self.side, 4.0, "strip", 0)
        count = 0
        for west, east in pairwise(strips):
            height = AIM / PER_CELL / self.density / (east - west)
            rows = self._cuts(self.side, height, "row", west)
            for south, north in pairwise(rows):
                numbers[west:east, south:north] = count
                count += 1
        return numbers

    @property
    def codes(self) -> list[str]:
        """The 12-digit codes of the communities: county, township, community."""
        county, township = divmod(self.number, 20)
        town = f"{420101 + county:06d}{township + 1:03d}"
        return [f"{town}{number + 1:03d}" for number in range(self.community.max() + 1)]

    def has_river(self, v: Cells) -> NDArray[np.bool_]:
        """Whether a river runs along the line `v` of the plane."""
        return np.asarray(v) % (EVERY * self.side) == 0

    def has_railway(self, u: Cells) -> NDArray[np.bool_]:
        """Whether a railway runs along the line `u` of the plane."""
        return np.asarray(u) % (EVERY * self.side) == 0

    def _cuts(self, length: int, step: float, question: str, where: int) -> list[int]:
        """Return cuts from 0 to `length`, about `step` apart and no two alike."""
        parts = max(1, round(length / step))
        even = np.linspace(0, length, parts + 1)
        moved = self.ground.chance(question, *self.at, where, np.arange(parts + 1)) - 0.5
        inner = np.round(even + moved * min(1.6, 0.4 * step))[1:-1].astype(int)
        return [0, *inner.tolist(), length]


def townships(ground: Ground, households: int) -> list[Township]:
    """Return the townships of a city of about so many households."""
    side = min(SIDE, max(3, round((households / PER_CELL) ** 0.5)))
    count = max(1, round(households / (PER_CELL * side**2)))
    across = max(1, round(count**0.5))
    return [Township(ground, n, (n % across, n // across), side) for n in range(count)]
