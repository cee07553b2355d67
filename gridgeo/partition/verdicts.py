"""What is known of grids: geometry, counts, cost terms, parts, borders of communities, verdicts.

Verdicts have reasons that `gridgeo.wording` puts into words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.model import JudgedCount, deciding_counts, is_small, judge_counts
from gridgeo.partition.atom_graph import label_components, positions_by, problem_of, sum_by
from gridgeo.partition.band import count_by, residents_known, total_residents
from gridgeo.partition.kernel import COST, build_csr_graph, evaluate_grids, objective_of
from gridgeo.partition.proofs import Proof, prove_impossible
from gridgeo.wording import Reason, reasons_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.config import Band, Weights
    from gridgeo.model import Atoms, Bands, Partition
    from gridgeo.partition.atom_graph import AtomGraph
    from gridgeo.partition.pieces import SolvedPiece
    from gridgeo.partition.problem import Problem
    from gridgeo.wording import Text


def dissolve(atoms: Atoms, partition: Partition) -> gpd.GeoDataFrame:
    """Return the grids with their geometry and counts.

    Parameters
    ----------
    atoms
        A valid, noded coverage.
    partition
        The labels of these atoms.

    Returns
    -------
    GeoDataFrame
        Indexed by label, in the CRS of the atoms: kind, community, facility, verdict,
        reason_en, reason_zh, households (int64), residents (float64, NaN where unknown),
        area_m2, parts (polygons), geometry. The borders of a grid are those of its atoms,
        vertex by vertex, so no gap can open.
    """
    geometry = atoms.frame.geometry.to_numpy()
    groups = positions_by(partition.labels)
    merged = np.array([union_of(geometry[members]) for members in groups.values()], dtype=object)
    households, residents = count_by(
        partition.labels,
        len(partition.grids),
        atoms.frame["households"].to_numpy(np.int64),
        atoms.frame["residents"].to_numpy(np.float64),
    )
    counted = partition.grids.assign(
        households=households,
        residents=residents,
        area_m2=shapely.area(merged),
        parts=shapely.get_num_geometries(merged),
    )
    return gpd.GeoDataFrame(counted, geometry=merged, crs=atoms.frame.crs)


def union_of(geometry: NDArray[np.object_]) -> Any:
    """Return the union of atoms, as a coverage where they really are one."""
    merged = shapely.coverage_union_all(geometry)
    whole = np.isclose(shapely.area(merged), shapely.area(geometry).sum(), rtol=1e-9, atol=1e-6)
    if not (whole and shapely.is_valid(merged)):
        merged = shapely.union_all(geometry)
    return merged


#: The terms of the cost, as in ``docs/costs.md``.
COST_TERMS = ("borders_m", "straddled_m", "balance_m", "compactness_m")


def grid_costs(
    graph: AtomGraph, labels: NDArray[np.int64], *, bands: Bands, weights: Weights
) -> pd.DataFrame:
    """Return the cost terms of each grid.

    Parameters
    ----------
    graph
        The atom graph, built with the same weights.
    labels
        int64[n], the grid of each atom, 0..g-1; -1 for atoms of dedicated and open grids, which
        cost nothing. A grid lies in one community.
    bands, weights
        As for `partition_atoms`, which returns the cheapest partition that it finds.

    Returns
    -------
    DataFrame
        By label the terms of the cost in metres, `COST_TERMS`; 0 for labels that no atom has. Of a
        border between two grids each gets half, so the sum over a community is its cost.

    Examples
    --------
    >>> import gridgeo as gg
    >>> from gridgeo.adjust import try_edits
    >>> trial = try_edits(gg.load("out"))
    >>> plan = trial.plan
    >>> labels = pd.factorize(plan.atoms["grid"], sort=True)[0]
    >>> prices = grid_costs(
    ...     trial.ground, labels, bands=trial.bands, weights=plan.settings.weights
    ... )
    >>> list(prices)
    ['borders_m', 'straddled_m', 'balance_m', 'compactness_m']
    >>> prices["balance_m"].tolist()  # all have 400 households, the middle of the band
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    grids = int(labels.max(initial=-1)) + 1
    inside = (labels[graph.left] >= 0) & (labels[graph.right] >= 0)
    left, right = labels[graph.left][inside], labels[graph.right][inside]
    cut, cut_m, straddle_m = left != right, graph.cut_m[inside], graph.straddle_m[inside]
    balance, compactness = _grid_terms(graph, labels, grids, bands, weights)
    return pd.DataFrame(
        {
            "borders_m": (sum_by(left, cut_m * cut, grids) + sum_by(right, cut_m * cut, grids)) / 2,
            "straddled_m": sum_by(left, straddle_m * ~cut, grids),
            "balance_m": balance,
            "compactness_m": compactness,
        }
    )


def count_parts(graph: AtomGraph, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of pieces of each grid 0..g-1; any common border connects.

    Atoms labelled -1 are in no grid.
    """
    grids = int(labels.max(initial=-1)) + 1
    same = labels[graph.left] == labels[graph.right]
    piece = label_components(graph, same & (labels[graph.left] >= 0))
    pieces = np.unique(np.stack([labels, piece])[:, labels >= 0], axis=1)[0]
    return np.bincount(pieces, minlength=grids)


def _grid_terms(
    graph: AtomGraph,
    labels: NDArray[np.int64],
    grids: int,
    bands: Bands,
    weights: Weights,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the balance and the compactness term of each grid, by the band of its community."""
    members = np.flatnonzero(labels >= 0)
    whole = problem_of(graph, members, np.empty(0, dtype=np.int64), weights)
    csr_graph, grid_of_member = (
        build_csr_graph(_with_local_origin(whole)),
        labels[members].astype(np.int32),
    )
    community = np.full(grids, -1)
    community[grid_of_member] = graph.community[members]
    by_band: dict[Band, list[int]] = {}
    for grid in np.unique(grid_of_member).tolist():
        by_band.setdefault(bands.of(community[grid]), []).append(grid)
    balance, compactness = np.zeros(grids), np.zeros(grids)
    for band, chosen in by_band.items():
        objective = objective_of(whole, band)
        even = evaluate_grids(
            csr_graph, objective._replace(compactness=0.0), grid_of_member, grids
        )[1]
        shape = evaluate_grids(csr_graph, objective._replace(balance_m=0.0), grid_of_member, grids)[
            1
        ]
        balance[chosen], compactness[chosen] = even[chosen, COST], shape[chosen, COST]
    return balance, compactness


def _with_local_origin(problem: Problem) -> Problem:
    """Return the problem with coordinates from its own corner, so that small numbers stay exact."""
    if not problem.x.size:
        return problem
    return replace(problem, x=problem.x - problem.x.min(), y=problem.y - problem.y.min())


@dataclass(frozen=True, kw_only=True)
class NeighbourCommunity:
    """A community that shares a border: its name, band, and totals outside dedicated grids.

    ``residents`` is NaN where those of any atom are unknown.
    """

    name: str
    band: Band
    households: int
    residents: float


@dataclass(frozen=True, kw_only=True)
class CommunityBorders:
    """All communities, and the borders between atoms of two of them."""

    communities: tuple[NeighbourCommunity, ...]
    #: by border: unit on this side, community on the other side, metres
    unit: NDArray[np.int64]
    other: NDArray[np.int64]
    border_m: NDArray[np.float64]

    def around(self, units: NDArray[np.int64]) -> list[NeighbourCommunity]:
        """Return the communities that adjoin these units, the longest border first."""
        inside = np.isin(self.unit, units)
        shared = np.bincount(self.other[inside], self.border_m[inside], len(self.communities))
        order = np.lexsort((np.arange(shared.size), -np.round(shared, 3)))
        return [self.communities[c] for c in order if shared[c] > 0]


def find_community_borders(
    atoms: Atoms, graph: AtomGraph, unit: NDArray[np.int64], bands: Bands
) -> CommunityBorders:
    """Return the borders between communities; `graph` is by unit, `unit` that of each atom."""
    names = atoms.communities["name"].tolist()
    size = len(names)
    free = (graph.facility < 0) & (graph.locked < 0)
    is_known = residents_known(graph.households, graph.residents)
    households = np.bincount(graph.community[free], graph.households[free], size)
    residents = np.bincount(graph.community[free], np.nan_to_num(graph.residents[free]), size)
    unknown = np.bincount(graph.community[free], ~is_known[free], size) > 0
    left, right = (atoms.borders[side].to_numpy(np.int64) for side in ("left", "right"))
    community = graph.community[unit]
    across = (right >= 0) & (community[left] != community[right])
    ends = np.concatenate([left[across], right[across]])
    others = np.concatenate([right[across], left[across]])
    return CommunityBorders(
        communities=tuple(
            NeighbourCommunity(
                name=name,
                band=bands.of(c),
                households=int(households[c]),
                residents=float("nan") if unknown[c] else float(residents[c]),
            )
            for c, name in enumerate(names)
        ),
        unit=unit[ends],
        other=community[others],
        border_m=np.tile(atoms.borders["border_m"].to_numpy(np.float64)[across], 2),
    )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A verdict, its proof (``""``, ``arithmetic``, ``atom``, ``disconnected``) and its reasons.

    ``remedies``: what would bring the community into the band.
    """

    name: str
    reasons: tuple[Reason, ...] = ()
    proof: str = ""
    remedies: tuple[Reason, ...] = ()

    @property
    def reason(self) -> Text:
        """The reasons and remedies in words."""
        return reasons_text(self.reasons, self.remedies)


def judge_grid(band: Band, households: int, residents: float, *, small: bool) -> Verdict:
    """Return the verdict of a basic grid; `small` when its whole community is below the limit.

    Parameters
    ----------
    households, residents
        The counts of the grid; NaN where residents are unknown.
    """
    judged = judge_counts(band, households, residents)
    if judged.verdict == "in_band":
        reason = Reason(f"by_{judged.measure}", {"number": judged.amount})
        return Verdict(name="in_band", reasons=(reason,))
    if small:
        reason = Reason("small_grid", {"households": households, "residents": residents})
        return Verdict(name="small", reasons=(reason,))
    counts = deciding_counts(band, households, residents)
    return Verdict(name=judged.verdict, reasons=tuple(_off(one) for one in counts))


def _off(judged: JudgedCount) -> Reason:
    number = round(judged.amount)
    below = number < judged.lower
    limit = judged.lower if below else judged.upper
    return Reason(
        "below_limit" if below else "above_limit",
        {"number": number, "off": abs(number - limit), "limit": limit, "unit": judged.measure},
    )


@dataclass(frozen=True, kw_only=True)
class LockedGrid:
    """The counts of a locked grid, and its name (``""`` for none)."""

    households: int
    residents: float
    name: str


def judge_community(
    band: Band, pieces: list[SolvedPiece], locked: Sequence[LockedGrid] = ()
) -> Verdict:
    """Return the verdict of a community from its pieces that hold households.

    Parameters
    ----------
    pieces
        All of them, solved; none where nobody lives outside dedicated and locked grids.
    locked
        Its locked grids: one outside the band is an ``atom`` that nothing can change.
    """
    if not pieces and not locked:
        return Verdict(name="small", reasons=(Reason("nobody"),))
    households, residents = _counts_of(pieces, locked)
    people = total_residents(households, residents)
    counts = {"households": int(households.sum()), "residents": people}
    grids = sum(piece.solution.grids for piece in pieces) + len(locked)
    off = _locked_off(band, locked)
    missed = any(piece.solution.missed for piece in pieces)
    if not missed and not off:
        return Verdict(name="in_band", reasons=(Reason("all_in_band", counts | {"grids": grids}),))
    if is_small(band, float(households.sum()), people):
        return Verdict(name="small", reasons=(Reason("small_community", counts),))
    proofs = off + (prove_impossible(band, pieces) if missed else [])
    if proofs:
        reasons = tuple(reason for proof in proofs for reason in proof.reasons)
        return Verdict(name="impossible", proof=proofs[0].kind, reasons=reasons)
    return _not_found(band, pieces, grids)


def _counts_of(
    pieces: list[SolvedPiece], locked: Sequence[LockedGrid]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return households and residents of all atoms of the pieces, then of the locked grids."""
    households = [piece.problem.households for piece in pieces]
    residents = [piece.problem.residents for piece in pieces]
    households.append(np.array([grid.households for grid in locked], dtype=np.int64))
    residents.append(np.array([grid.residents for grid in locked], dtype=np.float64))
    return np.concatenate(households), np.concatenate(residents)


def _locked_off(band: Band, locked: Sequence[LockedGrid]) -> list[Proof]:
    """Return the proofs by locked grids outside the band."""
    proofs = []
    for grid in locked:
        judged = judge_grid(band, grid.households, grid.residents, small=False)
        if judged.name != "in_band":
            code = "locked_grid" if grid.name else "nameless_locked_grid"
            reason = Reason(code, {"name": grid.name, "why": judged.reason})
            proofs.append(Proof(kind="atom", reasons=(reason,)))
    return proofs


def _count_out_of_band(band: Band, piece: SolvedPiece) -> int:
    """Return how many grids of a piece miss the band, each counted once however large it is."""
    found, problem = piece.solution, piece.problem
    counts = count_by(found.labels, found.grids, problem.households, problem.residents)
    counts_of_grids = zip(*(column.tolist() for column in counts), strict=True)
    judged = (judge_grid(band, *one, small=False) for one in counts_of_grids)
    return sum(one.name != "in_band" for one in judged)


def _not_found(band: Band, pieces: list[SolvedPiece], grids: int) -> Verdict:
    missed = sum(_count_out_of_band(band, piece) for piece in pieces)
    distance = math.ceil(sum(piece.solution.distance for piece in pieces))
    moves = sum(piece.solution.moves for piece in pieces)
    found = {"missed": missed, "grids": grids, "distance": distance, "moves": moves}
    return Verdict(name="not_found", reasons=(Reason("not_found", found),))
