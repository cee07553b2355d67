"""Grid codes for a first numbering."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridgeo.codes.numbering import KINDS, community_codes, digits_of, reading_order
from gridgeo.config import Codes, CodeScheme
from gridgeo.errors import SettingsError
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_NO_MAPPING: Mapping[str, str] = MappingProxyType({})


def assign_codes(
    grids: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    rules: Codes,
    *,
    mapping: Mapping[str, str] = _NO_MAPPING,
) -> gpd.GeoDataFrame:
    """Return `grids` with ``code``, ``scheme`` and ``community_code``.

    Inside a community each kind of grid is numbered in `reading_order`: basic grids from 1,
    dedicated grids from ``rules.dedicated_start``, open ground from ``rules.open_start`` (0 lets
    them follow the kinds before). All numbers have the digits of the greatest start or number:
    a city that is done in parts gets the same codes. The index and the row order are those of
    `grids`.

    Parameters
    ----------
    grids
        kind (``basic``, ``dedicated``, ``open``), community (position in `communities`) and
        polygons in a projected metre CRS; any index.
    communities
        code (``""`` where there is none), name, geometry.
    rules
        The scheme and where the numbers start.
    mapping
        Community name or given code -> code to use; see `community_codes`.

    Raises
    ------
    InputError
        Communities lack a code that the scheme accepts, or share one.
    SettingsError
        Numbers of two kinds meet, or pass the last number of the scheme.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> town = gpd.GeoDataFrame({"code": ["420102001001"], "name": ["A"]},
    ...                         geometry=[box(0, 0, 2, 1)])
    >>> halves = gpd.GeoDataFrame({"kind": ["basic", "dedicated"], "community": [0, 0]},
    ...                           geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> assign_codes(halves, town, Codes())["code"].tolist()
    ['420102001001001', '420102001001801']
    """
    scheme = rules.code_scheme
    parents = community_codes(communities, scheme, mapping=mapping)
    community = grids["community"].to_numpy(dtype=np.intp)
    kinds = pd.Categorical(grids["kind"], categories=KINDS).codes
    numbers = np.zeros(len(grids), dtype=np.int64)
    for place in np.unique(community):
        rows = np.flatnonzero(community == place)
        rows = rows[reading_order(grids.geometry.to_numpy()[rows])]
        numbers[rows] = _numbered(kinds[rows], parents[place], scheme, rules)
    owners = np.array(parents, dtype=object)[community]
    digits = digits_of(int(numbers.max(initial=1)), rules)
    codes = [
        scheme.write(owner, number, digits)
        for owner, number in zip(owners.tolist(), numbers.tolist(), strict=True)
    ]
    return grids.assign(code=codes, scheme=scheme.id, community_code=owners)


def _numbered(
    kinds: NDArray[Any], parent: str, scheme: CodeScheme, rules: Codes
) -> NDArray[np.int64]:
    """Return the numbers of one community's grids, which stand in reading order."""
    numbers = np.zeros(len(kinds), dtype=np.int64)
    if scheme.undivided and len(kinds) == 1:
        return numbers
    taken: dict[str, range] = {}
    starts = {"basic": 1, "dedicated": rules.dedicated_start, "open": rules.open_start}
    for kind, name in enumerate(KINDS):
        rows = np.flatnonzero(kinds == kind)
        start = starts[name] or max((span.stop for span in taken.values()), default=1)
        taken[name] = range(start, start + len(rows))
        numbers[rows] = taken[name]
    _check_numbers(taken, parent, scheme)
    return numbers


def _check_numbers(taken: Mapping[str, range], parent: str, scheme: CodeScheme) -> None:
    spans = sorted(
        ((span, name) for name, span in taken.items() if span), key=lambda item: item[0].start
    )
    for (span, name), (following, other) in pairwise(spans):
        if span.stop > following.start:
            raise _no_room(parent, f"{name}: {span.start}-{span.stop - 1}", other, following.start)
    last = spans[-1][0].stop - 1
    if scheme.last is not None and last > scheme.last:
        raise SettingsError(
            Text(
                f"community {parent} would need number {last}; the last one of scheme "
                f"{scheme.id} is {scheme.last}",
                f"社区 {parent} 将编到 {last} 号，而 {scheme.id} 编码方案最大为 {scheme.last}",
            ),
            key="codes.dedicated_start, codes.open_start",
            remedy=Text(
                "Lower the two starts, or set them to 0 to number without gaps",
                "请调小这两个起始号，或设为 0 以连续编号",
            ),
        )


def _no_room(parent: str, span: str, other: str, start: int) -> SettingsError:
    return SettingsError(
        Text(
            f"community {parent}: the numbers of its grids ({span}) run into those of its "
            f"{other} grids, which start at {start}",
            f"社区 {parent} 的网格编号（{span}）与从 {start} 开始的 {other} 类网格编号相撞",
        ),
        key="codes.dedicated_start, codes.open_start",
        remedy=Text(
            "Move the starts apart, or set them to 0 to number without gaps",
            "请拉开起始号，或设为 0 以连续编号",
        ),
    )
