"""What is called impossible is impossible, and each proof can be checked by hand."""

import networkx as nx
import numpy as np
import pytest
from builders_problem import partitions
from builders_town import town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.partition import Problem, partition_atoms

BAND = Band(profile="households")


@st.composite
def small_towns(draw):
    """One community of at most nine atoms, perhaps with a river, a bridge and a school."""
    rows, columns = draw(st.sampled_from([(1, 5), (1, 7), (2, 3), (2, 4), (3, 3)]))
    cells = rows * columns
    counts = st.sampled_from([0, 40, 90, 150, 200, 260, 310, 480, 540, 620])
    households = draw(st.lists(counts, min_size=cells, max_size=cells))
    school = draw(st.lists(st.sampled_from([-1] * 7 + [0]), min_size=cells, max_size=cells))
    river = draw(st.integers(0, columns - 2))
    classes = {((r, river), (r, river + 1)): "water" for r in range(rows) if draw(st.booleans())}
    bridges = [pair for pair in classes if draw(st.booleans())]
    return town(
        np.reshape(households, (rows, columns)), facility=school, classes=classes, passable=bridges
    )


def lived_in_pieces(atoms):
    """Return the pieces that people can walk through without crossing water or the school."""
    free = np.flatnonzero(atoms.frame["facility"] < 0)
    graph = nx.Graph()
    graph.add_nodes_from(free.tolist())
    inner = atoms.borders[(atoms.borders["right"] >= 0) & atoms.borders["passable"]]
    pairs = inner[["left", "right"]].to_numpy()
    graph.add_edges_from(pairs[np.isin(pairs, free).all(axis=1)].tolist())
    households = atoms.frame["households"].to_numpy()
    pieces = [sorted(piece) for piece in nx.connected_components(graph)]
    return graph, [piece for piece in pieces if households[piece].any()]


def can_be_met(atoms, graph, piece):
    place = {atom: position for position, atom in enumerate(piece)}
    edges = [(place[a], place[b]) for a, b in graph.subgraph(piece).edges]
    problem = Problem(
        households=atoms.frame["households"].to_numpy()[piece],
        residents=np.full(len(piece), np.nan),
        edges=np.array(edges, dtype=np.int32).reshape(-1, 2),
        cut_m=np.zeros(len(edges)),
        straddle_m=np.zeros(len(edges)),
        linked=np.ones(len(edges), dtype=bool),
        x=np.zeros(len(piece)),
        y=np.zeros(len(piece)),
        area=np.ones(len(piece)),
    )
    return next(partitions(BAND, problem), None) is not None


@settings(max_examples=80, deadline=None)
@given(small_towns())
def test_impossible_is_claimed_of_nothing_that_can_be_met(atoms):
    part = partition_atoms(
        atoms, band=BAND, weights=Weights(), search=Search(), open_ground=OpenGround()
    )
    (told,) = part.communities.to_dict("records")
    graph, pieces = lived_in_pieces(atoms)
    households = atoms.frame["households"].to_numpy()
    free = int(households[atoms.frame["facility"] < 0].sum())
    if pieces and all(can_be_met(atoms, graph, piece) for piece in pieces):
        assert told["verdict"] == "in_band"
        return
    assert told["verdict"] in {"in_band", "small", "impossible"}
    if told["verdict"] == "small":
        assert free < BAND.lower
    if told["verdict"] == "impossible":
        check_proof(told["proof"], free, households, pieces)


def check_proof(proof, free, households, pieces):
    """Check that what the proof names is there."""
    assert proof in {"arithmetic", "atom", "disconnected", "exhausted"}
    if proof == "arithmetic":
        assert -(-free // BAND.upper) > free // BAND.lower
    if proof == "disconnected":
        sums = [int(households[piece].sum()) for piece in pieces]
        assert len(sums) > 1
        assert any(-(-total // BAND.upper) > total // BAND.lower for total in sums)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_county_officer_is_told_why(lang):
    river = {((0, 1), (0, 2)): "water"}
    atoms = town([[120, 80, 100, 200, 200, 200]], classes=river)
    part = partition_atoms(
        atoms, band=BAND, weights=Weights(), search=Search(), open_ground=OpenGround()
    )
    (found,) = part.findings
    told = getattr(found.message, lang)
    assert part.communities["verdict"].tolist() == ["in_band"]
    assert "200" in told
    assert ("水域" if lang == "zh" else "water") in told
