"""The distributions of the report, drawn by matplotlib as SVG without any words of their own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from gridgeo.model import Plan
from gridgeo.report.schema import layer_frame
from gridgeo.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

_SIZE = (4.6, 2.3)
_BAR, _BAND, _LINE = "#5b7f95", "#d8efe5", "#8a949a"


def distributions(plan: Plan) -> list[tuple[Text, Markup]]:
    """Return the charts of the basic grids of `plan`, each with what it shows.

    Households against the band, compactness, and the share of inner borders that follow a
    street; what is not known is left out. Only numbers stand in the drawings, so no font is
    needed; the same plan gives the same bytes.
    """
    return list(_charts(plan))


def _charts(plan: Plan) -> Iterator[tuple[Text, Markup]]:
    basic = plan.grids[plan.grids["kind"] == "basic"]
    if basic.empty:
        return
    band = plan.settings.band
    yield (
        Text(
            f"Households per basic grid; shaded: the band {band.lower}-{band.upper}",
            f"每个基础网格的户数；底色为标准范围 {band.lower}-{band.upper} 户",
        ),
        _chart(basic["households"].to_numpy(dtype=float), "h", within=(band.lower, band.upper)),
    )
    yield (
        Text(
            "Compactness of basic grids: 4π · area / perimeter²; a square has 0.79",
            "基础网格紧凑度：4π × 面积 ÷ 周长²，正方形为 0.79",
        ),
        _chart(compactness(basic.geometry.to_numpy()), "c", span=(0.0, 1.0)),
    )
    shares = street_shares(plan)
    if len(shares):
        yield (
            Text(
                "Borders that follow a street or barrier: share of the metres that a basic grid "
                "shares with basic grids of its community",
                "沿街定界率：基础网格与同社区基础网格的共同边界中，沿道路或自然界线的长度占比",
            ),
            _chart(shares, "s", span=(0.0, 1.0)),
        )


def compactness(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return 4π · area / perimeter² of each shape: 1 for a disc.

    Examples
    --------
    >>> compactness(np.array([shapely.box(0, 0, 3, 3)])).round(2).tolist()
    [0.79]
    """
    found: NDArray[np.float64] = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    return found


def street_shares(plan: Plan) -> NDArray[np.float64]:
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
    _, own = np.unique(ends.astype(str), return_inverse=True)
    total = np.bincount(own, np.tile(metres, 2))
    return np.bincount(own, np.tile(on_street, 2))[total > 0] / total[total > 0]


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
    told = drawn.getvalue()
    return Markup(told[told.index("<svg") :].replace("<svg ", '<svg class="chart" ', 1))  # noqa: S704  (numbers only)


def _plain_axes(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_LINE)
    axes.tick_params(colors="#22313a", labelsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
