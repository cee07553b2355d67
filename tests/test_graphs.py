import networkx as nx
import pytest
from builders_city import block_city, settings

import gridgeo as gg


@pytest.fixture(scope="module")
def plan():
    return gg.partition_layers(block_city(columns=6, rows=4).frames, settings())


def test_every_atom_is_a_node_with_what_it_holds(plan):
    graph = plan.graph()
    assert list(graph) == list(range(len(plan.atoms)))
    assert [h for _, h in graph.nodes(data="households")] == plan.atoms["households"].tolist()


def test_edges_hold_all_common_metres_once(plan):
    inner = plan.borders[plan.borders["right"] >= 0]
    graph = plan.graph()
    assert graph.size(weight="border_m") == pytest.approx(inner["border_m"].sum())
    assert graph.number_of_edges() == len(inner[["left", "right"]].drop_duplicates())


def test_the_atoms_of_a_grid_are_connected(plan):
    graph = plan.graph()
    for code in plan.grids["code"]:
        inside = [v for v, grid in graph.nodes(data="grid") if grid == code]
        assert nx.is_connected(graph.subgraph(inside))
