"""A plan as a networkx graph: paths, cut points and neighbours are one call away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

    from gridgeo.model.values import Plan


def graph_of(plan: Plan) -> nx.Graph[int]:
    """Return atoms as nodes and their common borders as edges.

    Nodes are positions in ``plan.atoms``, with grid, community, households, residents and kind.
    Edges carry border_m (all of their common border), street_class (of its longest piece) and
    passable (whether any piece of it can be crossed).
    """
    import networkx as nx  # noqa: PLC0415  (heavy: the values of the model are not)

    graph: nx.Graph[int] = nx.Graph()
    nodes = plan.atoms[["grid", "community", "households", "residents", "kind"]]
    for v, attributes in enumerate(nodes.to_dict("records")):
        graph.add_node(v, **{str(name): value for name, value in attributes.items()})
    inner = plan.borders[plan.borders["right"] >= 0].sort_values(
        ["left", "right", "border_m", "street_class"], ascending=[True, True, False, True]
    )
    pairs = inner.groupby(["left", "right"]).agg(
        border_m=("border_m", "sum"),
        street_class=("street_class", "first"),
        passable=("passable", "any"),
    )
    for (left, right), metres, street_class, passable in pairs.itertuples():
        graph.add_edge(left, right, border_m=metres, street_class=street_class, passable=passable)
    return graph
