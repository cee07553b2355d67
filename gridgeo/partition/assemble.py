"""From solved pieces to a partition: dedicated and open grids, verdicts, numbering."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridgeo.model import Partition
from gridgeo.partition.atom_graph import AtomGraph, label_components, positions_by
from gridgeo.partition.band import count_by
from gridgeo.partition.certificates import certificate_of
from gridgeo.partition.pieces import (
    BarrierLink,
    SolvedPiece,
    assign_open_ground,
    open_reason,
    report_barrier_links,
)
from gridgeo.partition.remedy import remedies
from gridgeo.partition.verdicts import (
    LockedGrid,
    Verdict,
    find_community_borders,
    judge_community,
    judge_grid,
)
from gridgeo.wording import FACILITIES, Reason, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.config import Band, OpenGround
    from gridgeo.model import Atoms, Bands

_KINDS = ("basic", "dedicated", "open")
#: columns about each community's search: fields of `Solution`, summed over pieces
_SEARCH_FIGURES = (
    *("starts", "moves", "first_missed", "missed", "first_cost", "cost", "interrupted"),
    *("must_move", "must_flow"),
)


def assemble(
    atoms: Atoms,
    graph: AtomGraph,
    piece: NDArray[np.int64],
    solved: list[SolvedPiece],
    *,
    bands: Bands,
    open_ground: OpenGround,
    joined: list[BarrierLink],
    unit: NDArray[np.int64],
    locked_names: Sequence[str],
) -> Partition:
    """Return the partition of all atoms: the solved pieces, dedicated grids, open ground.

    Parameters
    ----------
    graph, piece, solved
        By unit; `unit` is that of each atom.
    locked_names
        The names of the locked grids by number; may be shorter.
    """
    labels, basic = _label_basic(graph, solved)
    labels, locked_grids = _label_groups(labels, graph.locked, basic)
    basic += locked_grids
    facility = graph.facility
    same = (facility[graph.left] == facility[graph.right]) & (facility[graph.left] >= 0)
    parts = np.where(facility >= 0, label_components(graph, same), -1)
    labels, dedicated = _label_groups(labels, parts, basic)
    labels, joins = assign_open_ground(graph, piece, labels, open_ground)
    stays = int(labels.max()) + 1 - basic - dedicated
    kind = np.repeat([0, 1, 2], [basic, dedicated, stays])
    findings = report_barrier_links(atoms, graph, labels, joined + joins, unit)
    order = _order(graph, labels, kind)
    position = np.argsort(order)
    labels, kind = position[labels], kind[order]
    pieces = _by_community(graph, solved)
    locked = _locked_grids(graph, locked_names)
    verdicts = [
        judge_community(bands.of(c), pieces.get(c, []), locked.get(c, []))
        for c in range(len(atoms.communities))
    ]
    borders = find_community_borders(atoms, graph, unit, bands)
    verdicts = [
        replace(verdict, remedies=remedies(bands.of(c), verdict, pieces.get(c, []), borders))
        for c, verdict in enumerate(verdicts)
    ]
    small = [c for c, verdict in enumerate(verdicts) if verdict.name == "small"]
    grids = _grid_frame(graph, labels, kind, bands, small)
    reasons = _dedicated_reasons(grids, _facility_reasons(atoms))
    names = facility_names(atoms)
    for number in np.flatnonzero(kind == 2).tolist():
        reasons[number] = open_reason(graph, np.flatnonzero(labels == number), names)
    for number, reason in reasons.items():
        stated = [reason.code, reason.text.en, reason.text.zh]
        grids.loc[number, ["reasons", "reason_en", "reason_zh"]] = stated
    return Partition(
        labels=labels[unit],
        grids=grids,
        communities=_community_frame(verdicts, pieces, grids),
        findings=findings,
    )


def facility_names(atoms: Atoms) -> list[Text]:
    """Return the name of each facility by position; its category where it has none."""
    kinds, names = atoms.considered["kind"], atoms.considered["name"]
    return [
        Text(name, name) if name else FACILITIES[kind]
        for kind, name in zip(kinds, names, strict=True)
    ]


def _facility_reasons(atoms: Atoms) -> list[Text]:
    """Return why each facility is, or is not, a dedicated grid, by position, after its name.

    The reason alone where it has no name: it begins with the category.
    """
    considered = atoms.considered[["name", "reason_en", "reason_zh"]]
    return [
        Text(f"{name}: {en}", f"{name}：{zh}") if name else Text(en, zh)
        for name, en, zh in considered.itertuples(index=False)
    ]


def _label_basic(graph: AtomGraph, solved: list[SolvedPiece]) -> tuple[NDArray[np.int64], int]:
    labels = np.full(graph.community.size, -1, dtype=np.int64)
    count = 0
    for piece in solved:
        labels[piece.members] = count + piece.solution.labels
        count += piece.solution.grids
    return labels, count


def _label_groups(
    labels: NDArray[np.int64], group: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], int]:
    """Label each group (-1 for none) from `count` on; return how many there are."""
    taken = group >= 0
    numbers, inverse = np.unique(group[taken], return_inverse=True)
    labels = labels.copy()
    labels[taken] = count + inverse
    return labels, numbers.size


def _locked_grids(graph: AtomGraph, names: Sequence[str]) -> dict[int, list[LockedGrid]]:
    """Return the locked grids of each community, in the order of their numbers."""
    found: dict[int, list[LockedGrid]] = {}
    for number, members in positions_by(graph.locked).items():
        households, residents = count_by(
            np.zeros(members.size, dtype=np.int64),
            1,
            graph.households[members],
            graph.residents[members],
        )
        grid = LockedGrid(
            households=int(households[0]),
            residents=float(residents[0]),
            name=names[number] if number < len(names) else "",
        )
        found.setdefault(int(graph.community[members[0]]), []).append(grid)
    return found


def _order(
    graph: AtomGraph, labels: NDArray[np.int64], kind: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Return the grids by community, kind, north to south, west to east."""
    area = np.bincount(labels, weights=graph.area, minlength=kind.size)
    x, y = (
        np.round(np.bincount(labels, weights=graph.area * a, minlength=kind.size) / area, 2)
        for a in (graph.x - graph.x.min(), graph.y - graph.y.min())
    )
    community = np.zeros(kind.size, dtype=np.int64)
    community[labels] = graph.community
    return np.lexsort((x, -y, kind, community))


def _by_community(graph: AtomGraph, solved: list[SolvedPiece]) -> dict[int, list[SolvedPiece]]:
    pieces: dict[int, list[SolvedPiece]] = {}
    for piece in solved:
        pieces.setdefault(int(graph.community[piece.members[0]]), []).append(piece)
    return pieces


def _grid_frame(
    graph: AtomGraph,
    labels: NDArray[np.int64],
    kind: NDArray[np.int64],
    bands: Bands,
    small: list[int],
) -> pd.DataFrame:
    """Return the frame of the grids, with reasons for the basic ones."""
    community, facility, locked = np.full((3, kind.size), -1, dtype=np.int64)
    community[labels] = graph.community
    np.maximum.at(locked, labels, graph.locked)
    np.maximum.at(facility, labels, graph.facility)
    households, residents = count_by(labels, kind.size, graph.households, graph.residents)
    verdicts = [
        _judge_basic(
            bands.of(community[g]),
            int(households[g]),
            float(residents[g]),
            small=community[g] in small,
            locked=locked[g] >= 0,
        )
        if kind[g] == 0
        else Verdict(name=_KINDS[kind[g]])
        for g in range(kind.size)
    ]
    return pd.DataFrame(
        {
            "kind": [_KINDS[k] for k in kind],
            "community": community,
            "facility": facility,
            "locked": locked,
            **_verdict_columns(verdicts),
        }
    )


def _judge_basic(
    band: Band, households: int, residents: float, *, small: bool, locked: bool
) -> Verdict:
    """Return the verdict of a basic grid; the reason says whether it is locked."""
    verdict = judge_grid(band, households, residents, small=small and not locked)
    if not locked:
        return verdict
    return replace(verdict, reasons=(*verdict.reasons, Reason("locked")))


def _verdict_columns(verdicts: list[Verdict]) -> dict[str, list[str]]:
    """Return verdicts, the codes of their reasons and remedies, and the sentences."""
    texts = [verdict.reason for verdict in verdicts]
    return {
        "verdict": [verdict.name for verdict in verdicts],
        "reasons": [
            ";".join(reason.code for reason in (*verdict.reasons, *verdict.remedies))
            for verdict in verdicts
        ],
        "reason_en": [text.en for text in texts],
        "reason_zh": [text.zh for text in texts],
    }


def _dedicated_reasons(grids: pd.DataFrame, reasons_of: list[Text]) -> dict[int, Reason]:
    """Return the reason of each dedicated grid: its facility's, and which part of how many."""
    reasons: dict[int, Reason] = {}
    dedicated = grids[grids["kind"] == "dedicated"]
    facility = dedicated["facility"].to_numpy(np.int64)
    key = dedicated["community"].to_numpy(np.int64) * (len(reasons_of) + 1) + facility
    for parts in positions_by(key).values():
        code = "facility_part" if parts.size > 1 else "facility"
        for i, part in enumerate(parts, start=1):
            stated = {"why": reasons_of[facility[part]], "part": i, "parts": parts.size}
            reasons[int(dedicated.index[part])] = Reason(code, stated)
    return reasons


def _community_frame(
    verdicts: list[Verdict], pieces: dict[int, list[SolvedPiece]], grids: pd.DataFrame
) -> pd.DataFrame:
    communities = len(verdicts)
    certificates = [
        certificate_of([piece.solution for piece in pieces.get(c, [])])
        if verdict.name == "in_band"
        else ("", np.nan)
        for c, verdict in enumerate(verdicts)
    ]
    basic = grids.loc[grids["kind"] == "basic", "community"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "proof": [verdict.proof for verdict in verdicts],
            **_verdict_columns(verdicts),
            "grids": np.bincount(basic, minlength=communities),
            "certificate": [certificate for certificate, _ in certificates],
            "gap": np.array([gap for _, gap in certificates], dtype=np.float64),
            **_search_figures([pieces.get(c, []) for c in range(communities)]),
        }
    )


def _search_figures(pieces: list[list[SolvedPiece]]) -> dict[str, list[float]]:
    """Return the effort and the results of each community's search, as sums over its pieces."""
    return {
        name: [sum(getattr(piece.solution, name) for piece in of) for of in pieces]
        for name in _SEARCH_FIGURES
    }
