"""Layers of an area too large for memory: read and cleaned batch by batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridgeo.config import ROLES, ReadRules, Source
from gridgeo.formats import (
    PARQUET,
    OpenFile,
    check_path,
    frame_of_batch,
    geometry_of,
    opened,
    unreadable,
)
from gridgeo.model import Layers, Note, Reject
from gridgeo.read.areas import FACILITY_COLUMNS, area_columns, clean_areas, clean_facilities
from gridgeo.read.columns import check_keys, find_all
from gridgeo.read.context import RawLayer, ReadLog, StudyArea
from gridgeo.read.crs import NEAR_M, misplaced
from gridgeo.read.files import choose_layer, load, no_rows, read_rows, tidy
from gridgeo.read.geometry import gather
from gridgeo.read.households import (
    HOUSEHOLD_COLUMNS,
    clean_households,
    household_source,
    note_source,
)
from gridgeo.read.layers import (
    AREAS,
    check_roles,
    clean_household_layers,
    find_study_area,
    joined,
    naming_columns,
    note_no_streets,
)
from gridgeo.read.lines import BARRIER_COLUMNS, STREET_COLUMNS, clean_barriers, clean_streets
from gridgeo.read.links import LINK_COLUMNS, clean_links
from gridgeo.read.outlines import (
    ATOM_COLUMNS,
    CONSTRAINT_COLUMNS,
    CONSTRAINT_ROLES,
    clean_atoms,
    clean_constraints,
)
from gridgeo.read.repeats import without_repeated_facilities, without_repeated_sources
from gridgeo.read.samples import Sample
from gridgeo.read.text_cells import check_text


def _head(source: Source, role: str, rules: ReadRules) -> RawLayer:
    """Return a layer with its columns and its first row."""
    layer = next(_batches(source, role, rules, ReadLog(), rows=1))
    return replace(layer, frame=layer.frame.iloc[:1])


def _batches(
    source: Source, role: str, rules: ReadRules, log: ReadLog, *, rows: int
) -> Iterator[RawLayer]:
    """Return a layer in batches of about `rows` rows, numbered as they stand in the file.

    GeoPackages and GeoParquet are read batch by batch; every other format is read whole, because
    its text must be seen whole to know its encoding or its header.

    Raises
    ------
    InputError
        As `gridgeo.read.files.load` does.
    """
    suffix = check_path(source.path).suffix.lower()
    if suffix not in (".gpkg", *PARQUET):
        yield load(source, role, rules, log)
        return
    with opened(source) as file:
        batches = _parquet if file.driver == "Parquet" else _geopackage
        for raw in batches(file, source, role, rules, log, rows=rows):
            yield check_text(raw, log, rules.encoding.get(role, ""))


def _geopackage(
    file: OpenFile, source: Source, role: str, rules: ReadRules, log: ReadLog, *, rows: int
) -> Iterator[RawLayer]:
    layer = choose_layer(source, file)
    info = pyogrio.read_info(file.path, layer=layer, **file.options)
    if not info["fid_column"]:  # a view has no key to go on from
        yield load(source, role, rules, log)
        return
    raw = RawLayer(role=role, frame=pd.DataFrame(), file=source.path, layer=layer, kind=source.kind)
    size, start, last = _even(info["features"], rows), 0, None
    while True:
        where = None if last is None else f'"{info["fid_column"]}" > {last}'
        frame = read_rows(file, layer, log, max_features=size, fid_as_index=True, where=where)
        if frame.empty:
            break
        last = int(frame.index[-1])
        yield replace(raw, frame=_numbered(tidy(frame), start))
        start += len(frame)
    if not start:
        raise no_rows(raw)


def _parquet(
    opened_file: OpenFile, source: Source, role: str, rules: ReadRules, log: ReadLog, *, rows: int
) -> Iterator[RawLayer]:
    try:
        file = pq.ParquetFile(opened_file.path)
        geo = geometry_of(file)
        if geo is None:
            yield load(source, role, rules, log)
            return
        column, crs, assumed = geo
        size, start = _even(file.metadata.num_rows, rows), 0
        for batch in file.iter_batches(batch_size=size):
            frame = _numbered(tidy(frame_of_batch(batch, column, crs)), start)
            start += len(frame)
            yield RawLayer(
                role=role, frame=frame, file=source.path, kind=source.kind, crs_assumed=assumed
            )
    except (pa.ArrowException, ValueError, OSError, KeyError, CRSError) as error:
        raise unreadable(source.path, error) from error
    if not start:
        raise no_rows(RawLayer(role=role, frame=pd.DataFrame(), file=source.path))


def _even(total: int, rows: int) -> int:
    """Return the size of batches that are all about as large: no last one of a single row."""
    return max(1, math.ceil(total / max(1, math.ceil(total / rows))))


def _numbered(frame: Any, start: int) -> Any:
    return frame.set_axis(pd.RangeIndex(start, start + len(frame)), axis=0)


#: rows of a layer that are cleaned at once
_BATCH_ROWS = 100_000
#: The columns of each cleaned layer, beside its geometry.
_LAYER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "communities": ("code", "name"),
    "streets": STREET_COLUMNS,
    "barriers": BARRIER_COLUMNS,
    "links": LINK_COLUMNS,
    "households": HOUSEHOLD_COLUMNS,
    "compounds": area_columns("compounds"),
    "buildings": area_columns("buildings"),
    "parcels": area_columns("parcels"),
    "facilities": FACILITY_COLUMNS,
    "atoms": ATOM_COLUMNS,
    **dict.fromkeys(CONSTRAINT_ROLES, CONSTRAINT_COLUMNS),
}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Cleaned rows of one layer, and the households of all the rows that they were made from."""

    role: str
    frame: gpd.GeoDataFrame
    households: int = 0


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What is known before the rows are read: communities, CRS, columns, what is counted.

    ``communities`` have code, name, township (``""`` where no column says it) and geometry.
    ``rejects`` and ``notes`` are complete when `stream_layers` has come to its end.
    """

    communities: gpd.GeoDataFrame
    heads: Mapping[str, list[RawLayer]]
    naming: tuple[str, ...]
    counted: str
    study_area: StudyArea

    @property
    def crs(self) -> CRS:
        """The metre CRS of the job."""
        return self.study_area.crs

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """The rows that could not be used."""
        return tuple(self.study_area.log.rejects)

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes, each once."""
        return tuple(dict.fromkeys(self.study_area.log.notes))


def survey_layers(rules: ReadRules) -> Survey:
    """Read the communities, and of every other layer no more than its columns.

    Raises
    ------
    InputError, SettingsError
        As `gridgeo.read.read_layers` does.
    """
    check_keys(rules)
    log = ReadLog()
    rules = without_repeated_sources(rules, log)
    heads = {
        role: [_head(source, role, rules) for source in rules.inputs.get(role, ())]
        for role in ROLES
    }
    check_roles(heads, rules)
    note_no_streets(heads, log)
    raws = [load(source, "communities", rules, log) for source in rules.inputs["communities"]]
    communities, study_area = find_study_area(raws, rules, log, township=True)
    counted = household_source(heads, rules)
    note_source(counted, heads, study_area)
    return Survey(
        communities=communities,
        heads=heads,
        naming=naming_columns(raws, rules),
        counted=counted,
        study_area=study_area,
    )


def stream_layers(
    survey: Survey, *, rows: int = _BATCH_ROWS, on_progress: Callable[[str], None] | None = None
) -> Iterator[Batch]:
    """Return every layer but the communities, cleaned as `gridgeo.read.read_layers` cleans it.

    Of a GeoPackage or GeoParquet layer only batches are in memory; of other files all rows.
    Where households are joined by keys, or counted in compounds or buildings, or stand in several
    layers, these layers are held together: a row finds its place, or its twin, among all of them.
    Atoms come before households.

    Parameters
    ----------
    rows
        Rows of a layer that are cleaned at once.
    """
    sample = Sample(survey.communities)
    for batch in _stream(survey, rows, on_progress):
        sample.add(batch.role, batch.frame)
        yield batch
    sample.warn(survey.study_area)


def _stream(
    survey: Survey, rows: int, on_progress: Callable[[str], None] | None
) -> Iterator[Batch]:
    for role in ("atoms", "streets", "links", "barriers", *CONSTRAINT_ROLES):
        yield from _layers(survey, role, rows, on_progress)
    frames = [batch.frame for batch in _layers(survey, "facilities", rows, on_progress)]
    facilities = gather(frames, FACILITY_COLUMNS, survey.crs)
    frame = without_repeated_facilities(facilities, survey.study_area.log)
    yield Batch(role="facilities", frame=frame)
    if _needs_places(survey):
        yield from _located_households(survey, on_progress)
        return
    for role in ("compounds", "buildings", "parcels", "households"):
        yield from _layers(survey, role, rows, on_progress)


def in_order(role: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return cleaned rows of a layer in the order of `layers_of`, which depends on them alone."""
    return gather([frame], _LAYER_COLUMNS[role], frame.crs)


def layers_of(frames: Mapping[str, gpd.GeoDataFrame], crs: CRS, *, given_atoms: bool) -> Layers:
    """Return cleaned frames by role as the layers of a job; a role without frame is empty.

    Parameters
    ----------
    given_atoms
        Whether the atoms are ready-made; otherwise they are to be cut from streets.
    """
    complete = {
        role: gather([frames[role]] if role in frames else [], columns, crs)
        for role, columns in _LAYER_COLUMNS.items()
    }
    counted = complete["households"] if len(complete["households"]) else complete["atoms"]
    return Layers(
        crs=crs,
        communities=complete["communities"],
        streets=complete["streets"],
        barriers=complete["barriers"],
        households=complete["households"],
        compounds=complete["compounds"],
        buildings=complete["buildings"],
        parcels=complete["parcels"],
        facilities=complete["facilities"],
        atoms=complete["atoms"] if given_atoms else None,
        together=complete["together"],
        apart=complete["apart"],
        locked=complete["locked"],
        links=complete["links"],
        households_in=int(counted["households"].sum()),
    )


def _layers(
    survey: Survey, role: str, rows: int, on_progress: Callable[[str], None] | None
) -> Iterator[Batch]:
    for source in survey.study_area.rules.inputs.get(role, ()):
        if on_progress is not None:
            on_progress(f"{role}: {source}")
        yield from _one_layer(survey, role, source, rows)


def _one_layer(survey: Survey, role: str, source: Source, rows: int) -> Iterator[Batch]:
    """Clean one layer batch by batch; it must come near the communities as a whole."""
    study_area = replace(survey.study_area, bounds=None)
    raw, near, seen = None, False, []
    for raw in _batches(source, role, study_area.rules, study_area.log, rows=rows):
        for batch in _clean(raw, survey, study_area):
            if len(batch.frame):
                seen.append(batch.frame.total_bounds)
                near |= _near(seen[-1], survey.study_area.bounds)
            yield batch
    if raw is not None and seen and not near:
        bounds = np.array(seen)
        extent = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
        raise misplaced(raw, survey.crs, extent, (survey.crs, survey.study_area.bounds))


def _near(bounds: np.ndarray, other: tuple[float, ...] | None) -> bool:
    if other is None:
        return True
    apart = (bounds[0] - other[2], other[0] - bounds[2], bounds[1] - other[3], other[1] - bounds[3])
    return bool(max(apart) <= NEAR_M)


def _clean(raw: RawLayer, survey: Survey, study_area: StudyArea) -> Iterator[Batch]:
    match raw.role:
        case "streets":
            streets, rails = clean_streets([raw], study_area)
            yield Batch(role="streets", frame=streets)
            yield Batch(role="barriers", frame=gather(rails, BARRIER_COLUMNS, study_area.crs))
        case "links":
            yield Batch(role="links", frame=clean_links([raw], study_area))
        case "barriers":
            yield Batch(role="barriers", frame=clean_barriers([raw], [], study_area))
        case "facilities":
            yield Batch(role="facilities", frame=clean_facilities([raw], study_area))
        case "atoms":
            by, counted = survey.naming, survey.counted == "atoms"
            atoms, total = clean_atoms([raw], survey.communities, by, study_area, counted=counted)
            yield Batch(role="atoms", frame=atoms, households=total)
        case "households":
            households, total = clean_households([raw], {}, study_area)
            yield Batch(role="households", frame=households, households=total)
        case role if role in CONSTRAINT_ROLES:
            yield Batch(role=role, frame=clean_constraints([raw], study_area))
        case role:
            (area,) = clean_areas([raw], study_area)
            yield Batch(role=role, frame=gather([area.frame], area_columns(role), study_area.crs))


def _needs_places(survey: Survey) -> bool:
    """Return whether household rows find their place, or their twin, in another layer."""
    if survey.counted in AREAS or len(survey.heads["households"]) > 1:
        return True
    rules = survey.study_area.rules
    return any(
        rules.columns.get("households.key") in raw.columns
        or (
            not isinstance(raw.frame, gpd.GeoDataFrame)
            and not all(find_all(raw, axis, rules) for axis in ("x", "y"))
        )
        for raw in survey.heads["households"]
    )


def _located_households(
    survey: Survey, on_progress: Callable[[str], None] | None
) -> Iterator[Batch]:
    study_area = survey.study_area
    raws: dict[str, list[RawLayer]] = {}
    for role in (*AREAS, "households"):
        raws[role] = []
        for source in study_area.rules.inputs.get(role, ()):
            if on_progress is not None:
                on_progress(f"{role}: {source}")
            raws[role].append(load(source, role, study_area.rules, study_area.log))
    areas, households, total = clean_household_layers(raws, survey.counted, study_area)
    for role in ("compounds", "buildings", "parcels"):
        yield Batch(role=role, frame=joined(role, areas, study_area))
    yield Batch(role="households", frame=households, households=total)
