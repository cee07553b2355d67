"""The register: every code that was ever given out, when it was valid, and what came of it.

One row is one *state* of a code: its grid as it was from ``valid_from`` until the day before
``valid_to``. Rows are only ever appended. The one thing that is filled in later, once, is the end
of a state: ``valid_to``, ``status`` and ``successors``. A retired code never comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.codes.lineage import Changes, changes_by, may_keep_code, unique_codes
from gridgeo.codes.register_rules import COLUMNS, SEPARATOR, as_day, check_register
from gridgeo.errors import InputError
from gridgeo.geometry import STAYING_CODES, Overlap, may_succeed
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import CodeScheme

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Register:
    """The states of all codes, in the order in which they were recorded; checked when made.

    ============ =======================================================================
    code         the code, and
    scheme       the id of its scheme
    valid_from   the day from which the state is valid, as ``2026-03-01``
    valid_to     the first day on which it is no longer valid, ``""`` while it is
    status       active (在用), changed (已变更: a later state of the code follows) or
                 retired (已停用: none ever will)
    predecessors codes that its households came from, the same code first, joined by ``;``
    successors   codes that they went to at its end
    change       how it came about: new, reshaped, split, merged
    reason       why, in words
    version      the number of the record that appended it, from 1
    geometry     the grid's ground, where the register is kept with it
    ============ =======================================================================

    Raises
    ------
    InputError
        The table breaks a rule of `gridgeo.codes.register_rules`; the row is named.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        check_register(self.table)

    @property
    def codes(self) -> frozenset[str]:
        """Every code that was ever given out."""
        return frozenset(self.table["code"])

    @property
    def version(self) -> int:
        """The number of the last record, 0 before the first."""
        return int(self.table["version"].max()) if len(self.table) else 0


def empty_register(crs: Any = None) -> Register:
    """Return a register without rows; with a CRS it is kept with the grids' ground.

    Examples
    --------
    >>> empty_register().version
    0
    """
    table = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    if crs is None:
        return Register(table)
    return Register(gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=crs)))


def record(
    register: Register,
    changes: Changes,
    *,
    date: str,
    reason: str,
    reasons: Mapping[str, str] = _NONE,
) -> Register:
    """Return the register with one more record: what changed on `date`, and why.

    The states that end get their last day and their successors; each grid that is new or has
    other ground gets a row, by code. Grids that stay or are redrawn get none; where nothing
    changed, the register comes back as it was.

    Parameters
    ----------
    changes
        From `follow`, or from `numbered` for a first numbering.
    date
        As ``2026-03-01``: not before the last record, and later than the states that it ends.
    reason
        Why; `reasons` has those of single codes.

    Raises
    ------
    InputError
        A code that ends is not in use, a new one was given out before, or the date is too early.
    """
    day, table = as_day(date), register.table
    grids = changes.grids[~changes.grids["change"].isin(STAYING_CODES)].sort_values("code")
    ended = changes.old[~changes.old["change"].isin(STAYING_CODES)]
    if not len(grids) and not len(ended):
        return register
    _check_date(register, day)
    rows = _rows_to_end(register, ended["code"].tolist(), day)
    going_on = set(grids["code"]) & set(ended["code"])
    _check_fresh(register, [code for code in grids["code"] if code not in going_on])
    closed = table.copy()
    closed.loc[rows, "valid_to"] = day
    status = ["changed" if code in going_on else "retired" for code in ended["code"]]
    closed.loc[rows, "status"] = status
    closed.loc[rows, "successors"] = [SEPARATOR.join(codes) for codes in ended["successors"]]
    why = [reasons.get(code, reason) for code in grids["code"]]
    fresh = _fresh_rows(grids, table, day=day, version=register.version + 1, why=why)
    parts = [part for part in (closed, fresh) if len(part)]
    return Register(pd.concat(parts, ignore_index=True))


def _check_date(register: Register, day: str) -> None:
    last = register.table["valid_from"].max() if len(register.table) else ""
    if day < last:
        raise InputError(
            Text(f"the last record is of {last}", f"上一次登记的日期为 {last}"),
            field="date",
            value=day,
            remedy=Text("Records follow each other in time", "登记须按时间先后进行"),
        )


def _rows_to_end(register: Register, codes: list[str], day: str) -> list[int]:
    """Return the rows of the active states of `codes`."""
    active = register.table[register.table["status"] == "active"]
    row_of = dict(zip(active["code"], active.index.tolist(), strict=True))
    begun = active["valid_from"].to_dict()
    for code in codes:
        if code not in row_of:
            raise _not_in_use(register, code)
        if begun[row_of[code]] >= day:
            raise InputError(
                Text(f"code {code} changed on {day} already", f"编码 {code} 在 {day} 已有变更"),
                field="date",
                value=day,
                remedy=Text(
                    "Record changes of one day together, or take the day after",
                    "同一天的变更请一次登记，或改用后一天",
                ),
            )
    return [row_of[code] for code in codes]


def _not_in_use(register: Register, code: str) -> InputError:
    reason = (
        Text(f"code {code} was retired", f"编码 {code} 已停用")
        if code in register.codes
        else Text(f"code {code} is not in the register", f"登记表中没有编码 {code}")
    )
    remedy = Text(
        "Record the first numbering of these grids before their changes",
        "请先登记这些网格的首次编码，再登记变更",
    )
    return InputError(reason, layer="register", field="code", value=code, remedy=remedy)


def _check_fresh(register: Register, codes: Iterable[str]) -> None:
    for code in sorted(register.codes.intersection(codes)):
        raise InputError(
            Text(f"code {code} was given out before", f"编码 {code} 曾经发放，不得重复使用"),
            layer="register",
            field="code",
            value=code,
            remedy=Text("Take the next free number", "请使用下一个空闲编号"),
        )


def _fresh_rows(
    grids: pd.DataFrame, table: pd.DataFrame, *, day: str, version: int, why: list[str]
) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "code": grids["code"].to_numpy(dtype=object),
            "scheme": grids["scheme"].to_numpy(dtype=object),
            "valid_from": day,
            "valid_to": "",
            "status": "active",
            "predecessors": [SEPARATOR.join(codes) for codes in grids["predecessors"]],
            "successors": "",
            "change": grids["change"].to_numpy(dtype=object),
            "reason": why,
            "version": version,
        }
    ).astype(dict(COLUMNS))
    if not isinstance(table, gpd.GeoDataFrame):
        return rows
    return gpd.GeoDataFrame(rows, geometry=_ground(grids, table))


def _ground(grids: pd.DataFrame, table: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the ground of grids, which must be in the CRS of the register."""
    crs = grids.crs if isinstance(grids, gpd.GeoDataFrame) else None
    if crs != table.crs:
        raise InputError(
            Text(
                f"the grids are in {crs}, the register in {table.crs}",
                f"网格坐标系为 {crs}，登记表为 {table.crs}",
            ),
            layer="grids",
            remedy=Text("Convert the grids first", "请先转换网格坐标系"),
        )
    return gpd.GeoSeries(grids.geometry.to_numpy(), crs=table.crs)


def in_use(register: Register, communities: gpd.GeoDataFrame, scheme: CodeScheme) -> pd.DataFrame:
    """Return the active states of the codes of an area, by code.

    A state belongs to the area where its code has one of its communities, or where more than half
    of its ground lies in them.

    Parameters
    ----------
    communities
        code and geometry, in one projected metre CRS.

    Returns
    -------
    pandas.DataFrame
        The rows of the register; a GeoDataFrame in the CRS of `communities` where it has ground.
    """
    active = register.table[register.table["status"] == "active"].sort_values("code")
    active = active.reset_index(drop=True)
    parents = set(communities["code"])
    parsed = [scheme.parse(code) for code in active["code"]]
    inside = np.array(
        [code is not None and code.community in parents for code in parsed], dtype=bool
    )
    if isinstance(active, gpd.GeoDataFrame):
        if communities.crs is not None and active.crs != communities.crs:
            active = active.to_crs(communities.crs)
        rows = np.flatnonzero(~inside)
        inside[rows] = _mostly_in(active.geometry.to_numpy()[rows], communities)
    return active[inside].reset_index(drop=True)


def _mostly_in(ground: NDArray[np.object_], area: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    outlines = shapely.make_valid(area.geometry.to_numpy())
    state, place = shapely.STRtree(outlines).query(ground, predicate="intersects")
    shared = shapely.area(shapely.intersection(ground[state], outlines[place]))
    shared_m2 = np.bincount(state, shared, len(ground))
    mostly: NDArray[np.bool_] = shared_m2 * 2 > shapely.area(ground)
    return mostly


def lineage_of_coded(
    old: pd.DataFrame, new: gpd.GeoDataFrame, shared: Overlap, *, scheme: CodeScheme
) -> Changes:
    """Return what became of old grids where the new ones already have their codes.

    Parameters
    ----------
    old
        code, and kind where it is known; one row for each old grid of `shared`.
    new
        code, kind, community_code and geometry; one row for each new grid of `shared`.

    Raises
    ------
    InputError
        A code is missing or there twice, or stands on ground that does not continue its old grid
        (`gridgeo.geometry.correspondence`): then codes did not follow the households.

    Examples
    --------
    >>> from shapely import box
    >>> from gridgeo.codes import overlap_of_grids
    >>> from gridgeo.config import Codes
    >>> was = gpd.GeoDataFrame({"code": ["420102001001001"]}, geometry=[box(0, 0, 9, 1)])
    >>> parts = gpd.GeoDataFrame(
    ...     {"code": ["420102001001001", "420102001001002"], "kind": "basic",
    ...      "community_code": "420102001001"}, geometry=[box(0, 0, 5, 1), box(5, 0, 9, 1)])
    >>> shared = overlap_of_grids(
    ...     was.geometry.to_numpy(), parts.geometry.to_numpy(), households=np.array([900]))
    >>> lineage_of_coded(was, parts, shared, scheme=Codes().code_scheme).old["successors"].tolist()
    [('420102001001001', '420102001001002')]
    """
    before, after = unique_codes(old["code"].tolist()), unique_codes(new["code"].tolist())
    place = {code: position for position, code in enumerate(after)}
    successor = np.array([place.get(code, -1) for code in before], dtype=np.int64)
    allowed = may_keep_code(before, old, new, shared, scheme)
    rows = may_succeed(shared, allowed=allowed)
    rows = rows[successor[shared.old[rows]] == shared.new[rows]]
    kept = set(shared.old[rows].tolist())
    _check_codes_kept(
        [code for n, code in enumerate(before) if successor[n] >= 0 and n not in kept]
    )
    return changes_by(before, new.assign(scheme=scheme.id), shared, successor, after)


def _check_codes_kept(lost: Collection[str]) -> None:
    for code in sorted(lost)[:1]:
        raise InputError(
            Text(
                f"code {code} stands on other ground than in the register ({len(lost)} codes do): "
                "codes did not follow the households",
                f"编码 {code} 所在位置与登记表不符（共 {len(lost)} 个）：编码没有随住户延续",
            ),
            field="code",
            value=code,
            remedy=Text(
                "Make the plan with --codes REGISTER: then the codes carry on",
                "请在划分时加 --codes 登记表，使编码按规则延续",
            ),
        )
