"""Other partitioners on a solver instance: each yields labellings, for the best valid to count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from benchmarks.instances import BAND, MIDDLE, Instance

Labels = NDArray[np.int64]
Peer = Callable[[Instance], Iterator[Labels]]


def metis(instance: Instance) -> Iterator[Labels]:
    """METIS: k-way and recursive, three imbalances, 10 cuts each."""
    import pymetis  # noqa: PLC0415  (peers are optional)

    start, other, metres = _rows(instance)
    graph = pymetis.CSRAdjacency(adj_starts=start, adjacent=other)
    for recursive in (False, True):
        for imbalance in (30, 100, 250):
            options = pymetis.Options(
                ufactor=imbalance, ncuts=10, seed=0, contig=0 if recursive else 1
            )
            _, labels = pymetis.part_graph(
                int(instance["k"]),
                graph,
                vweights=instance["h"].astype(int).tolist(),
                eweights=metres.tolist(),
                recursive=recursive,
                options=options,
            )
            yield np.array(labels)


def kahip(instance: Instance) -> Iterator[Labels]:
    """KaHIP, mode strong, imbalances of 10 and 25 %."""
    import kahip as library  # noqa: PLC0415

    start, other, metres = _rows(instance)
    weights = instance["h"].astype(int).tolist()
    strong = 2
    for imbalance in (0.10, 0.25):
        _, labels = library.kaffpa(
            weights,
            start.tolist(),
            metres.tolist(),
            other.tolist(),
            int(instance["k"]),
            imbalance,
            True,  # noqa: FBT003  (quiet)
            0,
            strong,
        )
        yield np.array(labels)


def mtkahypar(instance: Instance) -> Iterator[Labels]:
    """Mt-KaHyPar, preset highest quality, imbalances of 10 and 25 %."""
    import mtkahypar as library  # noqa: PLC0415

    engine = library.initialize(1)
    context = engine.context_from_preset(library.PresetType.HIGHEST_QUALITY)
    context.logging = False
    atoms, edges = instance["h"].size, instance["eu"].size
    graph = engine.create_graph(
        context,
        atoms,
        edges,
        list(zip(instance["eu"].tolist(), instance["ev"].tolist(), strict=True)),
        instance["h"].astype(int).tolist(),
        np.maximum(1, np.round(instance["elen"])).astype(int).tolist(),
    )
    for imbalance in (0.10, 0.25):
        context.set_partitioning_parameters(int(instance["k"]), imbalance, library.Objective.CUT)
        parted = graph.partition(context)
        yield np.array([parted.block_id(v) for v in range(atoms)])


def gerrychain(instance: Instance) -> Iterator[Labels]:
    """GerryChain: one recursive spanning tree plan, 25 %."""
    import networkx as nx  # noqa: PLC0415
    from gerrychain import Graph  # noqa: PLC0415
    from gerrychain.tree import recursive_tree_part  # noqa: PLC0415

    graph = nx.Graph(zip(instance["eu"].tolist(), instance["ev"].tolist(), strict=True))
    nx.set_node_attributes(graph, dict(enumerate(instance["h"].tolist())), "h")
    grids = range(int(instance["k"]))
    part = recursive_tree_part(Graph.from_networkx(graph), grids, MIDDLE, "h", 0.25)
    yield np.array([part[v] for v in range(instance["h"].size)])


def spopt(instance: Instance) -> Iterator[Labels]:
    """Run max-p of spopt, which knows a least number of households only."""
    import geopandas as gpd  # noqa: PLC0415
    import libpysal  # noqa: PLC0415
    from spopt.region import MaxPHeuristic  # noqa: PLC0415

    atoms = range(instance["h"].size)
    beside: dict[int, list[int]] = {v: [] for v in atoms}
    for u, v in zip(instance["eu"].tolist(), instance["ev"].tolist(), strict=True):
        beside[u].append(v)
        beside[v].append(u)
    points = gpd.points_from_xy(instance["x"], instance["y"])
    frame = gpd.GeoDataFrame({name: instance[name] for name in ("h", "x", "y")}, geometry=points)
    model = MaxPHeuristic(frame, libpysal.weights.W(beside), ["x", "y"], "h", BAND.lower, top_n=2)
    model.solve()
    yield np.asarray(model.labels_)


PEERS: dict[str, tuple[str, Peer]] = {
    "metis": ("pymetis", metis),
    "kahip": ("kahip", kahip),
    "mtkahypar": ("mtkahypar", mtkahypar),
    "gerrychain": ("gerrychain", gerrychain),
    "spopt": ("spopt", spopt),
}


def installed(names: list[str]) -> tuple[dict[str, Peer], list[str]]:
    """Return the peers that can be run, and the names of those that are not installed."""
    there = {name: PEERS[name][1] for name in names if find_spec(PEERS[name][0])}
    return there, [name for name in names if name not in there]


def _rows(instance: Instance) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the graph by rows: where the neighbours of each atom start, these, and metres."""
    source = np.concatenate([instance["eu"], instance["ev"]]).astype(np.int64)
    other = np.concatenate([instance["ev"], instance["eu"]]).astype(np.int64)
    metres = np.maximum(1, np.round(np.tile(instance["elen"], 2))).astype(np.int64)
    order = np.argsort(source, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=instance["h"].size))])
    return start, other[order], metres[order]
