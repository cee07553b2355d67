"""Where households live, read without communities: what moves when grids change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
from pyproj import CRS

from gridgeo.config import ROLES, ReadRules
from gridgeo.model import Note, Reject
from gridgeo.read.columns import check_columns
from gridgeo.read.context import Ground, Journal, RawLayer
from gridgeo.read.layers import clean_homes
from gridgeo.read.load import load


@dataclass(frozen=True, kw_only=True)
class HomeFile:
    """Points with households and residents, and what was put aside and understood."""

    homes: gpd.GeoDataFrame
    rejects: tuple[Reject, ...]
    notes: tuple[Note, ...]


def read_homes(rules: ReadRules, *, crs: CRS) -> HomeFile | None:
    """Return the households of ``rules.inputs``, as points in `crs`; None where there are none.

    Household points or polygons; without them the atoms, each as one point inside it.

    Raises
    ------
    InputError
        The layers cannot be read, or have no counts.
    """
    role = "households" if rules.inputs.get("households") else "atoms"
    sources = rules.inputs.get(role, ())
    if not sources:
        return None
    rules = _as_households(rules) if role == "atoms" else rules
    journal = Journal()
    found = [load(source, "households", rules, journal) for source in sources]
    check_columns("households", found, rules)
    raws: dict[str, list[RawLayer]] = {name: [] for name in ROLES} | {"households": found}
    ground = Ground(rules=rules, journal=journal, crs=crs)
    _, homes, _ = clean_homes(raws, "households", ground)
    return HomeFile(
        homes=homes,
        rejects=tuple(journal.rejects),
        notes=tuple(dict.fromkeys(journal.notes)),
    )


def _as_households(rules: ReadRules) -> ReadRules:
    """Return the rules with what they say of atoms said of households."""

    def turned(told: Mapping[str, str]) -> dict[str, str]:
        return {
            f"households{name.removeprefix('atoms')}": value
            for name, value in told.items()
            if name.partition(".")[0] == "atoms"
        }

    return replace(
        rules,
        columns=turned(rules.columns),
        crs=turned(rules.crs),
        datum=turned(rules.datum),
        encoding=turned(rules.encoding),
    )
