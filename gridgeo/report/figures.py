"""The drawings of the report, as inline SVG: a map of all grids and a histogram with the band."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from markupsafe import Markup, escape
from numpy.typing import NDArray

from gridgeo.maps.style import COMMUNITY_LINE, GRID_LINE, VERDICT_COLOURS
from gridgeo.model import Plan
from gridgeo.text import Text

_MAP_WIDTH, _MAP_HEIGHT = 720.0, 520.0
_CHART_WIDTH, _CHART_HEIGHT, _BASE, _LEFT = 720.0, 230.0, 190.0, 46.0


def overview(plan: Plan) -> Markup:
    """Return a map of all grids by verdict with the outlines of the communities."""
    if plan.grids.empty:
        return Markup("")
    west, south, east, north = plan.grids.total_bounds
    scale = min(_MAP_WIDTH / max(east - west, 1), _MAP_HEIGHT / max(north - south, 1))
    drawn = on_paper(plan.grids.geometry.to_numpy(), west, north, scale)
    rims = on_paper(plan.communities.geometry.to_numpy(), west, north, scale)
    width, height = (east - west) * scale + 4, (north - south) * scale + 4
    return Markup(
        '<svg class="map" role="img" aria-label="{label}" viewBox="-2 -2 {w} {h}" '
        'stroke-linejoin="round">{grids}<path d="{rims}" fill="none" stroke="{line}" '
        'stroke-width="{rim_width}"/></svg>'
    ).format(
        label=Text("Map of the grids by verdict", "网格结论图").say(plan.settings.lang),
        w=f"{width:.0f}",
        h=f"{height:.0f}",
        grids=Markup("").join(_patches(drawn, plan.grids["verdict"].to_numpy())),
        rims=path_of(rims),
        line=COMMUNITY_LINE,
        rim_width="1.2" if len(rims) < 100 else "0.5",
    )


def on_paper(shapes: NDArray[Any], west: float, north: float, scale: float) -> NDArray[Any]:
    """Return polygons in units of the drawing, north up, simplified as a coverage."""
    origin, turn = np.array([west, north]), np.array([scale, -scale])
    simple = shapely.coverage_simplify(shapes, 0.4 / scale)
    drawn: NDArray[Any] = shapely.transform(simple, lambda xy: np.round((xy - origin) * turn, 1))
    return drawn


def _patches(shapes: NDArray[Any], verdicts: NDArray[Any]) -> list[Markup]:
    patch = Markup('<path d="{d}" fill="{fill}" stroke="{line}" stroke-width="0.4"/>')
    return [
        patch.format(
            d=path_of(shapes[verdicts == verdict]),
            fill=colour,
            line=GRID_LINE,
        )
        for verdict, colour in VERDICT_COLOURS.items()
        if (verdicts == verdict).any()
    ]


def path_of(shapes: NDArray[Any]) -> str:
    """Return polygons as the data of an SVG path."""
    told = []
    for ring in shapely.get_rings(shapely.get_parts(shapes)):
        points = [f"{x:g} {y:g}" for x, y in shapely.get_coordinates(ring)[:-1]]
        told.append("M" + "L".join(points) + "Z")
    return "".join(told)


def histogram(plan: Plan) -> Markup:
    """Return the histogram of households per basic grid, with the band behind it."""
    counts = plan.grids["households"].to_numpy()[plan.grids["kind"].to_numpy() == "basic"]
    if not len(counts):
        return Markup("")
    band, lang = plan.settings.band, plan.settings.lang
    step = _nice((band.upper - band.lower) / 8)
    top = max(int(np.percentile(counts, 99.5)), band.upper + 2 * step)
    edges = np.arange(0, (top // step + 2) * step, step)
    bars, _ = np.histogram(np.minimum(counts, edges[-1] - 1), edges)
    x = (_CHART_WIDTH - _LEFT - 10) / edges[-1]
    y = (_BASE - 24) / max(bars.max(), 1)
    parts = [_band(band.lower, band.upper, x, Text("band", "标准").say(lang))]
    parts += [
        Markup(
            '<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="#5b7f95">'
            "<title>{t}</title></rect>"
        ).format(
            x=f"{_LEFT + left * x:.1f}",
            y=f"{_BASE - n * y:.1f}",
            w=f"{max(step * x - 1, 0.5):.1f}",
            h=f"{n * y:.1f}",
            t=f"{left}-{left + step - 1}: {n}",
        )
        for left, n in zip(edges[:-1].tolist(), bars.tolist(), strict=True)
        if n
    ]
    parts += _axes(int(edges[-1]), int(bars.max()), x, y)
    parts.append(
        _text(
            _CHART_WIDTH / 2,
            _CHART_HEIGHT - 4,
            Text(
                "households per basic grid; the last bar holds all above",
                "每个基础网格的户数（最右一栏含更大者）",
            ).say(lang),
        )
    )
    return Markup(
        '<svg class="chart" role="img" aria-label="{t}" viewBox="0 0 {w:.0f} {h:.0f}">{parts}</svg>'
    ).format(
        t=Text("Households per grid", "每网格户数分布").say(lang),
        w=_CHART_WIDTH,
        h=_CHART_HEIGHT,
        parts=Markup("").join(parts),
    )


def _band(lower: int, upper: int, x: float, told: str) -> Markup:
    left, width = _LEFT + lower * x, (upper - lower) * x
    shade = Markup('<rect x="{:.1f}" y="18" width="{:.1f}" height="{:.1f}" fill="#d8efe5"/>')
    return shade.format(left, width, _BASE - 18) + _text(
        left + width / 2, 13, f"{told} {lower}-{upper}"
    )


def _axes(last: int, highest: int, x: float, y: float) -> list[Markup]:
    line = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="#8a949a"/>')
    parts = [line.format(_LEFT, _BASE, _CHART_WIDTH - 8, _BASE)]
    parts += [
        _text(_LEFT + n * x, _BASE + 15, f"{n:,}") for n in range(0, last + 1, _nice(last / 8))
    ]
    for n in range(0, highest + 1, _nice(highest / 4)):
        parts.append(_text(_LEFT - 8, _BASE - n * y + 4, f"{n:,}", anchor="end"))
        parts.append(line.format(_LEFT - 4, _BASE - n * y, _LEFT, _BASE - n * y))
    return parts


def _text(x: float, y: float, told: str, *, anchor: str = "middle") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, escape(told)
    )


def _nice(step: float) -> int:
    """Return 1, 2 or 5 times a power of ten, at least `step` and 1.

    Examples
    --------
    >>> _nice(25.0), _nice(0.4), _nice(130)
    (50, 1, 200)
    """
    if step <= 1:
        return 1
    power = 10 ** int(np.floor(np.log10(step)))
    return int(next(n * power for n in (1, 2, 5, 10) if n * power >= step))
