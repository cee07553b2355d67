"""What a change leaves alone: accepted exceptions, and ground that may be in no grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.model import Atoms, Finding, Layers, Note, Ties
from gridgeo.place import households_in
from gridgeo.text import Text

if TYPE_CHECKING:
    from gridgeo.adjust.inherited import Old

#: Findings of these rules about a grid are reasons to redraw it.
_ABOUT_GRIDS = ("valid_geometry", "inside_community", "one_part", "in_band")
#: A facility whose grid would share this much of the larger ground is the one that was excepted.
_SAME_GROUND = 0.8
_ACCEPTED = Text(
    "passes, but stays without a grid of its own: accepted as an exception",
    "达到阈值，但已列为例外，故不单设",
)


@dataclass(frozen=True, kw_only=True)
class Exceptions:
    """Accepted findings, by what they are about.

    ``grids``: codes of grids that stay as drawn. ``gaps``: ground that stays in no grid.
    ``facilities``: ground on which a facility stays without a grid of its own.
    """

    grids: frozenset[str] = frozenset()
    gaps: tuple[Any, ...] = ()
    facilities: tuple[Any, ...] = ()


def exceptions_of(findings: Iterable[Finding]) -> Exceptions:
    """Return the accepted ones among the findings about a partition as it is."""
    accepted = [one for one in findings if one.status == "accepted"]

    def where(rule: str) -> tuple[Any, ...]:
        return tuple(one.where for one in accepted if one.rule == rule and one.where is not None)

    about = (one for one in accepted if one.rule in _ABOUT_GRIDS)
    return Exceptions(
        grids=frozenset(code for one in about for code in one.grids),
        gaps=where("fills_community"),
        facilities=where("facilities_dedicated"),
    )


def leave_gaps(layers: Layers, drawn: gpd.GeoDataFrame, gaps: tuple[Any, ...]) -> Layers:
    """Return the layers without the ground that may belong to no grid and that none holds.

    That is the ground of ``layers.allowed_gaps`` and of `gaps`; the two are the allowed gaps of
    the layers that come back. Ready-made atoms that lie there for the most part go with it, unless
    somebody lives in them.

    Parameters
    ----------
    drawn
        The grids, with valid rings: what they hold stays theirs.
    """
    allowed = _together(layers, gaps)
    if allowed is None:
        return layers
    bare = shapely.difference(
        shapely.union_all(allowed.geometry.to_numpy()), shapely.union_all(drawn.geometry.to_numpy())
    )
    outlines = shapely.difference(layers.communities.geometry.to_numpy(), bare)
    communities = layers.communities.set_geometry(
        gpd.GeoSeries(outlines, index=layers.communities.index, crs=layers.crs)
    )
    return replace(
        layers,
        communities=communities[~communities.is_empty].reset_index(drop=True),
        atoms=_off(layers, bare),
        allowed_gaps=allowed,
    )


def refuse_facilities(atoms: Atoms, exceptions: Exceptions) -> Atoms:
    """Return the atoms; the facilities of accepted exceptions get no grid of their own."""
    frame, considered = atoms.frame, atoms.considered
    facility = frame["facility"].to_numpy(np.int64).copy()
    if not exceptions.facilities or not (facility >= 0).any():
        return atoms
    shapes = frame.geometry.to_numpy()
    accepted = np.array(exceptions.facilities, dtype=object)
    refused = np.zeros(len(considered), dtype=bool)
    for row in np.unique(facility[facility >= 0]).tolist():
        ground = shapely.union_all(shapes[facility == row])
        shared = shapely.area(shapely.intersection(accepted, ground))
        larger = np.maximum(shapely.area(accepted), ground.area)
        refused[row] = (shared >= _SAME_GROUND * larger).any()
    facility[np.append(refused, False)[facility]] = -1
    told = considered.assign(
        dedicated=considered["dedicated"].mask(refused, other=False),
        reason_en=considered["reason_en"].mask(refused, _ACCEPTED.en),
        reason_zh=considered["reason_zh"].mask(refused, _ACCEPTED.zh),
    )
    return replace(atoms, frame=frame.assign(facility=facility), considered=told)


def hold(ties: Ties, old: Old, codes: frozenset[str]) -> Ties:
    """Return the ties with the old grids of `codes` locked, which lie in one community each."""
    whole = (old.grids["communities"] == 1).to_numpy()
    rows = np.flatnonzero(old.grids["code"].isin(codes).to_numpy() & whole)
    if not len(rows):
        return ties
    locked = np.full(len(old.previous), -1) if ties.locked is None else ties.locked.copy()
    first = max(len(ties.names), int(locked.max()) + 1)
    names = [*ties.names, *[""] * (first - len(ties.names))]
    for number, row in enumerate(rows.tolist(), start=first):
        locked[(old.previous == row) & (locked < 0)] = number
        names.append(str(old.grids["code"].iloc[row]))
    return replace(ties, locked=locked, names=tuple(names))


def say_held(codes: Iterable[str], withheld: Iterable[str]) -> tuple[Note, ...]:
    """Say which grids stay as drawn by exception, and which proposals are left out with them."""
    held, left = sorted(codes), sorted(withheld)
    if not held:
        return ()
    said = Text(
        f"{len(held)} grids stay as drawn, as accepted exceptions: {', '.join(held)}",
        f"{len(held)} 个网格已列为例外，保持原样：{'、'.join(held)}",
    )
    if left:
        said += Text(
            f"; proposals that would change them are left out: {', '.join(left)}",
            f"；涉及这些网格的建议不再提出：{'、'.join(left)}",
        )
    return (Note("ledger", said),)


def _together(layers: Layers, gaps: tuple[Any, ...]) -> gpd.GeoDataFrame | None:
    """Return the allowed gaps of the layers with `gaps`, None where there are neither."""
    frames = [] if layers.allowed_gaps is None else [layers.allowed_gaps]
    if gaps:
        frames.append(
            gpd.GeoDataFrame({"name": [""] * len(gaps)}, geometry=list(gaps), crs=layers.crs)
        )
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else None


def _off(layers: Layers, bare: Any) -> gpd.GeoDataFrame | None:
    """Return the ready-made atoms without those on bare ground in which nobody lives."""
    atoms = layers.atoms
    if atoms is None:
        return None
    shapes = atoms.geometry.to_numpy()
    shapely.prepare(bare)
    mostly = np.zeros(len(shapes), dtype=bool)
    near = np.flatnonzero(shapely.intersects(bare, shapes))
    mostly[near] = (
        shapely.area(shapely.intersection(shapes[near], bare)) > shapely.area(shapes[near]) / 2
    )
    empty = atoms["households"].to_numpy() + households_in(layers.households, shapes) == 0
    kept: gpd.GeoDataFrame = atoms[~(mostly & empty)].reset_index(drop=True)
    return kept
