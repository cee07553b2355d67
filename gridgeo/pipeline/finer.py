"""Communities that cannot be met with the atoms they have are tried again with finer ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.model import MISSED_VERDICTS, Atoms, Bands, Finding, Partition


def unmet_communities(atoms: Atoms, labels: Partition, bands: Bands) -> list[int]:
    """Return the positions of communities that finer atoms might bring into the band.

    Those that were not met for another reason than arithmetic, and have no atom that is too
    large for any grid: such an atom is a single building or group already.
    """
    missed = labels.communities["verdict"].isin(["impossible", "not_found"])
    missed &= labels.communities["proof"] != "arithmetic"
    ordinary = atoms.frame[atoms.frame["facility"] < 0]
    upper = ordinary["community"].map(lambda position: bands.of(position).upper)
    giant = ordinary.loc[ordinary["households"] > upper, "community"]
    missed &= ~labels.communities.index.isin(giant)
    return [int(position) for position in np.flatnonzero(missed)]


def only_communities(atoms: Atoms, wanted: Collection[int]) -> Atoms:
    """Return the atoms of some communities; positions of communities stay as they are."""
    kept = np.flatnonzero(atoms.frame["community"].isin(wanted))
    number = np.full(len(atoms.frame) + 1, -1)
    number[kept] = np.arange(len(kept))
    left = number[atoms.borders["left"].to_numpy()]
    right = number[atoms.borders["right"].to_numpy()]
    borders = atoms.borders.assign(left=left, right=right)[left >= 0]
    return replace(
        atoms,
        frame=atoms.frame.iloc[kept].reset_index(drop=True),
        borders=borders.reset_index(drop=True),
        household_atom=number[atoms.household_atom],
    )


def patch_partition(
    first: Partition, coarse: Atoms, again: Partition, fine: Atoms, wanted: Collection[int]
) -> Partition:
    """Return the partition of the `fine` atoms: `again` in the communities `wanted`, else `first`.

    Parameters
    ----------
    first, coarse
        The first partition and its atoms.
    again, fine
        The partition of ``only_communities(fine, wanted)``, and all finer atoms. Outside
        `wanted` both sets of atoms are the same, in the same order.
    """
    renewed = fine.frame["community"].isin(wanted).to_numpy()
    labels = np.empty(len(fine.frame), dtype=np.int64)
    labels[~renewed] = first.labels[~coarse.frame["community"].isin(wanted).to_numpy()]
    labels[renewed] = len(first.grids) + again.labels
    grids = pd.concat([first.grids, again.grids], ignore_index=True)
    used = np.unique(labels)
    order = used[np.argsort(grids.loc[used, "community"].to_numpy(), kind="stable")]
    number = np.full(len(grids), -1)
    number[order] = np.arange(len(order))
    communities = first.communities.copy()
    communities.loc[list(wanted)] = again.communities.loc[list(wanted)]
    kept = tuple(f for f in first.findings if not _in_any(f, coarse, wanted))
    return Partition(
        labels=number[labels],
        grids=grids.loc[order].reset_index(drop=True),
        communities=communities,
        findings=(*kept, *again.findings),
    )


def missed_grids(labels: Partition, communities: Collection[int]) -> int:
    """Return how many basic grids of some communities are under or over the band."""
    grids = labels.grids[labels.grids["community"].isin(communities)]
    return int(grids["verdict"].isin(MISSED_VERDICTS).sum())


def _in_any(finding: Finding, atoms: Atoms, communities: Collection[int]) -> bool:
    if finding.where is None:
        return False
    outlines: NDArray[Any] = atoms.communities.geometry.to_numpy()[list(communities)]
    point = finding.where.representative_point()
    return any(outline.intersects(point) for outline in outlines)
