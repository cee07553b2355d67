"""What each component of the solver earns: the same instances with one component off at a time.

::

    python -m benchmarks.bench_ablation --instances FOLDER --city NAME FILE ATOMS COMMUNITIES
    python -m benchmarks.bench_ablation --towns 240 --effort fast
    python -m benchmarks.bench_ablation --grow 5 --city NAME FILE ATOMS COMMUNITIES

Each component is switched off by replacing one function or number of the room ``partition``. For
each set of instances the table says how many more bands are missed, how much more the grids in
band cost, and how many proofs of optimality and of impossibility and how many seconds of CPU it
takes more or less without the component. Compared are only pieces that both solve in band.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, csr_array, vstack

from benchmarks.instances import BAND, problem_of
from benchmarks.measure import markdown
from gridgeo.config import (
    EFFORT_NAMES,
    PROFILES,
    Band,
    OpenGround,
    ReadRules,
    Search,
    Settings,
    Source,
    Weights,
)
from gridgeo.model import Atoms, Partition
from gridgeo.partition import adjust_atoms, partition_atoms, solve, warm_up
from gridgeo.pipeline import make_atoms
from gridgeo.read import read_layers

Options = dict[str, Any]
#: share of the atoms of a town where nobody lives
EMPTY = 0.3
HEAD = (
    *("off", "instances", "bands missed", "cost %", "proved optimal", "impossible", "not found"),
    "CPU s",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--instances", type=Path, nargs="*", default=[], help="folders")
    parser.add_argument("--towns", type=int, default=0, help="random towns with rivers")
    parser.add_argument("--city", nargs=4, action="append", default=[], metavar="WORD")
    parser.add_argument("--grow", type=int, default=0, help="seeds: adjust grown cities instead")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="households")
    parser.add_argument("--effort", choices=EFFORT_NAMES, default="normal")
    parser.add_argument("--off", nargs="*", choices=sorted(SEAMS), default=sorted(SEAMS))
    given = parser.parse_args()
    warm_up()
    search = Search(effort=given.effort)
    towns = [("towns", partial(_solve_towns, given.towns, search))] if given.towns else []
    sets = [*_folders(given.instances, search), *towns, *_cities(given, search)]
    print("| " + " | ".join(HEAD) + " |\n" + "| --- " * len(HEAD) + "|", flush=True)
    for name, run in sets:
        usual = run()
        print(markdown(HEAD, [_row("nothing", name, usual, usual)]).splitlines()[-1], flush=True)
        for off in given.off:
            with without(off):
                row = _row(off, name, run(), usual)
            print(markdown(HEAD, [row]).splitlines()[-1], flush=True)


@dataclass(frozen=True)
class Figures:
    """What a run of a set of instances gave; missed and cost are by instance or community."""

    missed: NDArray[np.int64]
    cost: NDArray[np.float64]
    optimal: int
    impossible: int
    not_found: int
    seconds: float


def _row(off: str, name: str, found: Figures, usual: Figures) -> list[object]:
    both = (found.missed == 0) & (usual.missed == 0)
    more = 100 * (found.cost[both].sum() / max(usual.cost[both].sum(), 1e-9) - 1)
    return [
        off,
        name,
        int(found.missed.sum()),
        f"{more:+.2f}",
        found.optimal,
        found.impossible,
        found.not_found,
        f"{found.seconds:.1f}",
    ]


def _folders(
    folders: Sequence[Path], search: Search
) -> Iterator[tuple[str, Callable[[], Figures]]]:
    for folder in folders:
        problems = [problem_of(dict(np.load(path))) for path in sorted(folder.glob("*.npz"))]
        yield folder.name, partial(_solve_instances, problems, search)


def _solve_instances(problems: Sequence[Any], search: Search) -> Figures:
    before = time.process_time()
    found = [solve(problem, BAND, search) for problem in problems]
    return Figures(
        missed=np.array([solution.missed for solution in found]),
        cost=np.array([solution.cost for solution in found]),
        optimal=sum(solution.certificate == "optimal" for solution in found),
        impossible=sum(solution.failed and solution.exact for solution in found),
        not_found=sum(solution.failed and not solution.exact for solution in found),
        seconds=time.process_time() - before,
    )


def _solve_towns(count: int, search: Search) -> Figures:
    """Solve towns of 9 to 143 square atoms, some heavy, up to two rivers, profiles in turn."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    town = importlib.import_module("builders_town").town
    found, before = [], time.process_time()
    for seed in range(count):
        rng = np.random.default_rng(7000 + seed)
        shape = int(rng.integers(3, 12)), int(rng.integers(3, 14))
        heaviest = int(rng.choice([40, 90, 150, 260, 330]))
        empty = rng.random(shape) < EMPTY
        households = np.where(empty, 0, rng.integers(0, heaviest, shape))
        rivers = range(int(rng.integers(0, 3)))
        columns = [int(rng.integers(0, shape[1] - 1)) for _ in rivers]
        people = np.round(households * rng.choice([2.1, 2.6, 3.1], shape)) if seed % 2 else None
        across = [((r, c), (r, c + 1)) for c in columns for r in range(shape[0])]
        atoms = town(households, residents=people, classes=dict.fromkeys(across, "water"))
        band = Band(profile=("households", "either", "residents")[seed % 3])
        partition = partition_atoms(
            atoms, band=band, weights=Weights(), search=search, open_ground=OpenGround()
        )
        found.append(_of_partition(partition, 0.0))
    return Figures(
        missed=np.concatenate([one.missed for one in found]),
        cost=np.concatenate([one.cost for one in found]),
        optimal=sum(one.optimal for one in found),
        impossible=sum(one.impossible for one in found),
        not_found=sum(one.not_found for one in found),
        seconds=time.process_time() - before,
    )


def _cities(
    given: argparse.Namespace, search: Search
) -> Iterator[tuple[str, Callable[[], Figures]]]:
    band = Band(profile=given.profile)
    for name, file, atoms_layer, communities_layer in given.city:
        inputs = {
            "atoms": (Source.parse(f"{file}::{atoms_layer}"),),
            "communities": (Source.parse(f"{file}::{communities_layer}"),),
        }
        settings = Settings(read=ReadRules(inputs=inputs), band=band)
        atoms = make_atoms(read_layers(settings.read), settings)

        options: Options = {
            "band": band,
            "weights": Weights(),
            "search": search,
            "open_ground": OpenGround(),
        }
        if given.grow:
            yield f"{name}, grown", partial(_change, atoms, options, given.grow)
        else:
            yield name, partial(_partition, atoms, options)


def _partition(atoms: Atoms, options: Options) -> Figures:
    before = time.process_time()
    partition = partition_atoms(atoms, **options)
    return _of_partition(partition, time.process_time() - before)


def _change(atoms: Atoms, options: Options, seeds: int) -> Figures:
    """Grow a tenth of the atoms by 30 % and adjust: the cost is the households moved, by seed.

    Proved optimal are the seeds that move as few as the bound says.
    """
    old = partition_atoms(atoms, **options).labels
    changed, before = [], time.process_time()
    for seed in range(seeds):
        households = atoms.frame["households"].to_numpy(np.int64).copy()
        rng = np.random.default_rng(seed)
        grown = rng.choice(households.size, round(0.1 * households.size), replace=False)
        households[grown] = np.round(households[grown] * 1.3)
        frame = atoms.frame.assign(households=households)
        changed.append(adjust_atoms(replace(atoms, frame=frame), old, **options))
    seconds = time.process_time() - before
    figures = [_of_partition(one.partition, seconds) for one in changed]
    return Figures(
        missed=np.array([one.missed.sum() for one in figures]),
        cost=np.array([one.moved for one in changed], dtype=np.float64),
        optimal=sum(one.moved == one.bound for one in changed),
        impossible=sum(one.impossible for one in figures),
        not_found=sum(one.not_found for one in figures),
        seconds=seconds,
    )


def _of_partition(partition: Partition, seconds: float) -> Figures:
    told = partition.communities
    grids = partition.grids
    missed = grids["verdict"].isin(["under", "over"]).groupby(grids["community"]).sum()
    return Figures(
        missed=missed.reindex(range(len(told)), fill_value=0).to_numpy(),
        cost=told["cost"].to_numpy(float),
        optimal=int((told["certificate"] == "optimal").sum()),
        impossible=int((told["verdict"] == "impossible").sum()),
        not_found=int((told["verdict"] == "not_found").sum()),
        seconds=seconds,
    )


def _best_by_highs(pool: Any, *given: Any) -> tuple[bool, NDArray[np.int64], float]:
    """Solve the set partitioning of bit masks by HiGHS, as `solve_set_partitioning` does."""
    n, k, upper_bound, nodes, _ = given
    none = np.empty(0, np.int64)
    if not pool.masks.size:
        return True, none, np.inf
    rows = csc_array((np.ones(pool.atoms.size), pool.atoms, pool.indptr), (n, pool.masks.size))
    table = vstack([csr_array(rows), csr_array(np.ones((1, pool.masks.size)))]).tocsc()
    wanted = np.append(np.ones(n), k)
    found = milp(
        pool.cost,
        constraints=LinearConstraint(table, wanted, wanted),
        integrality=np.ones(pool.masks.size),
        bounds=Bounds(0, 1),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    known = found.status in {0, 2}
    if found.x is None or found.fun >= upper_bound:
        return known, none, np.inf
    return known, pool.masks[found.x > 0.5], float(found.fun)


def _as_it_is(position: int) -> Callable[..., Any]:
    """Return a function that returns one of its arguments."""
    return lambda *arguments, **_: arguments[position]


def _no_columns(*given: Any) -> NDArray[np.bool_]:
    return np.empty((0, given[1].size), dtype=np.bool_)


def _no_pairing(graph: Any, piece: Any, solved: Any, **_: object) -> Any:
    return graph, piece, solved, []


#: what is put where, as (module, name, replacement), for each component that can be off
SEAMS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "enumeration before the search": (("solver", "list_if_few", lambda *_: None),),
    "enumeration as a proof": (("certificates.certificate", "list_if_few", lambda *_: None),),
    "exact small search": (("search", "_FEW_ATOMS", 0),),
    "own set partitioning (HiGHS instead)": (
        ("connected_subgraphs", "solve_set_partitioning", _best_by_highs),
    ),
    "elite pool": (("search", "improve_elite_pool", lambda *_: []),),
    "set partitioning of the pool": (("search", "improve_from_pool", _as_it_is(1)),),
    "recombination": (("search", "recombine", lambda *_: None),),
    "repair of missed bands": (("search", "repair_bands", _as_it_is(1)),),
    "firm search of stuck pieces": (("search", "ATOMS_IN_MASK", np.inf),),
    "joining stuck pieces": (("stage", "join_pieces_out_of_band", _no_pairing),),
    "second start": (("search", "_two_best_agree", lambda _: True),),
    "pairwise optimality (best)": (
        ("certificates.certificate", "_repartition_pairs", _as_it_is(2)),
    ),
    "pricing and bound (best)": (("certificates.certificate", "certify_by_bound", _as_it_is(2)),),
    "closing of the gap (best)": (("certificates.certificate", "_close_gap", lambda *_: None),),
    "annealing as pricing (best)": (
        ("certificates.certificate", "price_by_annealing", _no_columns),
    ),
    "flow bound of the change": (
        ("minimal_change.repair_search", "flow_lower_bound", lambda *_, **__: 0.0),
        ("minimal_change.piece", "flow_lower_bound", lambda *_, **__: 0.0),
    ),
    "assignment model of the change": (("minimal_change.repair_search", "_MAX_VARIABLES", 0),),
}


@contextmanager
def without(component: str) -> Iterator[None]:
    """Switch one component off inside the block."""
    replaced = []
    try:
        for module, name, replacement in SEAMS[component]:
            place = importlib.import_module(f"gridgeo.partition.{module}")
            replaced.append((place, name, getattr(place, name)))
            setattr(place, name, replacement)
        yield
    finally:
        for place, name, before in replaced:
            setattr(place, name, before)


if __name__ == "__main__":
    main()
