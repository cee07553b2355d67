"""One partition to be judged: the subject, the rules, and values that several checks need."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.config import Band, Codes, GridCode
from gridgeo.geometry import (
    assign_points,
    difference,
    intersection,
    largest_overlap,
    polygonal,
    subtract_others,
    union,
)
from gridgeo.ground import Follows, Lines, Segments, beside_streets, follows_of
from gridgeo.model import Bands, Finding, Severity
from gridgeo.validate.assignment import (
    PointAssignment,
    assign_to_grids,
    filled,
    matching,
    rows_by,
    stated_positions,
    sums,
    texts,
)
from gridgeo.validate.borders import InnerBorders, inner_borders
from gridgeo.validate.buildings import cut_buildings
from gridgeo.validate.subject import Subject
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, kw_only=True)
class Case:
    """A subject with the rules that it is judged by; derived values are computed once."""

    subject: Subject
    band: Band | Bands
    codes: Codes

    @property
    def bands(self) -> Bands:
        """The band of each community by position."""
        return self.band if isinstance(self.band, Bands) else Bands(usual=self.band)

    @cached_property
    def grid_codes(self) -> list[str]:
        """The code of each grid, ``""`` where there is none."""
        return texts(self.subject.grids["code"])

    @cached_property
    def handles(self) -> list[str]:
        """What each grid is called in findings: its code, else its name, else its row."""
        names = texts(self.subject.grids["name"])
        both = zip(self.grid_codes, names, strict=True)
        return [code or name or f"#{row}" for row, (code, name) in enumerate(both, start=1)]

    @cached_property
    def parsed(self) -> list[GridCode | None]:
        """What each grid code says in the scheme, None where it is malformed."""
        scheme = self.codes.code_scheme
        return [scheme.parse(code) for code in self.grid_codes]

    @cached_property
    def ground(self) -> NDArray[Any]:
        """The valid polygonal ground of each grid."""
        return polygonal(self.subject.grids.geometry.to_numpy())

    @cached_property
    def outlines(self) -> NDArray[Any]:
        """The valid polygonal ground of each community."""
        return polygonal(self.subject.communities.geometry.to_numpy())

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the grids' ground."""
        return shapely.STRtree(self.ground)

    @cached_property
    def outline_tree(self) -> shapely.STRtree:
        """Index of the communities' ground."""
        return shapely.STRtree(self.outlines)

    @cached_property
    def basic(self) -> NDArray[np.bool_]:
        """Which grids are basic ones; a kind that is not given counts as basic."""
        return ~np.isin(texts(self.subject.grids["kind"]), ("dedicated", "open"))

    @cached_property
    def dedicated(self) -> NDArray[np.bool_]:
        """Which grids are dedicated ones."""
        return np.isin(texts(self.subject.grids["kind"]), ("dedicated",))

    @cached_property
    def community_names(self) -> list[str]:
        """What each community is called in findings: its name, else its code, else its row."""
        frame = self.subject.communities
        both = zip(texts(frame["name"]), texts(frame["code"]), strict=True)
        return [name or code or f"#{row}" for row, (name, code) in enumerate(both, start=1)]

    @cached_property
    def stated(self) -> NDArray[np.intp]:
        """Position of the community that each grid states by code or name, -1 for none.

        Brackets and digits of full width are those of half width.
        """
        frame = self.subject.communities
        known: dict[str, int] = {}
        for column in ("code", "name"):
            values = pd.Series(list(map(_narrowed, texts(frame[column]))))
            for place in np.flatnonzero((values != "") & ~values.duplicated(keep=False)):
                known.setdefault(values[int(place)], int(place))
        stated = map(_narrowed, texts(self.subject.grids["community"]))
        return np.array([known.get(one, -1) for one in stated], np.intp)

    @cached_property
    def parents(self) -> NDArray[np.intp]:
        """Position of each grid's community: as stated, else of the largest overlap, else -1."""
        parents = self.stated.copy()
        rows = np.flatnonzero(parents < 0)
        parents[rows] = largest_overlap(self.ground[rows], self.outlines)
        return parents

    @cached_property
    def located(self) -> NDArray[np.intp]:
        """Position of the community that holds most of each grid, whatever it states."""
        located = self.parents.copy()
        mostly_out = shapely.area(self.excess) * 2 > shapely.area(self.ground)
        rows = np.flatnonzero(mostly_out)
        located[rows] = largest_overlap(self.ground[rows], self.outlines)
        return located

    @cached_property
    def matching(self) -> NDArray[np.bool_]:
        """Which grids meet their neighbours vertex by vertex."""
        return matching(self.ground)

    @cached_property
    def filled(self) -> NDArray[np.bool_]:
        """Which communities are exactly the ground of their grids, seen without an overlay."""
        return filled(self.ground, self.outlines, self.parents, self.matching)

    @cached_property
    def gaps(self) -> NDArray[Any]:
        """The ground of each community that belongs to no grid, whosever, and is no allowed gap."""
        rows = np.flatnonzero(~self.filled)
        members = rows_by(self.parents, len(self.outlines))
        covered = np.array([union(self.ground[members[row]]) for row in rows], dtype=object)
        left, place = shapely.get_parts(difference(self.outlines[rows], covered), return_index=True)
        place = rows[place]
        part, grid = self.near(left, 0.0)
        foreign = self.parents[grid] != place[part]
        left = subtract_others(left, part[foreign], self.ground[grid[foreign]])
        left = difference(left, self.allowed)
        pieces, part = shapely.get_parts(left, return_index=True)
        gaps = np.full(len(self.outlines), shapely.Polygon(), dtype=object)
        if len(pieces):
            shapely.multipolygons(pieces, indices=place[part], out=gaps)
        return gaps

    @cached_property
    def allowed(self) -> Any:
        """The ground that may belong to no grid."""
        gaps = self.subject.allowed_gaps
        return union([] if gaps is None else polygonal(gaps.geometry.to_numpy()))

    @cached_property
    def excess(self) -> NDArray[Any]:
        """The ground of each grid that lies outside its community."""
        excess = self.ground.copy()
        rows = np.flatnonzero(self.parents >= 0)
        inside = self.filled[self.parents[rows]]
        excess[rows[inside]] = shapely.Polygon()
        rows = rows[~inside]
        excess[rows] = difference(self.ground[rows], self.outlines[self.parents[rows]])
        if self.subject.closed_gaps is not None:
            between = union(polygonal(self.subject.closed_gaps.geometry.to_numpy()))
            excess[rows] = difference(excess[rows], between)
        return excess

    @cached_property
    def overlaps(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]]:
        """Pairs of grids (left < right) and the ground that both hold, where they hold any."""
        left, right = self.tree.query(self.ground, predicate="intersects")
        open_pair = (left < right) & ~(self.matching[left] & self.matching[right])
        left, right = left[open_pair], right[open_pair]
        shared = intersection(self.ground[left], self.ground[right])
        some = shapely.area(shared) > 0
        return left[some], right[some], shared[some]

    @cached_property
    def link_lines(self) -> NDArray[Any]:
        """The lines of the links."""
        links = self.subject.links
        lines = np.empty(0, dtype=object) if links is None else links.geometry.to_numpy()
        return np.asarray(lines[shapely.get_dimensions(lines) == 1], dtype=object)

    @cached_property
    def inner_borders(self) -> InnerBorders:
        """The borders between two basic grids of one community."""
        return inner_borders(self.ground, np.where(self.basic, self.parents, -1))

    @cached_property
    def follows(self) -> Follows:
        """What the inner borders follow."""
        return follows_of(self.inner_borders.line, Lines.of(self.subject))

    @cached_property
    def open_beside_streets(self) -> Segments:
        """The pieces of inner borders that follow nothing although a street lies beside them."""
        return beside_streets(self.follows.open, self.subject.streets)

    @cached_property
    def cut_buildings(self) -> pd.DataFrame:
        """The parts of buildings that stand in several grids; see `cut_buildings`."""
        buildings = self.subject.buildings
        none = np.zeros(0, dtype=object)
        shapes = none if buildings is None else polygonal(buildings.geometry.to_numpy())
        return cut_buildings(shapes, self.ground, self.parents)

    @cached_property
    def points(self) -> gpd.GeoDataFrame | None:
        """The household points, None where there are none."""
        points = self.subject.households
        return None if points is None or len(points) == 0 else points

    @cached_property
    def placing(self) -> PointAssignment | None:
        """Which grid each household point lies in and states."""
        if self.points is None:
            return None
        stated = texts(self.points["grid"]) if "grid" in self.points.columns else None
        geometry = self.points.geometry.to_numpy()
        return assign_to_grids(
            self.ground,
            geometry,
            codes=self.grid_codes,
            stated=stated,
            tolerance_m=self.subject.tolerance_m,
        )

    @cached_property
    def atom_grids(self) -> NDArray[np.intp]:
        """The grid that each atom states; where none states any, the one it lies in."""
        atoms = self.subject.atoms
        if atoms is None or not len(atoms):
            return np.zeros(0, dtype=np.intp)
        stated = texts(atoms["grid"])
        if any(stated):
            return self.positions(stated)
        inner = shapely.point_on_surface(atoms.geometry.to_numpy())
        return assign_points(inner, self.ground)

    def count(self, measure: str) -> NDArray[np.float64]:
        """Return `measure` of each grid as stated, else as counted from the points inside."""
        stated = self.subject.grids[measure].to_numpy(dtype=np.float64, na_value=np.nan)
        if self.points is None or self.placing is None or not np.isnan(stated).any():
            return stated
        counted = sums(self.points[measure], self.placing.inside, len(stated))
        return np.where(np.isnan(stated), counted, stated)

    def near(
        self, pieces: NDArray[Any], distance_m: float
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return pairs of pieces and the grids within a distance of them, in order.

        The grids are what is prepared: they may have very many vertices, and the pieces be many.
        """
        shapely.prepare(self.ground)
        reach = shapely.bounds(pieces) + np.array([-1, -1, 1, 1]) * distance_m
        piece, grid = self.tree.query(shapely.box(*reach.T))
        close = shapely.dwithin(self.ground[grid], pieces[piece], distance_m)
        piece, grid = piece[close], grid[close]
        order = np.lexsort((grid, piece))
        return piece[order], grid[order]

    def positions(self, codes: Sequence[str]) -> NDArray[np.intp]:
        """Return the position of the first grid with each of `codes`; see `stated_positions`."""
        return stated_positions(codes, self.grid_codes)

    def place(self, row: int | np.intp) -> BaseGeometry | None:
        """Return the ground of the grid at `row`, None where it has none."""
        ground: BaseGeometry = self.ground[row]
        return None if ground.is_empty else ground

    def named(self, rows: Sequence[int] | NDArray[Any]) -> tuple[str, ...]:
        """Return the handles of grids at `rows`, sorted."""
        return tuple(sorted(self.handles[int(row)] for row in rows))


def _narrowed(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def about(case: Case, rule: str, row: int | np.intp, text: Text, severity: Severity) -> Finding:
    """Return the finding that a rule makes about the grid at `row`; `text` follows its name."""
    handle = case.handles[row]
    return Finding(
        rule=rule,
        severity=severity,
        message=Text(f"grid {handle} ", f"网格 {handle} ") + text,
        grids=(handle,),
        where=case.place(row),
    )


def not_checked(rule: str, lacking: Text) -> Finding:
    """Return the finding that says that `rule` could not be checked without a layer."""
    return Finding(
        rule="not_checked",
        severity="info",
        message=Text(
            f"{rule} was not checked: there are no {lacking.en}",
            f"未检查 {rule}：缺少{lacking.zh}",
        ),
        about=rule,
    )


def unplaced(rule: str) -> Finding:
    """Return the finding that `rule` could not be checked on grids that lie elsewhere."""
    return Finding(
        rule="not_checked",
        severity="info",
        message=Text(
            f"{rule} was not checked: the grids lie elsewhere",
            f"未检查 {rule}：网格位置整体有误",
        ),
        about=rule,
    )
