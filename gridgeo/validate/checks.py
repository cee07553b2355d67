"""The checks in their order, and the judgement that they make up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridgeo.config import Band, Codes
from gridgeo.model import Bands, Finding
from gridgeo.validate.barriers import barriers_respected
from gridgeo.validate.case import Case, unplaced
from gridgeo.validate.codes import (
    codes_all_there,
    codes_in_place,
    codes_no_class,
    codes_not_reissued,
    codes_parented,
    codes_registered,
    codes_unique,
    codes_wellformed,
    segments_usual,
)
from gridgeo.validate.contents import (
    attributes_complete,
    buildings_whole,
    compounds_whole,
    dedicated_without_homes,
    facilities_dedicated,
)
from gridgeo.validate.counts import households_once, in_band, totals_conserved
from gridgeo.validate.examined import Examined, examined_by
from gridgeo.validate.place import out_of_place
from gridgeo.validate.quality import GroundQuality, ground_quality
from gridgeo.validate.reach import within_reach
from gridgeo.validate.records import area_as_stated, counts_dated, names_unique
from gridgeo.validate.shape import (
    difference_m2,
    fills_community,
    inside_community,
    no_enclave,
    no_overlap,
    one_part,
    valid_geometry,
)
from gridgeo.validate.streets import borders_on_ground, on_streets, share_on_streets
from gridgeo.validate.subject import Subject
from gridgeo.validate.thin import no_thin_part

_Check = Callable[[Case], Iterator[Finding]]

#: Each check is one function, named by what is true when all is well; this is their order.
CHECKS: tuple[_Check, ...] = (
    valid_geometry,
    fills_community,
    no_overlap,
    inside_community,
    one_part,
    no_enclave,
    no_thin_part,
    codes_wellformed,
    codes_unique,
    codes_parented,
    segments_usual,
    codes_no_class,
    codes_registered,
    codes_not_reissued,
    codes_in_place,
    codes_all_there,
    households_once,
    totals_conserved,
    in_band,
    within_reach,
    on_streets,
    barriers_respected,
    borders_on_ground,
    compounds_whole,
    buildings_whole,
    facilities_dedicated,
    dedicated_without_homes,
    attributes_complete,
    names_unique,
    area_as_stated,
    counts_dated,
)
#: The checks that say something of grids wherever they lie.
_WHEREVER = (
    *(valid_geometry, codes_wellformed, codes_unique, segments_usual, codes_no_class),
    *(codes_registered, codes_not_reissued, codes_all_there, attributes_complete),
    *(names_unique, area_as_stated, counts_dated),
)

#: The checks that a repair of the geometry can change.
_SHAPE_CHECKS: tuple[_Check, ...] = (
    valid_geometry,
    fills_community,
    no_overlap,
    inside_community,
    one_part,
    no_enclave,
    no_thin_part,
    households_once,
)


def validate(subject: Subject, *, band: Band | Bands, codes: Codes) -> tuple[Finding, ...]:
    """Return the findings of all `CHECKS` about a partition.

    Nothing stops at the first finding, and no geometry stops a check. Broken hard rules are
    errors; the band, streets, open ground, compounds, buildings, enclaves, thin parts, unusual
    codes, facilities without a grid and incomplete records are warnings; what is below a
    tolerance, allowed, cannot be otherwise, or could not be checked for lack of a layer (rule
    ``not_checked``) is an info. Findings follow `CHECKS`, then the codes of their grids: the order
    of rows changes nothing.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> place = {"code": ["420102001001"], "name": ["A"]}
    >>> town = gpd.GeoDataFrame(place, geometry=[box(0, 0, 20, 10)])
    >>> grids = gpd.GeoDataFrame(
    ...     {"code": ["420102001001001"], "name": ["A 1"], "kind": ["basic"],
    ...      "community": ["420102001001"], "households": [400], "residents": [1000.0]},
    ...     geometry=[box(0, 0, 18, 10)])
    >>> for finding in validate(Subject(grids=grids, communities=town), band=Band(), codes=Codes()):
    ...     print(finding.severity, finding.message)
    error 20.0 m2 of community A belong to no grid
    info households_once was not checked: there are no household points
    info totals_conserved was not checked: there are no household points
    info on_streets was not checked: there are no streets and barriers
    info facilities_dedicated was not checked: there are no facilities
    """
    return _findings(Case(subject=subject, band=band, codes=codes))


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The result of all checks of a partition.

    Parameters
    ----------
    findings
        As `validate` returns them.
    area_difference_m2
        As `area_difference` returns it.
    street_share
        As `street_share` returns it.
    ground
        What the ground is like.
    parents
        As `community_of` returns them.
    examined
        For each check what it examined.
    """

    findings: tuple[Finding, ...]
    examined: tuple[Examined, ...]
    area_difference_m2: float
    street_share: float | None
    ground: GroundQuality
    parents: NDArray[np.intp]


def judge(subject: Subject, *, band: Band | Bands, codes: Codes) -> Judgement:
    """Return findings, figures and communities of a partition, at the price of the findings."""
    case = Case(subject=subject, band=band, codes=codes)
    findings = _findings(case)
    return Judgement(
        findings=findings,
        examined=examined_by([getattr(check, "__name__", "") for check in CHECKS], case, findings),
        area_difference_m2=difference_m2(case),
        street_share=share_on_streets(case),
        ground=ground_quality(case),
        parents=case.parents,
    )


def judge_shape(subject: Subject) -> tuple[Finding, ...]:
    """Return what `_SHAPE_CHECKS` find: all that a repair of the geometry can change."""
    return _findings(Case(subject=subject, band=Band(), codes=Codes()), _SHAPE_CHECKS)


def community_of(subject: Subject) -> NDArray[np.intp]:
    """Return the community of each grid: the one it states, else that of the largest overlap.

    Positions in ``subject.communities``, -1 where there is neither.
    """
    return Case(subject=subject, band=Band(), codes=Codes()).parents


def _findings(case: Case, checks: tuple[_Check, ...] = CHECKS) -> tuple[Finding, ...]:
    """Return what checks find; where all grids lie elsewhere, that and what holds anywhere."""
    elsewhere = out_of_place(case) if checks is CHECKS else None
    done = checks if elsewhere is None else _WHEREVER
    found = tuple(finding for check in done for finding in sorted(check(case), key=_place))
    if elsewhere is None:
        return found
    left = [getattr(check, "__name__", "") for check in checks if check not in _WHEREVER]
    return (elsewhere, *found, *map(unplaced, left))


def _place(finding: Finding) -> tuple[object, ...]:
    bounds = () if finding.where is None else finding.where.bounds
    return finding.grids, finding.message.en, bounds
