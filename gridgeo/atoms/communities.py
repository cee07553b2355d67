"""Communities that overlap or leave gaps: repaired, with an account of who got what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.errors import InputError
from gridgeo.geometry import households_in
from gridgeo.model import Finding
from gridgeo.wording import Text, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import AtomRules

#: A change of area below this is rounding, not a repair worth telling.
_REPORTED_M2 = 0.01


def repair_communities(
    communities: gpd.GeoDataFrame, rules: AtomRules, households: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return communities that share their borders vertex by vertex, and what was changed.

    A valid coverage is returned as it is: cleaning one makes fragments. Otherwise gaps up to
    ``repair_gap_m`` are closed and overlaps given to the community with the longest border.
    Each overlap of two communities is a finding that says what each got, with the households on
    it where `households` are given; so is the ground of gaps that a community got. No community
    vanishes: one that would is an error.

    Raises
    ------
    InputError
        A community lies wholly inside others.
    """
    outlines = communities.geometry.to_numpy()
    if shapely.coverage_is_valid(outlines, gap_width=rules.repair_gap_m):
        return communities, ()
    cleaned = _cleaned(outlines, rules)
    _none_vanished(communities, cleaned)
    account = _Account(communities=communities, cleaned=cleaned, households=households)
    findings = (*account.overlaps(), *account.gaps())
    return communities.set_geometry(gpd.GeoSeries(cleaned, crs=communities.crs)), findings


def closed_gaps(communities: gpd.GeoDataFrame, rules: AtomRules) -> gpd.GeoDataFrame | None:
    """Return the ground between communities that `repair_communities` gives to one of them.

    None where it gives nothing. Whoever draws grids may give it to either side.
    """
    outlines = communities.geometry.to_numpy()
    if shapely.coverage_is_valid(outlines, gap_width=rules.repair_gap_m):
        return None
    everyones = shapely.union_all(outlines)
    ground = shapely.difference(_cleaned(outlines, rules), everyones)
    ground = ground[shapely.area(ground) > 0]
    return gpd.GeoDataFrame(geometry=ground, crs=communities.crs) if len(ground) else None


def _cleaned(outlines: NDArray[Any], rules: AtomRules) -> NDArray[Any]:
    cleaned: NDArray[Any] = shapely.coverage_clean(  # type: ignore[attr-defined]  # stubs are of 2.1
        outlines, gap_width=rules.repair_gap_m, snapping_distance=rules.repair_snap_m
    )
    return cleaned


def _none_vanished(communities: gpd.GeoDataFrame, cleaned: np.ndarray) -> None:
    lost = np.flatnonzero(shapely.is_empty(cleaned) | (shapely.area(cleaned) == 0))
    if len(lost):
        names = ", ".join(_title(communities.iloc[i]) for i in lost)
        raise InputError(
            Text(
                f"these communities lie wholly inside others: {names}",
                f"以下社区完全落在其他社区之内：{names}",
            ),
            layer="communities",
            rule="communities do not overlap",
            remedy=Text("Cut them out of the community around them", "请先把它们从外围社区中扣除"),
        )


@dataclass(frozen=True, kw_only=True)
class _Account:
    """Communities as they were, their outlines after the repair, and the households if known."""

    communities: gpd.GeoDataFrame
    cleaned: NDArray[Any]
    households: gpd.GeoDataFrame | None

    def overlaps(self) -> list[Finding]:
        """Return a finding for each two communities that overlapped."""
        outlines = self.communities.geometry.to_numpy()
        a, b = shapely.STRtree(outlines).query(outlines, predicate="intersects")
        a, b = a[a < b], b[a < b]
        order = np.lexsort((b, a))
        a, b = a[order], b[order]
        shared = shapely.intersection(outlines[a], outlines[b])
        real = shapely.area(shared) > _REPORTED_M2
        a, b, shared = a[real], b[real], shared[real]
        got = zip(self._got(a, shared), self._got(b, shared), strict=True)
        return [
            Finding(
                rule="communities_repaired",
                severity="warning",
                where=ground,
                amount=float(ground.area),
                unit="m2",
                message=Text(
                    f"{self._title(i)} and {self._title(j)} overlapped by {ground.area:,.2f} m2: ",
                    f"{self._title(i)}与{self._title(j)}重叠 {ground.area:,.2f} 平方米：",
                )
                + join(both, en=", ", zh="，"),
            )
            for i, j, ground, both in zip(a.tolist(), b.tolist(), shared, got, strict=True)
        ]

    def gaps(self) -> list[Finding]:
        """Return a finding for each community that got ground which was nobody's."""
        outlines = self.communities.geometry.to_numpy()
        gained = shapely.difference(self.cleaned, outlines)
        some = np.flatnonzero(shapely.area(gained) > _REPORTED_M2)
        at, other = shapely.STRtree(outlines).query(gained[some], predicate="intersects")
        order = np.argsort(at, kind="stable")
        met = np.split(outlines[other[order]], np.searchsorted(at[order], np.arange(1, len(some))))
        theirs = [shapely.union_all(others) for others in met]
        ground = shapely.difference(gained[some], np.array(theirs, dtype=object))
        real = shapely.area(ground) > _REPORTED_M2
        some, ground = some[real], ground[real]
        return [
            Finding(
                rule="communities_repaired",
                severity="warning",
                where=part,
                amount=float(part.area),
                unit="m2",
                message=Text(
                    f"a gap beside {self._title(i)} was closed: ",
                    f"{self._title(i)}旁的缝隙已闭合：",
                )
                + got,
            )
            for i, part, got in zip(some.tolist(), ground, self._got(some, ground), strict=True)
        ]

    def _title(self, i: int) -> str:
        return _title(self.communities.iloc[i])

    def _got(self, owners: NDArray[np.int64], ground: NDArray[Any]) -> list[Text]:
        """Return what each owner has now of a piece of ground, in words."""
        mine = shapely.intersection(self.cleaned[owners], ground)
        texts = [
            Text(f"{title} got {area:,.2f} m2", f"{title}得 {area:,.2f} 平方米")
            for title, area in zip(
                map(self._title, owners.tolist()), shapely.area(mine), strict=True
            )
        ]
        if self.households is None:
            return texts
        counts = households_in(self.households, mine)
        return [
            text + Text(f" with {count:,} households", f"、{count:,} 户")
            for text, count in zip(texts, counts, strict=True)
        ]


def _title(community: Any) -> str:
    return str(community["name"] or community["code"] or "?")
