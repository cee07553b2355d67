"""Layers of an area too large for one process: cleaned batch by batch, never held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
from pyproj import CRS

from gridgeo.config import ROLES, ReadRules, Source
from gridgeo.model import Layers, Note, Reject
from gridgeo.read.areas import area_columns, clean_areas
from gridgeo.read.barriers import BARRIER_COLUMNS, clean_barriers
from gridgeo.read.batches import batches, head
from gridgeo.read.columns import check_keys, find_all
from gridgeo.read.context import Ground, Journal, RawLayer
from gridgeo.read.counted import household_source, say_source
from gridgeo.read.crs import declared_crs, misplaced
from gridgeo.read.facilities import FACILITY_COLUMNS, clean_facilities
from gridgeo.read.geometry import NEAR_M
from gridgeo.read.given_atoms import ATOM_COLUMNS, clean_atoms
from gridgeo.read.households import HOUSEHOLD_COLUMNS, clean_households
from gridgeo.read.layers import (
    AREAS,
    check_roles,
    clean_homes,
    find_ground,
    joined,
    naming_columns,
)
from gridgeo.read.load import load
from gridgeo.read.shapes import gather
from gridgeo.read.streets import STREET_COLUMNS, clean_streets
from gridgeo.read.ties import TIE_COLUMNS, TIES, clean_ties

#: rows of a layer that are cleaned at once
BATCH_ROWS = 100_000
#: The columns of each cleaned layer, beside its geometry.
LAYER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "communities": ("code", "name"),
    "streets": STREET_COLUMNS,
    "barriers": BARRIER_COLUMNS,
    "households": HOUSEHOLD_COLUMNS,
    "compounds": area_columns("compounds"),
    "buildings": area_columns("buildings"),
    "parcels": area_columns("parcels"),
    "facilities": FACILITY_COLUMNS,
    "atoms": ATOM_COLUMNS,
    **dict.fromkeys(TIES, TIE_COLUMNS),
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
    ground: Ground

    @property
    def crs(self) -> CRS:
        """The metre CRS of the job."""
        return self.ground.crs

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """The rows that could not be used."""
        return tuple(self.ground.journal.rejects)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was said aloud, each once."""
        return tuple(dict.fromkeys(self.ground.journal.notes))


def survey_layers(rules: ReadRules) -> Survey:
    """Read the communities, and of every other layer no more than its columns.

    Raises
    ------
    InputError, SettingsError
        As `gridgeo.read.read_layers` does.
    """
    check_keys(rules)
    journal = Journal()
    heads = {
        role: [head(source, role, rules) for source in rules.inputs.get(role, ())] for role in ROLES
    }
    check_roles(heads, rules)
    sources = rules.inputs["communities"]
    raws = [load(source, "communities", rules, journal) for source in sources]
    communities, ground = find_ground(raws, rules, journal, township=True)
    counted = household_source(heads, rules)
    say_source(counted, heads, ground)
    return Survey(
        communities=communities,
        heads=heads,
        naming=naming_columns(raws, rules),
        counted=counted,
        ground=ground,
    )


def stream_layers(
    survey: Survey, *, rows: int = BATCH_ROWS, on_progress: Callable[[str], None] | None = None
) -> Iterator[Batch]:
    """Return every layer but the communities, cleaned as `gridgeo.read.read_layers` cleans it.

    A GeoPackage or GeoParquet layer is never held whole; any other file is, one at a time.
    Where households are joined by keys, or counted in compounds or buildings, these layers are
    held together: a row finds its place among all of them. Atoms come before households.

    Parameters
    ----------
    rows
        Rows of a layer that are cleaned at once.
    """
    for role in ("atoms", "streets", "barriers", "facilities", *TIES):
        yield from _layers(survey, role, rows, on_progress)
    if _needs_places(survey):
        yield from _placed_homes(survey, on_progress)
        return
    for role in ("compounds", "buildings", "parcels", "households"):
        yield from _layers(survey, role, rows, on_progress)


def in_order(role: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return cleaned rows of a layer in the order of `layers_of`, which depends on them alone."""
    return gather([frame], LAYER_COLUMNS[role], frame.crs)


def layers_of(frames: Mapping[str, gpd.GeoDataFrame], crs: CRS, *, given_atoms: bool) -> Layers:
    """Return cleaned frames by role as the layers of a job; a role without frame is empty.

    Parameters
    ----------
    given_atoms
        Whether the atoms are ready-made; otherwise they are to be cut from streets.
    """
    whole = {
        role: gather([frames[role]] if role in frames else [], columns, crs)
        for role, columns in LAYER_COLUMNS.items()
    }
    counted = whole["households"] if len(whole["households"]) else whole["atoms"]
    return Layers(
        crs=crs,
        communities=whole["communities"],
        streets=whole["streets"],
        barriers=whole["barriers"],
        households=whole["households"],
        compounds=whole["compounds"],
        buildings=whole["buildings"],
        parcels=whole["parcels"],
        facilities=whole["facilities"],
        atoms=whole["atoms"] if given_atoms else None,
        together=whole["together"],
        apart=whole["apart"],
        locked=whole["locked"],
        households_in=int(counted["households"].sum()),
    )


def _layers(
    survey: Survey, role: str, rows: int, on_progress: Callable[[str], None] | None
) -> Iterator[Batch]:
    for source in survey.ground.rules.inputs.get(role, ()):
        if on_progress is not None:
            on_progress(f"{role}: {source}")
        yield from _one_layer(survey, role, source, rows)


def _one_layer(survey: Survey, role: str, source: Source, rows: int) -> Iterator[Batch]:
    """Clean one layer batch by batch; it must come near the communities as a whole."""
    ground = replace(survey.ground, bounds=None)
    raw, near, seen = None, False, []
    for raw in batches(source, role, ground.rules, ground.journal, rows=rows):
        for batch in _clean(raw, survey, ground):
            if len(batch.frame):
                seen.append(batch.frame.total_bounds)
                near |= _near(seen[-1], survey.ground.bounds)
            yield batch
    if raw is not None and seen and not near:
        bounds = np.array(seen)
        whole = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
        raise misplaced(raw, declared_crs(raw, ground.rules), whole)


def _near(bounds: np.ndarray, other: tuple[float, ...] | None) -> bool:
    if other is None:
        return True
    apart = (bounds[0] - other[2], other[0] - bounds[2], bounds[1] - other[3], other[1] - bounds[3])
    return bool(max(apart) <= NEAR_M)


def _clean(raw: RawLayer, survey: Survey, ground: Ground) -> Iterator[Batch]:
    match raw.role:
        case "streets":
            streets, rails = clean_streets([raw], ground)
            yield Batch(role="streets", frame=streets)
            yield Batch(role="barriers", frame=gather(rails, BARRIER_COLUMNS, ground.crs))
        case "barriers":
            yield Batch(role="barriers", frame=clean_barriers([raw], [], ground))
        case "facilities":
            yield Batch(role="facilities", frame=clean_facilities([raw], ground))
        case "atoms":
            by, counted = survey.naming, survey.counted == "atoms"
            atoms, total = clean_atoms([raw], survey.communities, by, ground, counted=counted)
            yield Batch(role="atoms", frame=atoms, households=total)
        case "households":
            homes, total = clean_households([raw], {}, ground)
            yield Batch(role="households", frame=homes, households=total)
        case role if role in TIES:
            yield Batch(role=role, frame=clean_ties([raw], ground))
        case role:
            (area,) = clean_areas([raw], ground)
            yield Batch(role=role, frame=gather([area.frame], area_columns(role), ground.crs))


def _needs_places(survey: Survey) -> bool:
    """Say whether household rows find their place in another layer."""
    if survey.counted in AREAS:
        return True
    rules = survey.ground.rules
    return any(
        rules.columns.get("households.key") in raw.columns
        or (
            not isinstance(raw.frame, gpd.GeoDataFrame)
            and not all(find_all(raw, axis, rules) for axis in ("x", "y"))
        )
        for raw in survey.heads["households"]
    )


def _placed_homes(survey: Survey, on_progress: Callable[[str], None] | None) -> Iterator[Batch]:
    ground = survey.ground
    raws: dict[str, list[RawLayer]] = {}
    for role in (*AREAS, "households"):
        raws[role] = []
        for source in ground.rules.inputs.get(role, ()):
            if on_progress is not None:
                on_progress(f"{role}: {source}")
            raws[role].append(load(source, role, ground.rules, ground.journal))
    areas, households, total = clean_homes(raws, survey.counted, ground)
    for role in ("compounds", "buildings", "parcels"):
        yield Batch(role=role, frame=joined(role, areas, ground))
    yield Batch(role="households", frame=households, households=total)
