"""`gridgeo repair`: a file of grids is read, checked, repaired and checked again.

The result has every row and column of the file; vertices that were in the file keep every digit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.config import Settings
from gridgeo.errors import speaks_language_of_settings
from gridgeo.model import Finding, Layers, Repaired
from gridgeo.pipeline import Clock, Progress, input_hashes
from gridgeo.read import GridFile, Grids, layers_from_frames, read_grids, read_layers
from gridgeo.repair import DrawnPartition, RepairRecord, repair_geometry
from gridgeo.validate import Subject, community_of, judge_shape


def _with_repaired_geometry(file: GridFile, repaired: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of `file` as they stand, with the repaired geometry where it changed.

    Vertices that were in the file have the coordinates of the file; new ones are reprojected.
    """
    read, now = file.grids.geometry.to_numpy(), repaired.geometry.to_numpy()
    rows = np.array(
        [n for n, (old, new) in enumerate(zip(read, now, strict=True)) if old is not new],
        dtype=np.intp,
    )
    original, crs = file.original.geometry.to_numpy().copy(), file.original.crs
    if len(rows) == 0 or crs is None:
        return file.original
    there = ~shapely.is_missing(read)
    at = shapely.get_coordinates(read[there])
    original_points = shapely.get_coordinates(original[file.grids["row"].to_numpy()[there]])
    key, first = np.unique(_key(at), return_index=True)

    def back(point: NDArray[np.float64]) -> NDArray[np.float64]:
        place = np.minimum(np.searchsorted(key, _key(point)), len(key) - 1)
        known = key[place] == _key(point)
        moved = gpd.GeoSeries(shapely.points(point[~known]), crs=repaired.crs)
        out = original_points[first[place]]
        if len(moved):
            out[~known] = shapely.get_coordinates(moved.to_crs(crs))
        return out

    original[file.grids["row"].to_numpy()[rows]] = shapely.transform(now[rows], back)
    return file.original.set_geometry(gpd.GeoSeries(original, crs=crs))


def _key(point: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.asarray(point[:, 0] + 1j * point[:, 1], dtype=np.complex128)


@speaks_language_of_settings
def repair_grids(
    grids: Grids, settings: Settings, *, on_progress: Progress | None = None
) -> Repaired:
    """Repair the defects of a file of grids; see `gridgeo.repair.repair_geometry`.

    Parameters
    ----------
    grids
        The grids: a file in any format that can be read ("PATH::LAYER"), a frame or a plan.
    settings
        ``repair`` has the tolerances. Where ``read.inputs`` names communities, gaps along their
        borders and ground outside them are repaired as well; with household points nothing is moved
        that somebody lives in; ``allowed_gaps`` may belong to no grid.

    Returns
    -------
    Repaired
        Every row and column of the file; the geometry of grids that need no repair is the very
        one of the file.
    """
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers, file = _read(grids, settings, clock)
    bounded = bool(settings.read.inputs.get("communities"))
    communities = layers.communities if layers and bounded else _outline(file.grids)
    households = None if layers is None or not len(layers.households) else layers.households
    allowed = None if layers is None else layers.allowed_gaps
    with clock.stage("validate"):
        subject = Subject(
            grids=file.grids,
            communities=communities,
            households=households,
            allowed_gaps=allowed,
            thin_part_m=settings.atoms.thin_part_m,
            thin_part_m2=settings.atoms.thin_part_m2,
        )
        before = judge_shape(subject)
    with clock.stage("repair"):
        partition = DrawnPartition(
            grids=file.grids.geometry.to_numpy(),
            community=community_of(subject) if bounded else np.full(len(file.grids), -1),
            outlines=_ground(communities if bounded else None),
            points=_ground(households),
            allowed=shapely.union_all(_ground(allowed)),
        )
        done = repair_geometry(partition, settings.repair)
    with clock.stage("validate"):
        repaired = file.grids.set_geometry(gpd.GeoSeries(done.grids, crs=file.grids.crs))
        after = judge_shape(replace(subject, grids=repaired))
    return Repaired(
        settings=settings,
        layer=file.layer,
        grids=_with_repaired_geometry(file, repaired),
        repairs=_rows(done.records, file.grids, repaired),
        accounts=_accounts(file.grids, repaired, before, after),
        before=before,
        after=after,
        rejects=(*(layers.rejects if layers else ()), *file.rejects),
        notes=(*(layers.notes if layers else ()), *file.notes),
        run={**clock.record(), "inputs": input_hashes(settings.read, grids)},
    )


def _read(grids: Grids, settings: Settings, clock: Clock) -> tuple[Layers | None, GridFile]:
    """Return the layers that were given, and the grids in their CRS.

    Without communities the layers are read where the grids lie.
    """
    rules = settings.read
    if rules.inputs.get("communities"):
        layers = read_layers(rules, partial=True, on_progress=clock.log)
        return layers, read_grids(grids, crs=layers.crs, rules=rules, ground=layers)
    file = read_grids(grids, crs=None, rules=rules)
    if not rules.inputs:
        return None, file
    around = _outline(file.grids)
    return layers_from_frames({**rules.inputs, "communities": around}, rules, partial=True), file


def _ground(frame: gpd.GeoDataFrame | None) -> NDArray[Any]:
    if frame is None:
        return np.zeros(0, dtype=object)
    return np.asarray(frame.geometry.to_numpy(), dtype=object)


def _outline(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the ground of all grids without holes, to judge gaps by."""
    geometry = grids.geometry.to_numpy()
    sound = shapely.make_valid(geometry[~shapely.is_missing(geometry)], method="structure")
    parts = shapely.get_parts(shapely.union_all(sound))
    polygons = parts[shapely.get_dimensions(parts) == 2]
    filled = shapely.polygons(shapely.get_exterior_ring(polygons))
    place = {"code": [""], "name": [""]}
    return gpd.GeoDataFrame(place, geometry=[shapely.union_all(filled)], crs=grids.crs)


def _rows(
    records: tuple[RepairRecord, ...], grids: gpd.GeoDataFrame, repaired: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return every change and every defect that was left, one row each."""
    name = _grid_names(grids)
    before, after = (_areas(frame) for frame in (grids, repaired))
    rows = [
        {
            "number": number,
            "what": record.what,
            "done": record.done,
            "grid": name[record.grids[0]] if record.grids else "",
            "others": ";".join(name[row] for row in record.grids[1:]),
            "amount": record.amount,
            "unit": record.unit,
            "before_m2": before[record.grids[0]] if record.grids else np.nan,
            "after_m2": after[record.grids[0]] if record.grids else np.nan,
            "reason_en": record.reason.en,
            "reason_zh": record.reason.zh,
            "geometry": record.where,
        }
        for number, record in enumerate(records, start=1)
    ]
    columns = [
        *("number", "what", "done", "grid", "others", "amount", "unit", "before_m2", "after_m2"),
        *("reason_en", "reason_zh", "geometry"),
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"done": bool, "number": "int64"})
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=grids.crs)


def _grid_names(grids: gpd.GeoDataFrame) -> list[str]:
    """Return what each grid is called: its code, else its name, else its row in the file."""
    return [
        code or name or f"#{row + 1}"
        for code, name, row in zip(grids["code"], grids["name"], grids["row"], strict=True)
    ]


def _areas(grids: gpd.GeoDataFrame) -> NDArray[np.float64]:
    return np.nan_to_num(shapely.area(grids.geometry.to_numpy()))


def _accounts(
    grids: gpd.GeoDataFrame,
    repaired: gpd.GeoDataFrame,
    before: tuple[Finding, ...],
    after: tuple[Finding, ...],
) -> pd.DataFrame:
    """Return the figures that show that nothing was lost: `item`, `before`, `after`."""
    sides = [_figures(grids, before), _figures(repaired, after)]
    rows = [(item, sides[0][item], sides[1][item]) for item in sides[0]]
    return pd.DataFrame(rows, columns=["item", "before", "after"])


def _figures(grids: gpd.GeoDataFrame, findings: tuple[Finding, ...]) -> dict[str, float]:
    geometry = grids.geometry.to_numpy()
    there = geometry[~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)]
    sums = dict.fromkeys(("fills_community", "no_overlap", "inside_community"), 0.0)
    for finding in findings:
        if finding.rule in sums:
            sums[finding.rule] += finding.amount or 0.0
    return {
        "grids": float(len(grids)),
        "grids_with_geometry": float(len(there)),
        "invalid_grids": float((~shapely.is_valid(there)).sum()),
        "parts": float(shapely.get_num_geometries(there).sum()),
        "area_m2": float(shapely.area(there).sum()),
        "households": float(np.nansum(grids["households"])),
        "gap_m2": sums["fills_community"],
        "overlap_m2": sums["no_overlap"],
        "outside_m2": sums["inside_community"],
        "findings": float(len(findings)),
    }
