"""What travels between the stages: frames at both ends, arrays and one label series between.

All frames carry a ``RangeIndex`` and, where they have geometry, one projected CRS in metres.
Stages take them, never change them, and return new ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gridgeo.model.equality import same_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import folium
    import geopandas as gpd
    import networkx as nx
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from gridgeo.config import Settings
    from gridgeo.review import Approval
    from gridgeo.wording import Text

#: Street and barrier classes of a border, from the strongest division to none at all.
BORDER_CLASSES = (
    "water",
    "rail",
    "motorway",
    "arterial",
    "collector",
    "local",
    "wall",
    "lane",
    "none",
)
#: Classes that divide their two sides unless a street crosses them.
CROSSED_BY_STREETS_ONLY = ("water", "rail", "motorway")

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
#: Verdicts of a grid, and those of a community.
GRID_VERDICTS = ("in_band", "under", "over", "small", "dedicated", "open")
COMMUNITY_VERDICTS = ("in_band", "small", "impossible", "not_found")
#: Verdicts of a grid that misses the band.
MISSED_VERDICTS = ("under", "over")

#: What a plan offers of the rooms above the model, by name: `gridgeo` itself fills this in, so that
#: the value imports none of its writers.
CONVENIENCES: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True, slots=True)
class Note:
    """A message of a run: columns as understood, the CRS chosen; `warning`: to be looked at."""

    topic: str
    message: Text
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be used, and why.

    `row` is that of the spreadsheet for a table; the rows of a layer count from 1.
    """

    layer: str
    file: str
    row: int
    field: str
    value: str
    reason: Text
    households: int = 0


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What was read, in one projected metre CRS, in an order that file order cannot change.

    Every frame is there, empty where nothing was given. Text is never missing (``""``).

    ============ =======================================================================
    communities  code, name, geometry (polygonal); code is ``""`` where there is none
    streets      street_class, name, cuts, geometry (LineString); `cuts` is False for
                 tunnels, and False rows still cross barriers (underpass)
    barriers     street_class (water, rail, wall), name, geometry (lines or polygons)
    households   households (int64), residents (float64, NaN unknown), group, name, geometry
                 (Point)
    compounds    name, geometry (polygonal)
    buildings    name, floors (float64, NaN unknown), geometry (polygonal)
    parcels      name, geometry (polygonal)
    facilities   kind (of `CATEGORIES`), name, area_m2, floor_area_m2, people, wanted (``yes`` or
                 ``no``: somebody decided on a dedicated grid; else ``""``), geometry (Point or
                 polygonal); measures are float64, NaN where not given
    atoms        households, residents, community (its code or name, ``""``), name, geometry;
                 None where the atoms are to be cut from streets
    allowed_gaps name, geometry (polygonal): ground that may belong to no grid (rivers, lakes);
                 None where not given
    together     name, geometry (polygons, or lines from atom to atom): what stays in one grid
    apart        name, geometry (lines): the atoms at the two ends do not share a grid
    locked       name, geometry (polygonal): grids that stay as drawn; None each where not given
    links        name, geometry (LineString, or Point where it lies by no barrier): bridges, gates,
                 roads that join what barriers and gaps part; None where not given
    ============ =======================================================================
    """

    crs: CRS
    communities: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    atoms: gpd.GeoDataFrame | None = None
    allowed_gaps: gpd.GeoDataFrame | None = None
    together: gpd.GeoDataFrame | None = None
    apart: gpd.GeoDataFrame | None = None
    locked: gpd.GeoDataFrame | None = None
    links: gpd.GeoDataFrame | None = None
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Note, ...] = ()
    #: columns that keep houses together and were recognised, not named
    guessed: tuple[Text, ...] = ()
    #: households in all usable and unusable rows, before any was rejected
    households_in: int = 0


@dataclass(frozen=True, kw_only=True)
class Atoms:
    """The pieces that grids are made of, and the borders between them.

    ``frame`` (indexed 0..n-1): community (position in the communities frame), households
    (int64), residents (float64, NaN where unknown everywhere), kind (``block``, ``cell``,
    ``given``), facility (position in the facilities frame, -1 for none), name, geometry. The
    geometries are a valid, noded coverage.

    ``borders``: left, right (positions in `frame`; right is -1 on the outer rim, else
    left < right), border_m, street_class, street_name, passable (False where a barrier is not
    crossed by any street), follows (one of `gridgeo.wording.FOLLOWED`, ``""`` on the rim off the
    streets) and follows_name (off the streets; of gaps and open ground, of the nearest building
    or compound; ``""`` for none), beside_street_m (metres through open ground although a street
    lies beside it), geometry (lines directed so that `left` lies on their left), link (True for
    two atoms that a link joins: 0 m, with the name and the line of the link).

    ``household_atom``: for each row of ``Layers.households`` its atom, -1 outside every community.
    """

    frame: gpd.GeoDataFrame
    borders: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    household_atom: NDArray[Any]
    considered: gpd.GeoDataFrame
    notes: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What planners ask of single atoms, by their positions.

    ``together``: groups of atoms (int64) that stay in one grid. ``apart``: pairs (int64[m, 2])
    that do not share one. ``locked``: for each atom the number of the grid that keeps exactly
    its atoms, -1 for free ones; None where there is no such grid. ``names``: of the locked
    grids, ``""`` for none; may be shorter. ``findings``: what could not be placed.
    """

    together: tuple[NDArray[Any], ...] = ()
    apart: NDArray[Any] | None = None
    locked: NDArray[Any] | None = None
    names: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Partition:
    """The labels and what is known about them.

    ``labels``: for each atom the number of its grid, 0..g-1, numbered without holes.
    ``grids``: kind, community (position), facility, locked (its number in `Constraints`, -1),
    verdict, reasons (codes), reason_en, reason_zh; index = label.
    ``communities``: verdict, reasons (codes, joined by ``;``), reason_en, reason_zh, grids (basic
    ones), proof (``arithmetic``, ``atom``, ``disconnected``, ``exhausted`` or ``""``), certificate
    (``optimal``, ``gap``, ``pairwise`` or ``""``), gap (a share of the cost, NaN where no bound is
    known); and what the search took and reached: starts, moves, first_missed and first_cost (after
    the first start), missed, cost (metres), interrupted (pieces where it was cancelled); index =
    position.
    """

    labels: NDArray[Any]
    grids: pd.DataFrame
    communities: pd.DataFrame
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found, with its place and amount.

    `amount` is in `unit` (``m2``, ``m``, ``households``, ``grids`` ...); `where` is in the
    CRS of the plan. `about` is the rule that was not checked (rule ``not_checked``). `id` is given
    by `identify`; `status` is ``open`` or ``accepted``, with `note` (why, by
    whom, when). `advice` is what to do where that is not what the rule suggests.
    """

    rule: str
    severity: Severity
    message: Text
    grids: tuple[str, ...] = ()
    where: BaseGeometry | None = None
    amount: float | None = None
    unit: str = ""
    about: str = ""
    id: str = ""
    status: str = "open"
    note: str = ""
    advice: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """A file of grids with all defects repaired that have one right answer.

    Parameters
    ----------
    layer
        The name of the layer of the grids in their file.
    grids
        Every row and column of the file, in the CRS of the file.
    repairs
        number, what (``ring``, ``gap``, ``overlap``, ``outside``, ``part``, ``vertices``), done
        (False: left, with the reason), grid, others, amount, unit, before_m2, after_m2 (of the
        grid), reason_en, reason_zh, geometry: one row for every change and every defect left.
    accounts
        item, before, after: the figures that show that nothing was lost.
    before, after
        What the checks on shape find in the grids as they were, and as they are.
    """

    settings: Settings
    layer: str
    grids: gpd.GeoDataFrame
    repairs: gpd.GeoDataFrame
    accounts: pd.DataFrame
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Note, ...] = ()
    run: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """One partition of one area, with what it was made from and what is known about it.

    Every frame is a layer of the saved ``plan.gpkg``; geometry is in one projected metre CRS;
    text is in ``settings.lang``.

    ============ =======================================================================
    communities  code, name, households, residents, grids (basic ones), verdict, reason,
                 proof, certificate, gap, soundness, soundness_reason, geometry (the effective
                 community: the union of its atoms)
    grids        code, scheme, name, kind (basic, dedicated, open), community (code),
                 community_name, households, residents, area_m2, bounded_by, contains,
                 verdict, reason, facility, soundness (sound, adjust, must_adjust),
                 soundness_reason, geometry; sorted by code
    atoms        grid (code), community (code), households, residents, kind, name, geometry;
                 in an adjusted plan old_grid, too (code, ``""`` for none): the grid before
    borders      left, right, border_m, street_class, street_name, passable, link, geometry
    households   grid (code, ``""`` where listed), households, residents, group, name, reason,
                 geometry
    considered   every facility: kind, name, area_m2, dedicated, grid, reason, geometry
    streets      street_class, name, cuts, geometry
    barriers     street_class, name, geometry
    crosswalk    old_code, new_code (``""``: in no grid), households, area_m2, from the partition
                 that this one was made from (the one before `gridgeo adjust`, though edits were
                 applied since); None where it was made from none
    ============ =======================================================================

    Two plans are equal where all of this is, cell by cell, whatever ``run`` says: seconds and
    memory differ from run to run. Plans can be pickled and copied.
    """

    settings: Settings
    communities: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    atoms: gpd.GeoDataFrame
    borders: gpd.GeoDataFrame
    households: gpd.GeoDataFrame
    considered: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[Note, ...]
    summary: dict[str, Any]
    run: dict[str, Any] = field(default_factory=dict)
    crosswalk: pd.DataFrame | None = None
    #: None while the plan is a draft
    approval: Approval | None = None

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the plan into `folder`; see `gridgeo.report.save_plan`."""
        path: Path = CONVENIENCES["save"](self, folder, overwrite=overwrite)
        return path

    def explore(self) -> folium.Map:
        """Return the plan as a folium map, to look at in a notebook."""
        page: folium.Map = CONVENIENCES["explore"](self)
        return page

    def findings_frame(self) -> gpd.GeoDataFrame:
        """Return the findings as a frame, a row for each; see `gridgeo.report.finding_frame`."""
        frame: gpd.GeoDataFrame = CONVENIENCES["findings_frame"](self)
        return frame

    def __eq__(self, other: object) -> bool:
        """Tell whether the content of two plans is the same."""
        return isinstance(other, Plan) and same_content(self, other, apart_from=("run",))

    __hash__ = None  # type: ignore[assignment]  # frames do not hash

    def __repr__(self) -> str:
        """Return how large the plan is; see its frames for the rest."""
        return (
            f"<Plan: {len(self.grids):,} grids in {len(self.communities):,} communities, "
            f"{int(self.grids['households'].sum()):,} households, {len(self.findings):,} findings>"
        )

    def _repr_html_(self) -> str:
        """Return figures, scorecard and a small map, as notebooks show a value."""
        card: str = CONVENIENCES["card"](self)
        return card

    def graph(self) -> nx.Graph[int]:
        """Return the atoms and their borders as a networkx graph; see `graph_of`.

        For instance, which atoms keep their grid connected:

        >>> import networkx as nx
        >>> def joints(plan, grid):
        ...     graph = plan.graph()
        ...     inside = [v for v, g in graph.nodes(data="grid") if g == grid]
        ...     return sorted(nx.articulation_points(graph.subgraph(inside)))
        """
        graph: nx.Graph[int] = CONVENIENCES["graph"](self)
        return graph
