"""Solver instances: those of a folder, scores, and a generator of more like them.

An instance is one community's atoms as arrays: ``h`` households, ``people``, ``x``, ``y``,
``area``, ``outer`` (metres of border on the rim), ``eu``, ``ev`` (the atoms of each inner border),
``elen`` (its metres), ``k`` grids with 400 households on average.

::

    python -m benchmarks.instances FOLDER --kind lumpy --grids 25 --seed 7
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.config import Band
from gridgeo.partition import Problem

Instance = Mapping[str, NDArray[Any]]

BAND = Band(lower=300, upper=500, profile="households")
MIDDLE = 400
#: metres that a grid at an end of the band costs: a little balance
BALANCE_M = 10.0
#: mean atoms of a grid, median and spread (of the logarithm) of households, the most of an atom
KINDS = {"blocks": (40, 6.0, 1.03, 150), "lumpy": (14, 9.0, 1.66, 290)}
SIDE_M, JITTER, MERGED = 62.0, 0.28, 0.08


def main() -> None:
    """Write generated instances."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=sorted(KINDS), nargs="+", default=sorted(KINDS))
    parser.add_argument("--grids", type=int, nargs="+", default=[5, 25, 100])
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for kind in given.kind:
        for k in given.grids:
            for seed in given.seed:
                path = given.folder / f"{kind}_k{k}_s{seed}.npz"
                np.savez_compressed(path, **generate(kind, k, seed))
                print(path)


def generate(kind: str, k: int, seed: int) -> Instance:
    """Return a town of four-cornered blocks, some of them merged, with uneven households."""
    atoms, median, spread, most = KINDS[kind]
    rng = np.random.default_rng([seed, k, sorted(KINDS).index(kind)])
    cells = round(k * atoms / (1 - MERGED))
    columns = round(np.sqrt(cells * rng.uniform(0.8, 1.6)))
    rows = -(-cells // columns)
    town = merge(*lattice(rows, columns, rng), rng)
    h = drawn_households(town["x"].size, k * MIDDLE, (median, spread, most), rng)
    return {**town, "h": h, "people": np.round(2.5 * h), "k": np.array(k), "seed": np.array(seed)}


def lattice(rows: int, columns: int, rng: np.random.Generator) -> tuple[Instance, NDArray[Any]]:
    """Return the cells of a crooked lattice, and its borders as (left, right or -1, metres)."""
    corner = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    corner = SIDE_M * (corner + rng.uniform(-JITTER, JITTER, corner.shape))
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    across, along = c - a, d - b
    area = np.abs(across[..., 0] * along[..., 1] - across[..., 1] * along[..., 0]) / 2
    centre = (a + b + c + d) / 4
    number = np.pad(np.arange(rows * columns).reshape(rows, columns), 1, constant_values=-1)
    upright = np.linalg.norm(np.diff(corner, axis=0), axis=-1)
    level = np.linalg.norm(np.diff(corner, axis=1), axis=-1)
    beside = np.stack([number[1:-1, :-1], number[1:-1, 1:], upright], axis=-1).reshape(-1, 3)
    above = np.stack([number[:-1, 1:-1], number[1:, 1:-1], level], axis=-1).reshape(-1, 3)
    cells = {"x": centre[..., 0].ravel(), "y": centre[..., 1].ravel(), "area": area.ravel()}
    return cells, np.concatenate([beside, above])


def merge(cells: Instance, borders: NDArray[Any], rng: np.random.Generator) -> Instance:
    """Return the atoms: cells, some of them merged with a neighbour."""
    n = cells["x"].size
    ends = borders[:, :2].astype(int)
    inner = np.flatnonzero((ends >= 0).all(axis=1))
    gone = ends[rng.choice(inner, round(MERGED * n), replace=False)]
    graph = coo_array((np.ones(len(gone)), (gone[:, 0], gone[:, 1])), shape=(n, n))
    atoms, atom = connected_components(graph, directed=False)
    area = np.bincount(atom, cells["area"])
    left, right = np.sort(np.where(ends < 0, -1, atom[ends]), axis=1).T
    rim = left < 0
    between = ~rim & (left != right)
    pair, row = np.unique(left[between] * atoms + right[between], return_inverse=True)
    return {
        "x": np.bincount(atom, cells["area"] * cells["x"]) / area,
        "y": np.bincount(atom, cells["area"] * cells["y"]) / area,
        "area": area,
        "outer": np.bincount(right[rim], borders[rim, 2], atoms),
        "eu": pair // atoms,
        "ev": pair % atoms,
        "elen": np.bincount(row, borders[between, 2]),
    }


def drawn_households(
    atoms: int, total: int, shape: tuple[float, float, int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return households that sum up to `total`: lognormal, none above the most."""
    median, spread, most = shape
    drawn = median * np.exp(spread * rng.standard_normal(atoms))
    scale = 1.0
    for _ in range(50):
        scale *= total / np.minimum(drawn * scale, most).sum()
    h = np.floor(np.minimum(drawn * scale, most)).astype(np.int64)
    light = np.flatnonzero(h < most)
    while (short := total - int(h.sum())) > 0:
        h[rng.choice(light, min(short, light.size), replace=False)] += 1
    return h


def problem_of(instance: Instance) -> Problem:
    """Return an instance as the solver takes it: cut metres and a little balance, k fixed."""
    borders, atoms = instance["eu"].size, instance["h"].size
    return Problem(
        households=instance["h"].astype(np.int64),
        residents=np.full(atoms, np.nan),
        edges=np.column_stack([instance["eu"], instance["ev"]]).astype(np.int32),
        cut_m=instance["elen"].astype(np.float64),
        straddle_m=np.zeros(borders),
        linked=np.ones(borders, dtype=bool),
        x=instance["x"].astype(np.float64),
        y=instance["y"].astype(np.float64),
        area=instance["area"].astype(np.float64),
        balance_m=BALANCE_M,
        grids=int(instance["k"]),
    )


def score(instance: Instance, labels: NDArray[Any]) -> tuple[float, float]:
    """Return the share of the k grids that are in band and connected, and the cut share."""
    _, grid = np.unique(labels, return_inverse=True)
    held = np.bincount(grid, instance["h"])
    eu, ev, metres = instance["eu"], instance["ev"], instance["elen"]
    same = grid[eu] == grid[ev]
    graph = coo_array((np.ones(same.sum()), (eu[same], ev[same])), shape=(grid.size, grid.size))
    part = connected_components(graph, directed=False)[1]
    parts = np.bincount(np.unique(np.column_stack([grid, part]), axis=0)[:, 0])
    good = (held >= BAND.lower) & (held <= BAND.upper) & (parts == 1)
    both = float(good.sum() / max(int(instance["k"]), held.size))
    return both, float(metres[~same].sum() / metres.sum())


if __name__ == "__main__":
    main()
