"""Every layer read, cleaned and reprojected into one metre CRS."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd

from gridgeo.config import ROLES, ReadRules
from gridgeo.errors import InputError
from gridgeo.model import Layers
from gridgeo.read.areas import Area, area_columns, clean_areas, clean_facilities
from gridgeo.read.columns import check_columns, check_keys, find_all, missing_column
from gridgeo.read.context import RawLayer, ReadLog, StudyArea
from gridgeo.read.files import LayerSource, load, load_any
from gridgeo.read.geometry import gather, working_crs
from gridgeo.read.households import (
    clean_households,
    count_rows,
    household_source,
    note_source,
    with_residents_alone,
)
from gridgeo.read.lines import clean_barriers, clean_streets
from gridgeo.read.links import across_barriers, clean_links
from gridgeo.read.offsets import warn_of_gcj02
from gridgeo.read.outlines import clean_atoms, clean_communities, clean_constraints, clean_gaps
from gridgeo.read.repeats import without_twins
from gridgeo.wording import Text

_Raws = Mapping[str, Sequence[RawLayer]]
#: what households may be joined to
AREAS = ("compounds", "buildings", "parcels", "addresses")


def read_layers(
    rules: ReadRules,
    *,
    partial: bool = False,
    on_progress: Callable[[str], None] | None = None,
) -> Layers:
    """Read every file of ``rules.inputs`` and return the layers of the job.

    All frames come in one projected metre CRS: that of the communities, else one chosen by where
    they lie. Rows that cannot be used are in ``rejects`` with file, layer and row; whatever was
    understood, repaired or left out is in ``notes``. The order of rows in the files changes
    nothing but the row numbers of rejects.

    Parameters
    ----------
    rules
        The inputs by role, and columns, CRS, datum and encoding where they need saying.
    partial
        Communities are enough (to check a partition that is there); otherwise streets and
        households, or atoms, are needed too.
    on_progress
        Called with the name of each layer before it is read.

    Raises
    ------
    InputError
        A file, layer, row or value cannot be used.
    SettingsError
        A column or CRS of the settings is unknown.
    """
    check_keys(rules)
    log = ReadLog()
    raws: dict[str, list[RawLayer]] = {role: [] for role in ROLES}
    for role in ROLES:
        for source in rules.inputs.get(role, ()):
            if on_progress is not None:
                on_progress(f"{role}: {source}")
            raws[role].append(load(source, role, rules, log))
        raws[role] = without_twins(raws[role], log)
    return _clean_all(raws, rules, log, partial=partial)


def layers_from_frames(
    frames: Mapping[str, LayerSource | Sequence[LayerSource]],
    rules: ReadRules,
    *,
    partial: bool = False,
) -> Layers:
    """Return the layers of the job from frames in memory, by role; see `read_layers`.

    In place of a frame there may be a file ("PATH::LAYER"), or several of both. Households may be a
    plain DataFrame with coordinates or with keys. The frames are not changed.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box, LineString, Point
    >>> crs = "EPSG:4548"
    >>> layers = layers_from_frames(
    ...     {
    ...         "communities": gpd.GeoDataFrame(
    ...             {"名称": ["甲社区"]}, geometry=[box(500000, 4000000, 500200, 4000100)], crs=crs
    ...         ),
    ...         "streets": gpd.GeoDataFrame(
    ...             {"等级": ["支路"]},
    ...             geometry=[LineString([(500100, 4000000), (500100, 4000100)])],
    ...             crs=crs,
    ...         ),
    ...         "households": gpd.GeoDataFrame(
    ...             {"户数": [320]}, geometry=[Point(500050, 4000050)], crs=crs
    ...         ),
    ...     },
    ...     ReadRules(),
    ... )
    >>> layers.households_in, layers.streets["street_class"].tolist()
    (320, ['local'])
    """
    check_keys(rules)
    unknown = [role for role in frames if role not in ROLES]
    if unknown:
        near = difflib.get_close_matches(unknown[0], ROLES, n=1) or list(ROLES)
        raise InputError(
            Text(f"there is no layer {unknown[0]!r}", f"没有名为 {unknown[0]!r} 的图层"),
            remedy=Text(f"Did you mean {', '.join(near)}?", f"您是否想写 {'、'.join(near)}？"),
        )
    log = ReadLog()
    raws: dict[str, list[RawLayer]] = {role: [] for role in ROLES}
    for role, given in frames.items():
        several = given if isinstance(given, tuple | list) else (given,)
        raws[role] = without_twins([load_any(one, role, rules, log) for one in several], log)
    return _clean_all(raws, rules, log, partial=partial)


def _clean_all(raws: _Raws, rules: ReadRules, log: ReadLog, *, partial: bool) -> Layers:
    raws = with_residents_alone(raws, rules, log)
    check_roles(raws, rules, partial=partial)
    communities, study_area = find_study_area(raws["communities"], rules, log)
    streets, rails = clean_streets(raws["streets"], study_area)
    barriers = clean_barriers(raws["barriers"], rails, study_area)
    links = clean_links(raws["links"], study_area)
    if not partial:
        note_no_streets(raws, log)
    source = household_source(raws, rules)
    note_source(source, raws, study_area)
    areas, households, in_points = clean_household_layers(raws, source, study_area)
    atoms, in_atoms = clean_atoms(
        raws["atoms"],
        communities,
        naming_columns(raws["communities"], rules),
        study_area,
        counted=source == "atoms",
    )
    facilities = clean_facilities(raws["facilities"], study_area)
    beside = {role: joined(role, areas, study_area) for role in AREAS}
    for role, frame in {"households": households, **beside, "facilities": facilities}.items():
        warn_of_gcj02(role, frame, streets, study_area)
    return Layers(
        crs=study_area.crs,
        communities=communities,
        streets=streets,
        barriers=barriers,
        households=households,
        compounds=beside["compounds"],
        buildings=beside["buildings"],
        parcels=beside["parcels"],
        facilities=facilities,
        atoms=atoms if raws["atoms"] else None,
        allowed_gaps=clean_gaps(raws["allowed_gaps"], study_area) if raws["allowed_gaps"] else None,
        together=clean_constraints(raws["together"], study_area),
        apart=clean_constraints(raws["apart"], study_area),
        locked=clean_constraints(raws["locked"], study_area),
        links=across_barriers(links, streets, barriers, reach_m=rules.link_m, log=log),
        rejects=tuple(log.rejects),
        notes=tuple(dict.fromkeys(log.notes)),
        guessed=tuple(log.guessed),
        households_in=in_atoms + in_points,
    )


def clean_household_layers(
    raws: _Raws, source: str, study_area: StudyArea
) -> tuple[dict[str, list[Area]], gpd.GeoDataFrame, int]:
    """Return the areas by role, the household points and the households of all their rows.

    `source` is the role that is counted, ``""`` for none.
    """
    areas = {
        role: clean_areas(
            count_rows(raws[role], study_area) if role == source else raws[role], study_area
        )
        for role in AREAS
    }
    counted = [area.raw for area in areas.get(source, ())] or raws["households"]
    return areas, *clean_households(counted, areas, study_area)


def find_study_area(
    raws: Sequence[RawLayer], rules: ReadRules, log: ReadLog, *, township: bool = False
) -> tuple[gpd.GeoDataFrame, StudyArea]:
    """Return the communities, and the ground that they give to every other layer."""
    study_area = StudyArea(rules=rules, log=log, crs=working_crs(raws[0], rules, log))
    communities = clean_communities(raws, study_area, township=township)
    west, south, east, north = (float(value) for value in communities.total_bounds)
    return communities, replace(study_area, bounds=(west, south, east, north))


def joined(
    role: str, areas: Mapping[str, Sequence[Area]], study_area: StudyArea
) -> gpd.GeoDataFrame:
    """Return the cleaned layers of one role of areas as one frame."""
    return gather([area.frame for area in areas[role]], area_columns(role), study_area.crs)


def naming_columns(raws: Sequence[RawLayer], rules: ReadRules) -> tuple[str, ...]:
    """Return the columns that hold code and name in the communities' own layers."""
    found = (find_all(raw, field, rules)[:1] for raw in raws for field in ("code", "name"))
    return tuple(column for columns in found for column in columns)


def check_roles(raws: _Raws, rules: ReadRules, *, partial: bool = False) -> None:
    """Raise InputError where a layer or a column that the job needs is missing."""
    for role in ROLES:
        check_columns(role, raws[role], rules)
    if not raws["communities"]:
        raise _missing("communities", "the outlines of communities or villages", "社区（村）边界")
    if partial:
        return
    if household_source(raws, rules):
        return
    if raws["atoms"]:
        raise missing_column(raws["atoms"][0], "households")
    raise _missing("households", "or compounds or buildings with a household count", "户数")


def note_no_streets(raws: _Raws, log: ReadLog) -> None:
    """Say that borders will follow no street where neither streets nor atoms are given."""
    if not (raws["streets"] or raws["atoms"]):
        log.caution(
            "streets",
            Text(
                "no streets given: borders run along barriers and between homes (give --streets "
                "where there are any)",
                "没有提供道路图层，边界只能沿屏障和住宅之间划定（如有道路，请用 --streets 提供）",
            ),
        )


def _missing(role: str, what: str, chinese: str) -> InputError:
    return InputError(
        Text(f"no {role} given", f"没有提供{chinese}图层"),
        remedy=Text(f"Give --{role}: {what}", f"请用 --{role} 提供{chinese}"),
    )
