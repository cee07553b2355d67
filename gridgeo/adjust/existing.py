"""An existing partition assigned to atoms, and the least change of it.

Each drawn grid becomes a set of atoms with its counts, its verdict and its defects; then the
solver looks for new labels that make the partition sound and move the fewest households.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.adjust.accepted import Exceptions, exclude_gaps, lock_exceptions, refuse_facilities
from gridgeo.adjust.choose import Groups, group_changes, thin_ground
from gridgeo.codes import Changes, community_codes, continue_codes
from gridgeo.errors import InputError
from gridgeo.geometry import connected_groups
from gridgeo.model import by_code, is_small
from gridgeo.partition import (
    Cancellation,
    Verdict,
    adjust_atoms,
    count_by,
    dissolve,
    inherit_grids,
    judge_grid,
)
from gridgeo.pipeline import RunContext, band_of, constraints_of, mapping_of
from gridgeo.wording import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridgeo.config import Settings
    from gridgeo.model import Atoms, Bands, Finding, Layers
    from gridgeo.partition import Adjusted, Inherited
    from gridgeo.pipeline import Clock

_REPAIR = Text(
    "Mend the grids with gridgeo repair, and see gridgeo verify",
    "请先用 gridgeo repair 修复，并查看 gridgeo verify 的核查结果",
)


@dataclass(frozen=True, kw_only=True)
class ExistingGrids:
    """Old grids assigned to atoms.

    ``grids``: code, name, kind (``""`` where the file has none), community (position: where most
    of its households are), communities (how many it lies in), parts (connected ones), households,
    residents, verdict, reason_en, reason_zh, crosses (bool: its outline crosses atoms), broken
    (bool: its rings are not valid), geometry (made valid), thin_m2 (of thin parts that other
    grids take).
    ``previous``: the old grid of each atom, -1 for none.
    ``anchor``: a point in each atom, inside the old grid as well.
    """

    grids: gpd.GeoDataFrame
    previous: NDArray[np.int64]
    anchor: NDArray[Any]
    findings: tuple[Finding, ...]


def _with_valid_rings(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids with valid rings, and which were `broken`.

    Raises
    ------
    InputError
        A grid has no geometry.
    """
    geometry = grids.geometry.to_numpy()
    bare = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    for row in np.flatnonzero(bare):
        raise _unusable_error(grids, int(row), Text("the grid has no geometry", "网格没有图形"))
    broken = ~shapely.is_valid(geometry)
    valid = geometry.copy()
    valid[broken] = shapely.make_valid(geometry[broken], method="structure")
    return grids.set_geometry(gpd.GeoSeries(valid, index=grids.index, crs=grids.crs)).assign(
        broken=broken
    )


def _keep_dedicated(atoms: Atoms, grids: gpd.GeoDataFrame, previous: NDArray[np.int64]) -> Atoms:
    """Return the atoms with those of grids that are dedicated already as their facility's.

    Where a facility of the layers stands on most of it, it is that one; else the grid itself is
    a facility of its name. The rest of a facility half of which lies in its dedicated
    grids belongs to none: that is enough for the check on facilities as well.

    Parameters
    ----------
    previous
        The grid of each atom, -1 for none.
    """
    facility = atoms.frame["facility"].to_numpy(np.int64).copy()
    area = shapely.area(atoms.frame.geometry.to_numpy())
    known, drawn = len(atoms.considered), grids.geometry.to_numpy()
    fresh: list[int] = []
    kept = np.zeros(len(facility), dtype=bool)
    for row in np.flatnonzero((grids["kind"] == "dedicated").to_numpy()).tolist():
        members = np.flatnonzero(previous == row)
        kept[members] = True
        area_by_facility = np.bincount(facility[members] + 1, area[members], known + 1)
        if area_by_facility.argmax() > 0:
            facility[members] = area_by_facility.argmax() - 1
        elif members.size:
            facility[members] = known + len(fresh)
            fresh.append(row)
    facility[_rest_of_kept_facilities(facility, area, kept)] = -1
    rows = gpd.GeoDataFrame(
        {
            "kind": "institution",
            "name": grids["name"].iloc[fresh].to_numpy(),
            "area_m2": shapely.area(drawn[fresh]),
            "dedicated": True,
            "reason_en": "a dedicated grid already",
            "reason_zh": "原已设为专属网格",
        },
        geometry=drawn[fresh],
        crs=grids.crs,
    )
    parts = [part for part in (atoms.considered, rows) if len(part)]
    considered = pd.concat(parts, ignore_index=True) if fresh else atoms.considered
    return replace(atoms, frame=atoms.frame.assign(facility=facility), considered=considered)


def _rest_of_kept_facilities(
    facility: NDArray[np.int64], area: NDArray[np.float64], kept: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the atoms elsewhere of facilities half of which are `kept` in dedicated grids."""
    total_m2 = np.bincount(facility + 1, area)
    kept_m2 = np.bincount(facility + 1, np.where(kept, area, 0.0))
    beside: NDArray[np.bool_] = ~kept & (2 * kept_m2 >= total_m2)[facility + 1] & (facility >= 0)
    return beside


def _existing_on_atoms(
    atoms: Atoms, grids: gpd.GeoDataFrame, assigned: Inherited, bands: Bands
) -> ExistingGrids:
    """Return the old grids on the atoms, as `assigned` to them.

    Raises
    ------
    InputError
        A grid contains no atom: it is smaller than they are, or lies under another one.
    """
    inside = assigned.previous >= 0
    grid = assigned.previous[inside]
    counts = np.bincount(grid, minlength=len(grids))
    for row in np.flatnonzero(counts == 0):
        reason = Text(
            "the grid holds no unit: it is too small, or another grid lies on it",
            "网格内没有任何单元：范围过小，或与其他网格重叠",
        )
        raise _unusable_error(grids, int(row), reason)
    frame = atoms.frame[inside]
    households, residents = count_by(
        grid,
        len(grids),
        frame["households"].to_numpy(np.int64),
        frame["residents"].to_numpy(np.float64),
    )
    community, communities = _main_communities(frame, grid, len(grids))
    verdicts = _verdicts(
        atoms,
        grids.assign(home=community, households=households, residents=residents),
        bands,
    )
    crossing = {code for finding in assigned.findings for code in finding.grids}
    described = grids[["code", "name", "kind", "broken", "geometry"]].assign(
        community=community,
        communities=communities,
        parts=_parts(atoms, assigned.previous, len(grids)),
        households=households,
        residents=residents,
        verdict=[verdict.name for verdict in verdicts],
        reason_en=[verdict.reason.en for verdict in verdicts],
        reason_zh=[verdict.reason.zh for verdict in verdicts],
        crosses=grids["code"].isin(crossing).to_numpy(),
    )
    return ExistingGrids(
        grids=described,
        previous=assigned.previous,
        anchor=_anchors(atoms, grids.geometry.to_numpy(), assigned.previous),
        findings=assigned.findings,
    )


def _anchors(atoms: Atoms, drawn: NDArray[Any], previous: NDArray[np.int64]) -> NDArray[Any]:
    """Return a point in each atom that lies in its old grid, too, where it has one."""
    ground = atoms.frame.geometry.to_numpy()
    anchor = shapely.point_on_surface(ground)
    outline = drawn[previous]
    off = np.flatnonzero((previous >= 0) & ~shapely.contains_properly(outline, anchor))
    for atom in off.tolist():
        parts = shapely.get_parts(shapely.intersection(ground[atom], outline[atom]))
        anchor[atom] = shapely.point_on_surface(parts[np.argmax(np.round(shapely.area(parts), 3))])
    return anchor


def _unusable_error(grids: gpd.GeoDataFrame, row: int, reason: Text) -> InputError:
    return InputError(
        reason,
        layer="grids",
        row=int(grids["row"].iloc[row]) + 1,
        value=grids["code"].iloc[row] or None,
        remedy=_REPAIR,
    )


def _main_communities(
    frame: gpd.GeoDataFrame, grid: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the community with most households of each grid, and in how many it lies."""
    table = pd.DataFrame(
        {
            "grid": grid,
            "community": frame["community"].to_numpy(np.int64),
            "households": frame["households"].to_numpy(np.int64),
            "area": np.round(shapely.area(frame.geometry.to_numpy()), 2),
        }
    )
    sums = table.groupby(["grid", "community"], as_index=False).sum()
    number: NDArray[np.int64] = np.bincount(sums["grid"].to_numpy(), minlength=size)
    best = sums.sort_values(
        ["grid", "households", "area", "community"], ascending=[True, False, False, True]
    ).drop_duplicates("grid")
    main: NDArray[np.int64] = best["community"].to_numpy(np.int64)
    return main, number


def _verdicts(atoms: Atoms, grids: pd.DataFrame, bands: Bands) -> list[Verdict]:
    """Return the verdict of each old grid; the only basic grid of a small community is small."""
    community = atoms.frame["community"].to_numpy()
    size = len(atoms.communities)
    totals = zip(
        *(
            np.bincount(community, atoms.frame[c], size).tolist()
            for c in ("households", "residents")
        ),
        strict=True,
    )
    basic = ~grids["kind"].isin(["dedicated", "open"]).to_numpy()
    alone = np.bincount(grids["home"].to_numpy()[basic], minlength=size) == 1
    small = alone & [is_small(bands.of(place), *counts) for place, counts in enumerate(totals)]
    rows = grids[["kind", "home", "households", "residents"]].itertuples(index=False)
    return [
        judge_grid(
            bands.of(place_of_grid),
            int(households),
            float(people),
            small=bool(small[place_of_grid]),
        )
        if is_basic
        else Verdict(name=kind)
        for (kind, place_of_grid, households, people), is_basic in zip(rows, basic, strict=True)
    ]


def _parts(atoms: Atoms, previous: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return in how many parts that share no border each old grid lies."""
    inner = atoms.borders[atoms.borders["right"] >= 0]
    left, right = inner["left"].to_numpy(), inner["right"].to_numpy()
    same = (previous[left] == previous[right]) & (previous[left] >= 0)
    part = connected_groups(len(previous), left[same], right[same])
    pairs = np.unique(np.column_stack([previous, part])[previous >= 0], axis=0)
    return np.bincount(pairs[:, 0], minlength=size)


@dataclass(frozen=True, kw_only=True)
class MinimalChange:
    """Old grids and new ones on the same atoms, and the groups of grids that change together.

    ``drawn``: the old grids as the file has them. ``community_codes``: the code of each community,
    by position, as grid codes contain it.
    """

    layers: Layers
    drawn: gpd.GeoDataFrame
    settings: Settings
    atoms: Atoms
    old: ExistingGrids
    new: Adjusted
    groups: Groups
    community_codes: list[str]


def find_minimal_change(
    layers: Layers,
    drawn: gpd.GeoDataFrame,
    settings: Settings,
    *,
    exceptions: Exceptions,
    clock: Clock,
    jobs: int,
) -> MinimalChange:
    """Assign the drawn grids to atoms and find the least change that respects `exceptions`.

    Raises
    ------
    InputError
        See `gridgeo.adjust.propose`.
    """
    mapping = mapping_of(settings)
    scheme = settings.codes.code_scheme
    with clock.stage("atoms"):
        grids = _with_valid_rings(drawn)
        layers = exclude_gaps(layers, grids, exceptions.gaps)
        codes = community_codes(layers.communities, scheme, mapping=mapping)
        settings = by_code(settings, layers.communities, codes)
        context = RunContext(layers=layers, settings=settings, mapping=mapping, along=grids)
        atoms = refuse_facilities(context.atoms(), exceptions)
        assigned = inherit_grids(atoms, grids)
        atoms = _keep_dedicated(atoms, grids, assigned.previous)
        bands = context.bands(atoms).each(lambda band: band_of(atoms, band))
        old = _existing_on_atoms(atoms, grids, assigned, bands)
        thin = thin_ground(atoms, old, settings.atoms)
        kept = np.flatnonzero(grids["code"].isin(exceptions.grids))
        thin = thin[~thin["old"].isin(kept) & ~thin["to"].isin(kept)]
        thin_m2 = np.bincount(thin["old"], thin["m2"], len(grids))
        old = replace(old, grids=old.grids.assign(thin_m2=thin_m2))
    with clock.stage("partition"), Cancellation().after(settings.search.seconds) as halt:
        new = adjust_atoms(
            atoms,
            old.previous,
            band=bands,
            weights=settings.weights,
            search=settings.search,
            open_ground=settings.open_ground,
            ties=lock_exceptions(constraints_of(layers, atoms), old, exceptions.grids),
            jobs=jobs,
            on_progress=clock.advance,
            cancellation=halt,
        )
    return MinimalChange(
        layers=layers,
        drawn=drawn,
        settings=settings,
        atoms=atoms,
        old=old,
        new=new,
        groups=group_changes(
            atoms, old, new.partition, new.shared, thin[["old", "to"]].to_numpy(np.int64)
        ),
        community_codes=community_codes(atoms.communities, scheme, mapping=mapping),
    )


def codes_if_all_accepted(change: MinimalChange, used: Iterable[str]) -> Changes:
    """Return the codes that the new grids would have if every proposal were taken.

    So a code that a proposal shows is the code that its grid gets, whatever else is taken.
    """
    grids = dissolve(change.atoms, change.new.partition)
    owner = [change.community_codes[place] for place in grids["community"]]
    was = change.old.grids[["code", "kind"]]
    unknown = was["kind"] == ""
    known = was[["code"]] if unknown.all() else was.assign(kind=was["kind"].mask(unknown, "basic"))
    return continue_codes(
        known,
        grids.assign(community_code=owner, kind=grids["kind"].to_numpy(dtype=object)),
        change.new.shared,
        used=used,
        rules=change.settings.codes,
        keep_foreign=True,
    )
