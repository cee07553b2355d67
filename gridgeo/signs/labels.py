"""Names along streets on a small map: where they fit, and never one over another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import rotate

#: where along a street its name is tried
_TRIES = (0.5, 0.35, 0.65, 0.2, 0.8)
#: a name needs so much of the street, and the street be so straight there
_SPARE, _STRAIGHT = 1.15, 0.97
_WIDE = 0x2E80


@dataclass(frozen=True, slots=True)
class Label:
    """Text with the place of its middle, its turn in degrees clockwise, and its height."""

    text: str
    x: float
    y: float
    turn: float
    size: float
    upright: bool


class Board:
    """The paper: what is written on it keeps its ground."""

    def __init__(self, width: float, height: float) -> None:
        self._frame = shapely.box(0.8, 0.8, width - 0.8, height - 0.8)
        self._taken: list[shapely.Polygon] = []
        self.written: set[str] = set()

    def write(self, label: Label) -> bool:
        """Return whether there was room for `label`; then it is taken."""
        length, size = length_of(label.text, label.size), label.size * 1.1
        box = shapely.box(
            label.x - length / 2, label.y - size / 2, label.x + length / 2, label.y + size / 2
        )
        ground = rotate(box, label.turn, origin=(label.x, label.y))
        if not self._frame.contains(ground) or shapely.intersects(ground, self._taken).any():
            return False
        self._taken.append(ground)
        self.written.add(label.text)
        return True


def length_of(text: str, size: float) -> float:
    """Return about how long `text` is; wide characters are square."""
    return sum(size if ord(letter) >= _WIDE else 0.58 * size for letter in text)


def street_labels(
    names: NDArray[Any], lines: NDArray[Any], board: Board, size: float
) -> Iterator[Label]:
    """Yield a label for every name that finds room on `board`, the longest street first.

    Parameters
    ----------
    names, lines
        Name and line of each street on paper, y downwards; ``""`` is passed over.
    board
        What is written already; it takes the labels.
    size
        The height of the letters.
    """
    drawn = (names != "") & ~shapely.is_empty(lines)
    runs = {name: _longest(lines[names == name]) for name in sorted(set(names[drawn]))}
    for name in sorted(runs, key=lambda name: (-runs[name].length, name)):
        for label in _tries(name, runs[name], size):
            if board.write(label):
                yield label
                break


def _longest(lines: NDArray[Any]) -> shapely.LineString:
    merged = shapely.line_merge(shapely.union_all(lines))
    parts = shapely.get_parts(merged)
    found: shapely.LineString = parts[np.argmax(shapely.length(parts))]
    return found


def _tries(name: str, run: shapely.LineString, size: float) -> Iterator[Label]:
    length = length_of(name, size)
    need = length * _SPARE
    for share in _TRIES:
        start = share * run.length - need / 2
        if start < 0 or start + need > run.length:
            continue
        first, last = run.interpolate(start), run.interpolate(start + need)
        x, y = last.x - first.x, last.y - first.y
        if np.hypot(x, y) < _STRAIGHT * need:
            continue
        turn = float(np.degrees(np.arctan2(y, x)))
        turn = turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn
        upright = abs(turn) > 50 and all(ord(letter) >= _WIDE for letter in name)
        middle = run.interpolate(share * run.length)
        yield Label(name, middle.x, middle.y, turn, size, upright)
