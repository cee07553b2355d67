"""The partition for any points and any graph, in scikit-learn's manner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, validate_data

from gridgeo.config import EFFORT_NAMES, Band, EffortName, Search
from gridgeo.partition.atom_graph import positions_by
from gridgeo.partition.band import apportion
from gridgeo.partition.pieces import SolvedPiece
from gridgeo.partition.problem import number_by_first
from gridgeo.partition.proofs import is_ruled_out
from gridgeo.partition.samples import (
    UNIT_M,
    build_samples,
    coordinates_of,
    index_of,
    integer_counts,
    weights_by,
)
from gridgeo.partition.search import reheat_labels
from gridgeo.partition.solver import solve
from gridgeo.partition.verdicts import judge_community

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import networkx as nx
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import sparray, spmatrix

    from gridgeo.partition.problem import Problem, Solution
    from gridgeo.partition.verdicts import Verdict


class _WithMatrix(Protocol):
    """A libpysal ``Graph`` or ``W``, or whatever else has a sparse matrix."""

    @property
    def sparse(self) -> Any:
        """The matrix of weights."""


if TYPE_CHECKING:
    _Connectivity: TypeAlias = nx.Graph[Any] | _WithMatrix | sparray | spmatrix | ArrayLike

#: samples that a reason names, the heaviest first
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class ComponentVerdict:
    """What became of one connected component of the samples.

    ``verdict``: ``in_band``, ``small`` (below the lower limit: one region), ``impossible`` or
    ``not_found``; ``proof`` of the impossible: ``arithmetic``, ``atom``, ``exhausted``, else
    ``""``. ``samples``: int64, the rows of X. ``str()`` of it is one line, as ``repr()`` is.
    """

    verdict: str
    proof: str
    reason: str
    samples: NDArray[np.int64]
    n_grids: int

    def __str__(self) -> str:
        proof = f" ({self.proof})" if self.proof else ""
        return f"{self.verdict}{proof}: {self.reason}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.samples.size:,} samples, {self}>"


class BandedRegions(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """Contiguous regions whose sums of weights all lie between a lower and an upper limit.

    Sales territories, delivery rounds, survey or school districts: what fits every region is
    looked for first, then what cuts least border and gives even, compact regions. Where the
    limits cannot be met the best that was found is still there, and `verdict_` says why.

    Parameters
    ----------
    lower, upper
        The limits of a region's sum of `sample_weight`, both included; of its number of samples
        where there is no `sample_weight`.
    n_grids
        The number of regions, over all components; None lets the limits decide, and puts the
        mean region near the middle between them.
    balance
        What a region at one of the limits costs against one in the middle, in mean borders.
    compactness
        What a region's distance from a disc costs, as a share of the side of a square of its
        area, in mean spacings of the samples.
    effort
        How long is searched: ``fast``, ``normal`` or ``best``, counted in iterations.
    random_state
        An int for the same regions whenever the input is the same.

    Attributes
    ----------
    labels_
        int64[n]: the region of each sample, 0.., in the order in which they first appear. Every
        region is connected.
    n_grids_
        The number of regions.
    region_weight_
        float64[n_grids_]: the sum of each region.
    in_band_
        bool[n_grids_]: whether it lies within the limits.
    verdict_
        A `ComponentVerdict` for each connected component, in the order in which they first
        appear.
    cost_
        The cost of the regions, in mean borders.
    n_features_in_
        The number of columns of X.

    Notes
    -----
    Weights that are no whole numbers are counted in millionths of `upper`. The cost is the
    weight of the cut pairs over the mean weight of a pair, plus balance, plus compactness: so it
    does not matter whether borders are metres, minutes or just 1.

    Examples
    --------
    Twelve shops on a street, and rounds of 40 to 60 visits:

    >>> import numpy as np
    >>> from gridgeo.partition import BandedRegions
    >>> shops = np.column_stack([np.arange(12.0), np.zeros(12)])
    >>> visits = [10, 20, 20, 5, 15, 30, 10, 10, 20, 10, 25, 15]
    >>> rounds = BandedRegions(lower=40, upper=60).fit(shops, sample_weight=visits)
    >>> rounds.labels_
    array([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    >>> rounds.region_weight_
    array([50., 50., 40., 50.])
    >>> print(rounds.verdict_[0])
    in_band: 4 regions of 40 to 50

    A shop that alone is too much is named, and the other rounds still fit:

    >>> visits[5] = 70
    >>> rounds = BandedRegions(lower=40, upper=60).fit(shops, sample_weight=visits)
    >>> print(rounds.verdict_[0])
    impossible (atom): sample 5 weighs 70, above the upper limit of 60
    """

    def __init__(
        self,
        lower: float = 300,
        upper: float = 500,
        *,
        n_grids: int | None = None,
        balance: float = 1.0,
        compactness: float = 0.5,
        effort: EffortName = "normal",
        random_state: Any = 1,
    ) -> None:
        self.lower = lower
        self.upper = upper
        self.n_grids = n_grids
        self.balance = balance
        self.compactness = compactness
        self.effort = effort
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike | pd.DataFrame | gpd.GeoSeries,  # noqa: N803  (scikit-learn's own name)
        y: object = None,  # noqa: ARG002  (scikit-learn passes it)
        *,
        connectivity: _Connectivity | None = None,
        sample_weight: ArrayLike | pd.Series[Any] | None = None,
    ) -> BandedRegions:
        """Find the regions.

        Parameters
        ----------
        X
            Coordinates of the samples, (n, 2), in one unit: an array or a frame. What has another
            number of columns is laid out along its two principal axes. Of a GeoDataFrame or
            GeoSeries the centroids count, in metres whatever its CRS.
        y
            Not used; scikit-learn passes it.
        connectivity
            Which samples are neighbours, and how long a border they share (1 where nothing is
            said): a networkx graph (``weight`` or ``border_m``, as of `Plan.graph`; an edge whose
            ``passable`` is False joins nothing), a libpysal
            ``Graph`` or ``W``, or pairs (m, 2), with lengths (m, 3). Their nodes are matched to
            the index of X where X is a frame, else to 0..n-1; what does not match is refused. A
            scipy sparse matrix has no names: its rows are those of X. None takes the Gabriel graph
            of X: neighbours are two samples with no third in the circle between them.
        sample_weight
            What the limits are about, float[n], not negative; 1 each where None. A series is
            matched to the index of X.

        Returns
        -------
        BandedRegions
            This estimator.

        Raises
        ------
        ValueError
            X, the graph, the weights or a parameter cannot be used. Limits that cannot be met
            are no error: see `verdict_`.
        """
        index = index_of(X)
        points = validate_data(self, coordinates_of(X), dtype=np.float64)
        weight = _check_sample_weight(
            weights_by(sample_weight, index), points, dtype=np.float64, ensure_non_negative=True
        )
        self._check()
        counts, band = integer_counts(weight, self.lower, self.upper)
        samples = build_samples(points, weight, connectivity, index)
        counts = counts[samples.rows]
        parts = list(positions_by(samples.component).values())
        numbers: list[int | None] = [None] * len(parts)
        if self.n_grids is not None:
            unknown = np.full(weight.size, np.nan)
            numbers = [*apportion(band, self.n_grids, [(counts[p], unknown[p]) for p in parts])]
            if sum(n or 0 for n in numbers) != self.n_grids:
                raise ValueError(
                    f"{self.n_grids} regions cannot be made of {weight.size} samples in "
                    f"{len(parts)} components"
                )
        seed = int(check_random_state(self.random_state).randint(2**31))
        search = Search(seed=seed, effort=self.effort)
        solved = []
        for part, number in zip(parts, numbers, strict=True):
            problem_of = partial(samples.problem, part, counts, number)
            problem, solution = self._solve(problem_of, band, search)
            solved.append(
                SolvedPiece(
                    members=samples.rows[part],
                    problem=problem,
                    solution=solution,
                    names=("",) * part.size,
                    cut_off_by=None,
                    contracted=(False,) * part.size,
                )
            )
        solved.sort(key=lambda piece: int(piece.members.min()))
        self._store(solved, weight, band)
        return self

    def _solve(
        self,
        problem_of: Callable[[float, float], Problem],
        band: Band,
        search: Search,
    ) -> tuple[Problem, Solution]:
        """Solve a component; where nothing in band is found, without some weights.

        What is in band without them then becomes better by all weights, but stays in band.
        """
        weights = self.balance, self.compactness
        problems = [
            problem_of(balance, compactness)
            for balance, compactness in dict.fromkeys(
                [weights, (0.0, 0.0), (self.balance, 0.0), (0.0, self.compactness)]
            )
        ]
        problem, *relaxed = problems
        solution = solve(problem, band, search, certificate=False)
        if solution.exact or is_ruled_out(problem, band):
            return problem, solution
        for other in relaxed:
            if not solution.failed:
                break
            found = solve(other, band, search, certificate=False)
            if not found.failed:
                solution = reheat_labels(problem, band, search, found.labels)
        return problem, solution

    def _check(self) -> None:
        for name in ("lower", "upper", "balance", "compactness"):
            if not np.isfinite(getattr(self, name)):
                raise ValueError(f"{name}={getattr(self, name)!r} is not a finite number")
        if not 0 < self.lower <= self.upper:
            raise ValueError(f"lower={self.lower} must be above 0 and at most upper={self.upper}")
        if self.effort not in EFFORT_NAMES:
            raise ValueError(f"effort={self.effort!r} is none of {', '.join(EFFORT_NAMES)}")
        if self.balance < 0 or self.compactness < 0:
            raise ValueError("balance and compactness must not be negative")

    def _store(self, solved: list[SolvedPiece], weight: NDArray[np.float64], band: Band) -> None:
        labels = np.empty(weight.size, dtype=np.int64)
        counts = np.empty(weight.size, dtype=np.int64)
        count = 0
        for piece in solved:
            labels[piece.members] = count + piece.solution.labels
            counts[piece.members] = piece.problem.households
            count += piece.solution.grids
        self.labels_ = number_by_first(labels)
        self.n_grids_ = count
        self.region_weight_ = np.bincount(self.labels_, weights=weight)
        sums = np.bincount(self.labels_, weights=counts)
        self.in_band_ = (sums >= band.lower) & (sums <= band.upper)
        self.cost_ = float(sum(piece.solution.cost for piece in solved)) / UNIT_M
        self.verdict_ = tuple(self._judge(piece, band, weight) for piece in solved)

    def _judge(
        self, piece: SolvedPiece, band: Band, weight: NDArray[np.float64]
    ) -> ComponentVerdict:
        judged = judge_community(band, [piece])
        sums = np.asarray(
            np.bincount(piece.solution.labels, weights=weight[piece.members]), dtype=np.float64
        )
        return ComponentVerdict(
            verdict=judged.name,
            proof=judged.proof,
            reason=self._reason(judged, sums, piece, weight),
            samples=np.sort(piece.members),
            n_grids=piece.solution.grids,
        )

    def _reason(
        self,
        judged: Verdict,
        sums: NDArray[np.float64],
        piece: SolvedPiece,
        weight: NDArray[np.float64],
    ) -> str:
        limits = f"{self.lower:,g} to {self.upper:,g}"
        least = f"{sums.size} regions of {sums.min():,g} to {sums.max():,g}"
        reasons = {
            "in_band": least,
            "small": f"{sums.sum():,g} together, below the lower limit of {self.lower:,g}",
            "not_found": f"nothing better was found than {least}",
            "arithmetic": f"{sums.sum():,g} cannot be divided into regions of {limits}",
            "atom": self._heavy(piece.members, weight),
            "exhausted": f"every connected way to put {piece.members.size} samples together was "
            f"tried: none gives regions of {limits}",
        }
        return reasons[judged.proof or judged.name]

    def _heavy(self, members: NDArray[np.int64], weight: NDArray[np.float64]) -> str:
        """Return the samples that no region within the limits can hold, in words."""
        order = members[np.lexsort((members, -weight[members]))]
        heavy = order[weight[order] > self.upper]
        named = [
            f"sample {v} weighs {weight[v]:,g}, above the upper limit of {self.upper:,g}"
            for v in heavy[:_NAMED]
        ]
        if heavy.size > _NAMED:
            named.append(f"{heavy.size} such samples in all")
        return "; ".join(named) or "a sample fits into no connected region within the limits"
