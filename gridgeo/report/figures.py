"""The pictures of the report as SVG: distributions, and maps of all grids and each community."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from gridgeo.geometry import compactness, simplify_coverage
from gridgeo.maps import COMMUNITY_LINE, GRID_LINE, VERDICT_COLOURS, visible
from gridgeo.model import Plan, deciding_counts, layer_frame
from gridgeo.wording import Lang, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (4.6, 2.3)
_BAR, _BAND, _LINE = "#5b7f95", "#d8efe5", "#8a949a"


def distributions(plan: Plan) -> list[tuple[Text, Markup]]:
    """Return the charts of the basic grids of `plan`, each with what it shows.

    Households or residents against the band, compactness, and the share of inner borders that
    follow a street; what is not known is left out. Only numbers stand in the drawings, so no font
    is needed; the same plan gives the same bytes.
    """
    return list(_charts(plan))


def _charts(plan: Plan) -> Iterator[tuple[Text, Markup]]:
    basic = plan.grids[plan.grids["kind"] == "basic"]
    if basic.empty:
        return
    yield _counts_chart(plan, basic)
    yield (
        Text(
            "Compactness of basic grids: 4π · area / perimeter²; a square has 0.79",
            "基础网格紧凑度：4π × 面积 ÷ 周长²，正方形为 0.79",
        ),
        _chart(compactness(basic.geometry.to_numpy()), "c", span=(0.0, 1.0)),
    )
    shares = _street_shares(plan)
    if len(shares):
        yield (
            Text(
                "Borders that follow a street or barrier: share of the metres that a basic grid "
                "shares with basic grids of its community",
                "沿街定界率：基础网格与同社区基础网格的共同边界中，沿道路或自然界线的长度占比",
            ),
            _chart(shares, "s", span=(0.0, 1.0)),
        )


def _counts_chart(plan: Plan, basic: gpd.GeoDataFrame) -> tuple[Text, Markup]:
    """Return the chart of the counts that decide in this plan, against the band."""
    residents = basic["residents"].to_numpy(dtype=float)
    known = residents[~np.isnan(residents)]
    total = float(known.sum()) if known.size == residents.size else math.nan
    decides = deciding_counts(plan.settings.band, float(basic["households"].sum()), total)[0]
    lower, upper = decides.lower, decides.upper
    by_households = decides.measure == "households"
    noun, unit = (
        (Text("Households", "户数"), "户") if by_households else (Text("Residents", "人口"), "人")
    )
    return (
        Text(
            f"{noun.en} per basic grid; shaded: the band {lower}-{upper}",
            f"每个基础网格的{noun.zh}；底色为标准范围 {lower}-{upper} {unit}",
        ),
        _chart(basic[decides.measure].to_numpy(dtype=float), "h", within=(lower, upper)),
    )


def _street_shares(plan: Plan) -> NDArray[np.float64]:
    """Return for each basic grid that borders another of its community the share on streets.

    Metres of borders whose class is any but ``none``, over all metres between the two.
    """
    borders = layer_frame("borders", plan.borders)
    inner = borders[borders["right"] >= 0]
    if inner.empty:
        return np.zeros(0)
    kind = dict(zip(plan.grids["code"], plan.grids["kind"], strict=True))
    grid = plan.atoms["grid"].to_numpy(dtype=object)
    community = plan.atoms["community"].to_numpy(dtype=object)
    left, right = inner["left"].to_numpy(), inner["right"].to_numpy()
    basic = np.array([kind.get(code) == "basic" for code in grid], dtype=bool)
    shared = (
        (grid[left] != grid[right])
        & (community[left] == community[right])
        & basic[left]
        & basic[right]
    )
    metres = inner["border_m"].to_numpy()[shared]
    on_street = metres * (inner["street_class"].to_numpy()[shared] != "none")
    ends = np.concatenate([grid[left][shared], grid[right][shared]])
    _, position = np.unique(ends.astype(str), return_inverse=True)
    total = np.bincount(position, np.tile(metres, 2))
    return np.bincount(position, np.tile(on_street, 2))[total > 0] / total[total > 0]


def _chart(
    values: NDArray[np.float64],
    name: str,
    *,
    within: tuple[float, float] | None = None,
    span: tuple[float, float] | None = None,
) -> Markup:
    import matplotlib as mpl  # noqa: PLC0415  (only when it is needed)
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=_SIZE, layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    top = max(float(np.percentile(values, 99.5)), 1.2 * within[1] if within else 0)
    low, high = span or (0.0, top)
    if within:
        axes.axvspan(*within, color=_BAND, zorder=0)
    axes.hist(np.clip(values, low, high), bins=24, range=(low, high), color=_BAR, rwidth=0.92)
    axes.axvline(float(np.median(values)), color="#b5483a", linewidth=1.2, linestyle=(0, (4, 3)))
    _plain_axes(axes)
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "svg.id": None}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    svg = drawn.getvalue()
    return Markup(svg[svg.index("<svg") :].replace("<svg ", '<svg class="chart" ', 1))  # noqa: S704  (numbers only)


def _plain_axes(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_LINE)
    axes.tick_params(colors="#22313a", labelsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


_MAP_WIDTH, _MAP_HEIGHT = 720.0, 520.0
#: a map of one community
_COMMUNITY_WIDTH, _COMMUNITY_HEIGHT = 340.0, 260.0


def overview(plan: Plan) -> Markup:
    """Return a map of all grids by verdict with the outlines of the communities."""
    if plan.grids.empty:
        return Markup("")
    west, south, east, north = plan.grids.total_bounds
    scale = min(_MAP_WIDTH / max(east - west, 1), _MAP_HEIGHT / max(north - south, 1))
    drawn = to_drawing(plan.grids.geometry.to_numpy(), west, north, scale)
    rims = to_drawing(plan.communities.geometry.to_numpy(), west, north, scale)
    width, height = (east - west) * scale + 4, (north - south) * scale + 4
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{label}" '
        'viewBox="-2 -2 {w} {h}" stroke-linejoin="round">{grids}<path d="{rims}" fill="none" '
        'stroke="{line}" stroke-width="{rim_width}"/></svg>'
    ).format(
        label=Text("Map of the grids by verdict", "网格结论图").say(plan.settings.lang),
        w=f"{width:.0f}",
        h=f"{height:.0f}",
        grids=Markup("").join(_patches(drawn, plan.grids["verdict"].to_numpy())),
        rims=path_of(rims),
        line=COMMUNITY_LINE,
        rim_width="1.2" if len(rims) < 100 else "0.5",
    )


def to_drawing(
    shapes: NDArray[Any], west: float, north: float, scale: float, blur: float = 0.4
) -> NDArray[Any]:
    """Return polygons in units of the drawing, north up, simplified as a coverage by `blur`."""
    origin, turn = np.array([west, north]), np.array([scale, -scale])
    simple = simplify_coverage(shapes, blur / scale)
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
    commands = []
    for ring in shapely.get_rings(shapely.get_parts(shapes)):
        points = [f"{x:g} {y:g}" for x, y in shapely.get_coordinates(ring)[:-1]]
        commands.append("M" + "L".join(points) + "Z")
    return "".join(commands)


def community_map(mine: gpd.GeoDataFrame, code: str, lang: Lang) -> Markup:
    """Return the map of the grids of one community: by verdict, with number and households."""
    if mine.empty:
        return Markup("")
    west, south, east, north = mine.total_bounds
    scale = min(_COMMUNITY_WIDTH / max(east - west, 1), _COMMUNITY_HEIGHT / max(north - south, 1))
    drawn = to_drawing(mine.geometry.to_numpy(), west, north, scale)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="own" role="img" aria-label="{label}" '
        'viewBox="-3 -3 {w} {h}" stroke-linejoin="round">{grids}{words}</svg>'
    ).format(
        label=Text("Map of the community", "社区网格图").say(lang),
        w=f"{(east - west) * scale + 6:.0f}",
        h=f"{(north - south) * scale + 6:.0f}",
        grids=Markup("").join(_patches(drawn, mine["verdict"].to_numpy())),
        words=Markup("").join(_numbers(drawn, mine, code)),
    )


def _numbers(shapes: NDArray[Any], grids: gpd.GeoDataFrame, community: str) -> Iterator[Markup]:
    """Yield the end of the code of each grid and its households, where the grid has room."""
    word = Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{}" fill="{}" text-anchor="middle" '
        'stroke="#ffffff" stroke-width="2" paint-order="stroke">{}</text>'
    )
    sizes = shapely.bounds(shapes)
    wide = (sizes[:, 2] - sizes[:, 0] > 24) & (sizes[:, 3] - sizes[:, 1] > 16)
    shown, points = grids[wide], shapely.point_on_surface(shapes[wide])
    rows = zip(shapely.get_coordinates(points), shown["code"], shown["households"], strict=True)
    for (x, y), code, households in rows:
        yield word.format(x, y, 9, "#14212a", visible(code.removeprefix(community)))
        yield word.format(x, y + 9, 8, "#44525a", f"{households:,}")
