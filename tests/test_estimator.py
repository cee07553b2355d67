from types import SimpleNamespace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from gridgeo.partition import BandedRegions
from gridgeo.partition.samples import _gabriel_pairs, _pairs_of


@parametrize_with_checks([BandedRegions(lower=12, upper=22)])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


def lattice(rows, columns):
    y, x = np.indices((rows, columns)).reshape(2, -1)
    return np.column_stack([x, y]).astype(float)


def groups(labels):
    return {frozenset(np.flatnonzero(labels == g).tolist()) for g in np.unique(labels)}


def connected(labels, pairs):
    graph = nx.Graph()
    graph.add_nodes_from(range(labels.size))
    graph.add_edges_from((a, b) for a, b in pairs if labels[a] == labels[b])
    return nx.number_connected_components(graph) == np.unique(labels).size


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25),
    st.data(),
)
def test_regions_are_connected_and_told_truly(points, data):
    points = np.array(points, dtype=float)
    n = len(points)
    weight = np.array(data.draw(st.lists(st.integers(0, 40), min_size=n, max_size=n)))
    weight[0] += 1
    found = BandedRegions(lower=30, upper=60).fit(points, sample_weight=weight)
    assert connected(found.labels_, _gabriel_pairs(points))
    assert np.array_equal(np.unique(found.labels_), np.arange(found.n_grids_))
    assert np.array_equal(found.region_weight_, np.bincount(found.labels_, weights=weight))
    held = found.region_weight_
    assert np.array_equal(found.in_band_, (held >= 30) & (held <= 60))
    (told,) = found.verdict_
    assert (told.verdict == "in_band") == found.in_band_.all()
    assert (told.verdict == "small") == (weight.sum() < 30)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([0.5, 3.0, 1e4]))
def test_neither_order_nor_units_change_the_regions(rng, scale):
    points = lattice(4, 6) + [[0, 0.01 * (i % 5)] for i in range(24)]
    weight = np.array([rng.randint(50, 150) for _ in range(24)])
    pairs = np.column_stack([_gabriel_pairs(points), np.full(len(_gabriel_pairs(points)), 7.0)])
    order = np.array(rng.sample(range(24), 24))
    place = np.argsort(order)
    one = BandedRegions().fit(points, connectivity=pairs, sample_weight=weight)
    moved = np.column_stack([place[pairs[:, :2].astype(int)], pairs[:, 2] * scale])
    two = BandedRegions().fit(
        points[order] * scale, connectivity=moved, sample_weight=weight[order]
    )
    assert groups(one.labels_[order]) == groups(two.labels_)
    assert one.cost_ == pytest.approx(two.cost_, rel=1e-3)


def test_any_kind_of_graph_gives_the_same_regions():
    points, weight = lattice(3, 8), np.arange(24) % 7 * 20 + 40
    pairs = _gabriel_pairs(points)
    border = 10.0 + np.arange(len(pairs)) % 3
    matrix = sparse.csr_array((border, pairs.T), shape=(24, 24))
    graph = nx.Graph()
    graph.add_nodes_from(range(23, -1, -1))
    graph.add_weighted_edges_from(zip(*pairs.T.tolist(), border, strict=True))
    adjacency = pd.Series(
        np.tile(border, 2),
        index=pd.MultiIndex.from_arrays(
            np.concatenate([pairs, pairs[:, ::-1]]).T, names=["focal", "neighbor"]
        ),
    )
    lists = {a: dict(graph[a]) for a in graph}
    kinds = [
        np.column_stack([pairs, border]),
        matrix,
        matrix.T.tocoo(),
        matrix + matrix.T,
        SimpleNamespace(sparse=matrix),
        SimpleNamespace(adjacency=adjacency.sample(frac=1, random_state=1)),  # a libpysal Graph
        SimpleNamespace(  # a libpysal W
            neighbors={a: list(others) for a, others in lists.items()},
            weights={a: [w["weight"] for w in others.values()] for a, others in lists.items()},
        ),
        graph,
    ]
    found = [
        BandedRegions().fit_predict(points, connectivity=k, sample_weight=weight) for k in kinds
    ]
    assert all(np.array_equal(found[0], other) for other in found[1:])
    assert found[0].max() > 1


def city(rng, *, side=9):
    """Return points of a small town that may coincide, their names, weights and graph."""
    n = rng.randint(6, 24)
    names = rng.sample([f"shop{i}" for i in range(99)], n)
    points = pd.DataFrame(
        [(rng.randint(0, side), rng.randint(0, side)) for _ in names],
        index=names,
        columns=["x", "y"],
    )
    weight = pd.Series([float(rng.randint(1, 9)) for _ in names], index=names)
    graph = nx.Graph()
    graph.add_nodes_from(names)
    for a, b in _gabriel_pairs(points.to_numpy(dtype=float)).tolist():
        graph.add_edge(names[a], names[b], border_m=float(rng.randint(5, 90)))
    return points, weight, graph


def shuffled(rng, graph):
    """Return the graph with nodes and edges in another order."""
    other = nx.Graph()
    other.add_nodes_from(rng.sample(list(graph), len(graph)))
    for a, b, values in rng.sample(list(graph.edges(data=True)), graph.number_of_edges()):
        other.add_edge(*rng.sample([a, b], 2), **values)
    return other


def adjacency_of(graph):
    """Return the graph as a libpysal Graph has it."""
    rows = [(a, b, w["border_m"]) for a, around in graph.adj.items() for b, w in around.items()]
    focal, neighbour, weight = zip(*rows, strict=True)
    index = pd.MultiIndex.from_arrays([focal, neighbour], names=["focal", "neighbor"])
    return SimpleNamespace(adjacency=pd.Series(weight, index=index))


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_permutation_of_rows_or_graph_changes_the_regions(rng):
    points, weight, graph = city(rng)
    order = rng.sample(list(points.index), len(points))
    budget = {"lower": 12, "upper": 24, "effort": "fast"}
    one = BandedRegions(**budget).fit(points, connectivity=graph, sample_weight=weight)
    moved = points.loc[order]
    for other in (shuffled(rng, graph), adjacency_of(shuffled(rng, graph))):
        two = BandedRegions(**budget).fit(moved, connectivity=other, sample_weight=weight)
        labels = pd.Series(two.labels_, index=order)
        for _, region in labels.groupby(labels):
            assert nx.is_connected(graph.subgraph(region.index))
        assert two.cost_ == pytest.approx(one.cost_)
        kinds = [
            sorted(
                sorted(zip(points["x"][r], points["y"][r], weight[r], strict=True))
                for _, r in pd.Series(list(names)).groupby(found)
            )
            for found, names in ((one.labels_, points.index), (two.labels_, order))
        ]
        assert kinds[0] == kinds[1]
    with pytest.raises(ValueError, match="give X as a frame whose index has these names"):
        BandedRegions(**budget).fit(points.to_numpy(), connectivity=graph, sample_weight=weight)


def test_part_of_a_graph_is_matched_to_the_index_or_refused():
    points = pd.DataFrame(lattice(4, 6), columns=["x", "y"])
    graph = nx.Graph(_gabriel_pairs(points.to_numpy()).tolist())
    kept = [20, 7, 8, 14, 13, 19, 1, 2]
    part = graph.subgraph(kept)
    found = BandedRegions(3, 5).fit(points.loc[kept], connectivity=part)
    for region in range(found.n_grids_):
        inside = [v for v, g in zip(kept, found.labels_, strict=True) if g == region]
        assert nx.is_connected(part.subgraph(inside))
    with pytest.raises(ValueError, match=r"8 nodes, \d+ among them, X has 8 samples; .* 0 to 7"):
        BandedRegions(3, 5).fit(points.loc[kept].to_numpy(), connectivity=part)
    with pytest.raises(ValueError, match="index of X, which must have the same names"):
        BandedRegions(3, 5).fit(points.loc[kept[1:]], connectivity=part)
    weight = pd.Series(1.0, index=range(8))
    with pytest.raises(ValueError, match=r"sample_weight has 8 values, .* the same names"):
        BandedRegions(3, 5).fit(points.loc[kept], connectivity=part, sample_weight=weight)
    with pytest.raises(ValueError, match="has 1 twice"):
        BandedRegions(3, 5).fit(points.loc[[1, 1]], connectivity=part)
    with pytest.raises(ValueError, match="not in the index of X"):
        BandedRegions(3, 5).fit(points.loc[kept], connectivity=[(20, 3)])


def test_borders_of_a_plan_are_lengths():
    points, border = lattice(1, 6), [90.0, 90.0, 90.0, 1.0, 90.0]
    graph = nx.path_graph(6)
    nx.set_edge_attributes(graph, dict(zip(graph.edges, border, strict=True)), "border_m")
    labels = BandedRegions(2, 4, balance=0).fit_predict(points, connectivity=graph)
    assert labels.tolist() == [0, 0, 0, 0, 1, 1]


def test_a_border_that_nobody_can_cross_joins_nothing():
    points, graph = lattice(1, 6), nx.path_graph(6)
    graph.edges[2, 3]["passable"] = False
    fitted = BandedRegions(2, 4).fit(points, connectivity=graph)
    assert fitted.labels_.tolist() == [0, 0, 0, 1, 1, 1]
    assert len(fitted.verdict_) == 2


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([114.3, 121.0, -3.2]))
def test_degrees_and_metres_give_the_same_regions(rng, longitude):
    metres = [(rng.randint(0, 999), rng.randint(0, 999)) for _ in range(30)]
    near = gpd.GeoSeries(gpd.points_from_xy([longitude], [30.6]), crs=4326)
    utm = near.estimate_utm_crs()
    (corner,) = near.to_crs(utm)
    placed = [(corner.x + x, corner.y + y) for x, y in metres]
    there = gpd.GeoSeries(gpd.points_from_xy(*zip(*placed, strict=True)), crs=utm)
    fitted = [
        BandedRegions(6, 9, effort="fast").fit(given)
        for given in (there, there.to_crs(4326), there.to_crs(3857).to_frame("geometry"))
    ]
    assert all(groups(f.labels_) == groups(fitted[0].labels_) for f in fitted[1:])
    with pytest.raises(ValueError, match="row 2 of X has no geometry"):
        BandedRegions().fit(gpd.GeoSeries([*there[:2], None]))


def test_what_it_prints_is_short():
    found = BandedRegions(random_state=np.random.RandomState(7)).fit(lattice(30, 30))
    assert len(repr(found.verdict_)) < 200
    assert len(repr(BandedRegions(lower=np.arange(10_000.0)))) < 200


def test_a_long_border_is_spared_and_a_short_one_cut():
    points = lattice(1, 6)
    border = [90.0, 90.0, 90.0, 1.0, 90.0]
    pairs = np.column_stack([np.arange(5), np.arange(1, 6), border])
    labels = BandedRegions(2, 4, balance=0).fit_predict(points, connectivity=pairs)
    assert labels.tolist() == [0, 0, 0, 0, 1, 1]


def test_each_component_is_solved_and_judged_by_itself():
    points = lattice(1, 11)
    pairs = [(i, i + 1) for i in range(10) if i not in {3, 4}]
    weight = [100, 100, 100, 100, 20, 100, 100, 100, 100, 700, 100]
    found = BandedRegions().fit(points, connectivity=pairs, sample_weight=weight)
    told = [(v.verdict, v.proof, v.n_grids) for v in found.verdict_]
    assert told[:2] == [("in_band", "", 1), ("small", "", 1)]
    assert told[2][:2] == ("impossible", "atom")
    assert str(found.verdict_[1]) == "small: 20 together, below the lower limit of 300"
    assert "sample 9 weighs 700, above the upper limit of 500" in found.verdict_[2].reason
    assert np.array_equal(np.concatenate([v.samples for v in found.verdict_]), np.arange(11))


def test_what_cannot_be_is_said_and_the_best_is_there():
    found = BandedRegions().fit(lattice(2, 3), sample_weight=np.full(6, 90))
    assert str(found.verdict_[0]) == (
        "impossible (arithmetic): 540 cannot be divided into regions of 300 to 500"
    )
    assert found.labels_.tolist() == [0] * 6
    found = BandedRegions().fit(lattice(1, 3), sample_weight=[250, 100, 250])
    assert str(found.verdict_[0]) == (
        "impossible (exhausted): every connected way to put 3 samples together was tried: none "
        "gives regions of 300 to 500"
    )
    heavy = BandedRegions().fit(lattice(1, 5), sample_weight=[600, 100, 700, 550, 501])
    assert heavy.verdict_[0].reason.endswith("4 such samples in all")


def test_the_number_of_regions_can_be_fixed():
    points, weight = lattice(4, 6), np.full(24, 100)
    free = BandedRegions().fit(points, sample_weight=weight)
    assert free.n_grids_ == 6
    for number in (5, 7, 8):
        fixed = BandedRegions(n_grids=number).fit(points, sample_weight=weight)
        assert (fixed.n_grids_, fixed.in_band_.all()) == (number, True)
    pairs = [pair for pair in _gabriel_pairs(points).tolist() if set(pair) != {5, 11}]
    parted = [p for p in pairs if (p[0] % 6 < 2) == (p[1] % 6 < 2)]
    both = BandedRegions(n_grids=7).fit(points, connectivity=parted, sample_weight=weight)
    assert [v.n_grids for v in both.verdict_] == [2, 5]


def test_weights_need_not_be_whole_numbers():
    points, weight = lattice(3, 4), np.linspace(0.05, 0.15, 12)
    found = BandedRegions(lower=0.3, upper=0.5).fit(points, sample_weight=weight)
    assert found.in_band_.all()
    assert found.verdict_[0].verdict == "in_band"


def test_coordinates_may_have_any_number_of_columns():
    flat = lattice(4, 6)
    turned = np.column_stack([flat[:, 0], flat[:, 1] * 0.6, flat[:, 1] * 0.8])
    sloping = BandedRegions(4, 8).fit(turned)
    assert sloping.n_features_in_ == 3
    assert sloping.in_band_.all()
    assert connected(sloping.labels_, _gabriel_pairs(flat))
    assert BandedRegions(2, 4).fit(flat[:6, :1]).labels_.tolist() == [0, 0, 0, 1, 1, 1]


def test_coinciding_samples_are_neighbours():
    points = np.repeat(lattice(2, 2), 3, axis=0)
    found = BandedRegions(3, 3).fit(points)
    assert len(found.verdict_) == 1
    assert found.in_band_.all()


def test_the_same_state_gives_the_same_regions():
    rng = np.random.default_rng(5)
    points, weight = rng.random((60, 2)), rng.integers(20, 150, 60)
    estimator = BandedRegions(random_state=np.random.RandomState(7))
    one = clone(estimator).fit_predict(points, sample_weight=weight)
    assert np.array_equal(one, estimator.fit_predict(points, sample_weight=weight))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lower": 500, "upper": 300}, "lower=500 must be above 0 and at most upper=300"),
        ({"lower": 0}, "lower=0 must be above 0"),
        ({"upper": float("inf")}, "upper=inf is not a finite number"),
        ({"balance": -1}, "must not be negative"),
        ({"n_grids": 7}, "7 regions cannot be made of 6 samples in 1 components"),
        ({"n_grids": 0}, "0 regions cannot be made"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(options, told):
    with pytest.raises(ValueError, match=told):
        BandedRegions(**options).fit(lattice(2, 3))


@pytest.mark.parametrize(
    ("connectivity", "told"),
    [
        (sparse.eye_array(4), r"shape \(4, 4\), X has 6 samples"),
        (nx.path_graph(5), "5 nodes, X has 6 samples"),
        (np.ones((6, 6)), "must be a scipy sparse matrix"),
        (nx.Graph(["ab", "bc", "cd", "de", "ef"]), "'a' among them, X has 6 samples; they are not"),
        ([(0, 6)], r"not in 0\.\.5"),
        ([(0, 1.5)], r"not in 0\.\.5"),
        ([(0, 1, -2.0)], "negative or not a number"),
        ([(0, 1, float("nan"))], "negative or not a number"),
    ],
)
def test_graphs_that_cannot_be_used_are_refused(connectivity, told):
    with pytest.raises(ValueError, match=told):
        BandedRegions().fit(lattice(2, 3), connectivity=connectivity)


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        BandedRegions().fit(lattice(2, 3), sample_weight=[1, 1, 1, 1, 1, -1])


def test_a_sample_is_not_its_own_neighbour():
    pairs, border = _pairs_of([(1, 1, 9.0), (2, 1, 3.0), (1, 2, 5.0)], 3)
    assert (pairs.tolist(), border.tolist()) == ([[1, 2]], [5.0])
    pairs, border = _pairs_of([], 3)
    assert (pairs.shape, border.shape) == ((0, 2), (0,))


def homes(seed, n):
    """Return homes in clusters of very different density."""
    rng = np.random.default_rng(seed)
    centre, spread = rng.random((12, 2)) * 3000, rng.lognormal(4, 1, 12)
    which = rng.integers(0, 12, n)
    away = rng.normal(size=(n, 2)) * rng.lognormal(0, 0.8, (n, 1))
    return centre[which] + away * spread[which, None]


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 99),
    st.sampled_from([0.0, 0.3, 1.0, 40.0, 1e4]),
    st.sampled_from([0.0, 0.1, 0.5, 30.0, 1e4]),
)
def test_what_is_in_band_with_a_weight_of_0_is_in_band_with_any(seed, balance, compactness):
    points = homes(seed, 60)
    free = [
        BandedRegions(11, 13, balance=b, compactness=c, effort="fast").fit(points).in_band_.all()
        for b, c in ((0.0, 0.0), (balance, 0.0), (0.0, compactness))
    ]
    weighed = BandedRegions(11, 13, balance=balance, compactness=compactness, effort="fast")
    assert weighed.fit(points).in_band_.all() or not any(free)


def test_many_samples_of_weight_1_are_in_band():
    points = homes(0, 1653)
    for compactness in (0.5, 20.0):
        found = BandedRegions(30, 50, compactness=compactness, effort="fast").fit(points)
        assert found.in_band_.all()
