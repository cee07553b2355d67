"""The small map of a sign as SVG: the grid among its neighbours, with street names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridgeo.maps import LINE_STYLES, visible
from gridgeo.model import Plan
from gridgeo.signs.labels import (
    HEIGHT,
    WIDTH,
    Label,
    LabelPlacement,
    Lookup,
    MapLayers,
    PageCanvas,
    paths,
    rings,
    street_labels,
)
from gridgeo.wording import Lang, Text

#: streets and barriers this near bound a grid or run through it
_ALONG_M = 25.0


def grid_content(plan: Plan, layers: MapLayers) -> Iterator[list[str]]:
    """Yield what the map of every grid of `plan` shows of the grid itself, in their order.

    The outline, streets and barriers in the grid or within `_ALONG_M` metres of it, and facilities
    in it, in page coordinates of `gridgeo.signs.drawing`. Neither the grids beside it nor
    how streets are cut into pieces make a difference.
    """
    for shape in plan.grids.geometry:
        canvas = PageCanvas(shape)
        near = shape.buffer(_ALONG_M, quad_segs=2)
        yield [
            rings(canvas.put(np.array([shapely.normalize(shape)]))),
            *_lines(layers.streets, canvas, near, ["street_class", "name"]),
            *_lines(layers.barriers, canvas, near, ["street_class"]),
            *_places(layers.places, canvas, shape),
        ]


def _lines(
    lookup: Lookup, canvas: PageCanvas, near: BaseGeometry, keys: list[str]
) -> Iterator[str]:
    """Yield each kind of line with what of it is `near`, joined where it was cut."""
    rows, _ = lookup.within(near.bounds)
    seen = shapely.intersection(rows.geometry.to_numpy(), near)
    kinds = np.array([" ".join(row) for row in rows[keys].itertuples(index=False)], dtype=object)
    for kind in sorted(set(kinds)):
        joined = canvas.put(_joined(seen[kinds == kind]))
        if drawn := rings(joined) + paths(joined):
            yield f"{kind} {drawn}"


def _joined(shapes: NDArray[Any]) -> NDArray[Any]:
    parts = shapely.get_parts(shapely.union_all(shapes))
    parts = parts[~shapely.is_empty(parts)]
    lines = shapely.get_dimensions(parts) == 1
    merged = shapely.line_merge(shapely.MultiLineString(parts[lines].tolist()))
    return np.asarray(shapely.normalize([merged, *parts[~lines]]), dtype=object)


def _places(lookup: Lookup, canvas: PageCanvas, shape: BaseGeometry) -> Iterator[str]:
    rows, _ = lookup.within(shape.bounds)
    points = shapely.point_on_surface(rows.geometry.to_numpy())
    inside = shapely.covers(shape, points)
    drawn = canvas.put(points[inside])
    marks = pd.Series(rows["name"].to_numpy(dtype=object)[inside]) + [
        f" {point.x:g} {point.y:g}" for point in drawn
    ]
    yield from sorted(marks)


_CASING, _GROUND, _OTHER, _OWN, _EDGE = "#a9a294", "#f3efe6", "#fbf9f4", "#ffe9a3", "#c4161c"
_WIDTHS = {"motorway": 2.2, "arterial": 1.9, "collector": 1.4, "local": 1.0, "lane": 0.6}
_STREET, _OTHER_GRID = 3.1, 2.8
#: grids this near are named
_BESIDE_M = 25.0


def sign_maps(
    plan: Plan, layers: MapLayers, positions: Iterable[int] | None = None
) -> Iterator[str]:
    """Yield the map of every grid of `plan`, or of those at `positions`, in their order.

    North is up; the scale bar is in metres. The same plan gives the same maps.
    """
    shapes = plan.grids.geometry.to_numpy()
    drawing = _Drawing(layers, plan.settings.lang)
    for position in range(len(shapes)) if positions is None else positions:
        yield drawing.draw(position, shapes[position])


class _Drawing:
    """The layers of a plan, and the language that they are named in."""

    def __init__(self, layers: MapLayers, lang: Lang) -> None:
        self._lang = lang
        self._layers = layers

    def draw(self, position: int, shape: shapely.Geometry) -> str:
        canvas = PageCanvas(shape)
        placement = LabelPlacement(WIDTH, HEIGHT)
        parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_GROUND}"/>']
        parts += self._ground(canvas, position)
        parts += self._lines(canvas)
        outline = canvas.put(np.array([shape]))
        parts.append(
            f'<path d="{rings(outline)}" fill="none" stroke="{_EDGE}" stroke-width="1" '
            'stroke-linejoin="round" fill-rule="evenodd"/>'
        )
        parts += _scale(canvas, placement, self._lang == "zh")
        parts += self._words(canvas, placement, position)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}">'
            + "".join(parts)
            + "</svg>"
        )

    def _ground(self, canvas: PageCanvas, position: int) -> Iterator[str]:
        grids, at = self._layers.grids.within(canvas.window)
        drawn = canvas.put(grids.geometry.to_numpy())
        for shape, place in zip(drawn, at.tolist(), strict=True):
            fill = _OWN if place == position else _OTHER
            yield (
                f'<path d="{rings(shape)}" fill="{fill}" stroke="#b9b1a0" stroke-width="0.35" '
                'fill-rule="evenodd"/>'
            )
        barriers, _ = self._layers.barriers.within(canvas.window)
        drawn = canvas.put(barriers.geometry.to_numpy())
        for shape, kind in zip(drawn, barriers["street_class"], strict=True):
            colour = LINE_STYLES.get(kind, LINE_STYLES["none"])[0]
            if shapely.area(shape):
                yield f'<path d="{rings(shape)}" fill="{colour}" fill-rule="evenodd"/>'
            elif not shapely.is_empty(shape):
                dash = ' stroke-dasharray="1.6 1"' if kind == "rail" else ""
                yield (
                    f'<path d="{paths(shape)}" fill="none" stroke="{colour}" '
                    f'stroke-width="0.7"{dash}/>'
                )

    def _lines(self, canvas: PageCanvas) -> Iterator[str]:
        streets, _ = self._layers.streets.within(canvas.window)
        drawn = canvas.put(streets.geometry.to_numpy())
        kinds = streets["street_class"].to_numpy()
        for colour, more in ((_CASING, 0.36), ("#ffffff", 0.0)):
            for kind, width in reversed(_WIDTHS.items()):
                if (kinds == kind).any():
                    yield (
                        f'<path d="{paths(drawn[kinds == kind])}" fill="none" stroke="{colour}" '
                        f'stroke-width="{width + more:g}" stroke-linecap="round" '
                        'stroke-linejoin="round"/>'
                    )

    def _words(self, canvas: PageCanvas, placement: LabelPlacement, position: int) -> Iterator[str]:
        streets, _ = self._layers.streets.within(canvas.window)
        drawn = canvas.put(streets.geometry.to_numpy())
        names = streets["name"].to_numpy(dtype=object)
        for label in street_labels(names, drawn, placement, _STREET):
            yield _word(label, "#4a3f2a")
        yield from self._grid_words(canvas, placement, position)
        places, _ = self._layers.places.within(canvas.window)
        places = places[~places["name"].isin(placement.written)]  # its grid has the name already
        drawn = shapely.point_on_surface(canvas.put(places.geometry.to_numpy()))
        for name, point in zip(places["name"], drawn, strict=True):
            if point.is_empty:
                continue
            label = Label(name, point.x, point.y + 2.4, 0.0, _OTHER_GRID, upright=False)
            if placement.write(label):
                yield f'<circle cx="{point.x:.2f}" cy="{point.y:.2f}" r="0.8" fill="#7b3294"/>'
                yield _word(label, "#7b3294")

    def _grid_words(
        self, canvas: PageCanvas, placement: LabelPlacement, position: int
    ) -> Iterator[str]:
        """Yield the names of the grid and of those beside it, shorter in its own community."""
        grids, at = self._layers.grids.within(canvas.window)
        here = int(np.flatnonzero(at == position)[0])
        grid = grids.iloc[here]
        near = shapely.dwithin(grids.geometry.to_numpy(), grid.geometry, _BESIDE_M)
        drawn = canvas.put(grids.geometry.to_numpy())
        points = shapely.point_on_surface(drawn)
        if shapely.area(drawn[here]):  # the middle of the largest disc: a name has most room there
            points[here] = shapely.get_point(shapely.maximum_inscribed_circle(drawn[here], 0.5), 0)
        rows = zip(at.tolist(), points, near, grids["name"], grids["community"], strict=True)
        for place, point, beside, name, community in sorted(
            rows, key=lambda row: (row[0] != position, row[0])
        ):
            mine = place == position
            if point.is_empty or not beside:
                continue
            alike = community == grid["community"] and not mine
            text = name.removeprefix(grid["community_name"]) or name if alike else name
            size = 4.4 if mine else _OTHER_GRID
            label = Label(text, point.x, point.y, 0.0, size, upright=False)
            if placement.write(label):
                yield _word(label, _EDGE if mine else "#7d7666")


def _word(label: Label, colour: str) -> str:
    """Return a label; Chinese names of streets that run north and south stand upright."""
    style = (
        f'font-size="{label.size:g}" fill="{colour}" text-anchor="middle" stroke="#ffffff" '
        'stroke-width="0.9" stroke-linejoin="round" paint-order="stroke"'
    )
    turn = label.turn
    if not label.upright:
        return (
            f'<text {style} transform="translate({label.x:.2f} {label.y:.2f}) '
            f'rotate({turn:.1f})" y="{label.size * 0.36:.2f}">{_escaped(label.text)}</text>'
        )
    down = turn if turn > 0 else turn + 180
    step = np.array([np.cos(np.radians(down)), np.sin(np.radians(down))]) * label.size
    start = np.array([label.x, label.y]) - step * (len(label.text) - 1) / 2
    return "".join(
        f'<text {style} transform="translate({x:.2f} {y:.2f}) rotate({down - 90:.1f})" '
        f'y="{label.size * 0.36:.2f}">{_escaped(letter)}</text>'
        for letter, (x, y) in zip(
            label.text, (start + step * n for n in range(len(label.text))), strict=True
        )
    )


def _escaped(text: str) -> str:
    return escape(visible(text))


def _scale(canvas: PageCanvas, placement: LabelPlacement, chinese: bool) -> Iterator[str]:  # noqa: FBT001
    """Yield the scale bar and the north arrow, and keep their ground."""
    metres = next(
        n for n in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**6)
        if n / canvas.metres >= 16
    )  # fmt: skip
    length = metres / canvas.metres
    x, y = WIDTH - 6 - length, HEIGHT - 5
    text = Text(f"{metres:,} m", f"{metres:,} 米").say("zh" if chinese else "en")
    label = Label(text, x + length / 2, y - 2.6, 0.0, 2.8, upright=False)
    placement.write(label)
    yield (
        f'<path d="M{x:.2f} {y - 1.2}v1.2h{length:.2f}v-1.2" fill="none" stroke="#222" '
        'stroke-width="0.5"/>'
    )
    yield _word(label, "#222222")
    north = Label(Text("N", "北").say("zh" if chinese else "en"), WIDTH - 8, 12.4, 0, 3, False)  # noqa: FBT003
    placement.write(north)
    yield f'<path d="M{WIDTH - 8} 3.2l2.2 6.6l-2.2 -1.5l-2.2 1.5z" fill="#222"/>'
    yield _word(north, "#222222")
