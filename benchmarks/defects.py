"""The kinds of defects that partitions come with, put into a sound one, by seed.

Each kind is one function from a sound partition to a copy with one defect and what is known of
it. The partition has ``code``, ``community``, ``households`` and geometry, and ``code`` is its
index; the grids to be spoilt are chosen among those of one part with neighbours on all sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

#: Metres by which grids are drawn too small, too large, or one vertex away.
MOAT_M, SLIVER_M, SHIFT_M, BITE_M = 2.0, 1.5, 5.0, 20.0


@dataclass(frozen=True)
class Defect:
    """A spoilt partition.

    ``grids`` has the defect; ``at`` are the codes concerned, ``rule`` is the check that must
    find it, ``area`` the m2 that it must give together (None: not known), ``mended``
    whether it has one right answer: that of the sound partition.
    """

    name: str
    grids: gpd.GeoDataFrame
    at: frozenset[str]
    rule: str
    area: float | None = None
    mended: bool = False


def defects(sound: gpd.GeoDataFrame, seed: int) -> list[Defect]:
    """Return one defect of each kind in `KINDS`, at grids chosen by `seed`."""
    rng = np.random.default_rng(seed)
    inner = _inner(sound)
    return [kind(sound, str(rng.choice(inner))) for kind in KINDS]


def missing_grid(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Take a grid out."""
    area = sound.geometry[code].area
    around = neighbours(sound, code)
    return Defect("missing grid", sound.drop(code), around, "fills_community", area)


def moat(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Draw a grid too small: a narrow gap lies all round it."""
    whole = sound.geometry[code]
    less = whole.buffer(-MOAT_M, join_style="mitre")
    made = _with(sound, code, less)
    area = whole.difference(less).area
    return Defect("moat", made, frozenset({code}), "fills_community", area, mended=True)


def hole(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Cut a hole that no grid fills."""
    whole = sound.geometry[code]
    pierced = whole.difference(whole.representative_point().buffer(4.0))
    area = whole.area - pierced.area
    made = _with(sound, code, pierced)
    return Defect("hole", made, frozenset({code}), "fills_community", area, mended=True)


def bite(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Let a grid also hold a strip of its neighbour, too wide for a slip of the pen."""
    other = min(neighbours(sound, code))
    reach = sound.geometry[code].buffer(BITE_M)
    strip = sound.geometry[other].intersection(reach)
    made = _with(sound, code, sound.geometry[code].union(strip))
    return Defect("overlap", made, frozenset({code, other}), "no_overlap", strip.area)


def sliver(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Draw a grid too large: it overlaps each neighbour a little."""
    more = sound.geometry[code].buffer(SLIVER_M, join_style="mitre", mitre_limit=2)
    others = sound.geometry.drop(code)
    area = float(others.intersection(more).area.sum())
    made = _with(sound, code, more)
    return Defect("slivers", made, frozenset({code}), "no_overlap", area, mended=True)


def shifted_vertex(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Move one vertex of a grid outwards, and not that of its neighbours."""
    whole = sound.geometry[code]
    ring = shapely.get_coordinates(whole.exterior)
    for corner in range(1, len(ring) - 1):
        moved = ring.copy()
        away = ring[corner] - shapely.get_coordinates(whole.centroid)[0]
        moved[corner] += SHIFT_M * away / np.hypot(*away)
        spoilt = shapely.Polygon(moved, whole.interiors)
        area = spoilt.difference(whole).area
        if spoilt.is_valid and area > 1 and whole.difference(spoilt).area < 1e-6:
            break
    made = _with(sound, code, spoilt)
    overlapped = sound.index[sound.geometry.intersection(spoilt).area > 0]
    return Defect("shifted vertex", made, frozenset(overlapped), "no_overlap", area)


def far_part(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Give a grid half of one that it does not touch; the coverage stays seamless."""
    own = sound.geometry[code]
    near = neighbours(sound, code)
    far = next(n for n in _inner(sound) if n not in near | {code})
    part = _half(sound.geometry[far])
    made = _with(sound, code, own.union(part))
    made = _with(made, far, sound.geometry[far].difference(part))
    return Defect("far part", made, frozenset({code, far}), "one_part")


def twin(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Put the same polygon there twice, under two codes."""
    other = f"{code}-2"
    made = sound.copy()
    made.loc[other] = sound.loc[code]
    made.loc[other, "code"] = other
    area = sound.geometry[code].area
    return Defect("twin", made, frozenset({code, other}), "no_overlap", area)


def same_code(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Give two neighbours one code."""
    made = sound.copy()
    made.loc[min(neighbours(sound, code)), "code"] = code
    return Defect("same code", made, frozenset({code}), "codes_unique")


def bow_tie(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Let a ring cross itself: two of its vertices are swapped."""
    ring = shapely.get_coordinates(sound.geometry[code].exterior)
    for corner in range(1, len(ring) - 2):
        crossed = ring.copy()
        crossed[[corner, corner + 1]] = ring[[corner + 1, corner]]
        if not shapely.Polygon(crossed).is_valid:
            break
    made = _with(sound, code, shapely.Polygon(crossed))
    return Defect("bow-tie", made, frozenset({code}), "valid_geometry")


def oversize(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Let a grid hold more households than the band allows."""
    made = sound.copy()
    made.loc[code, "households"] = 672
    return Defect("oversize", made, frozenset({code}), "in_band")


def undersize(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Split off half of a grid, with few households."""
    part, new = _half(sound.geometry[code]), f"{code}-tiny"
    made = _with(sound, code, sound.geometry[code].difference(part))
    made.loc[new] = sound.loc[code]
    made = _with(made, new, part)
    made.loc[new, "code"], made.loc[new, "households"] = new, 12
    return Defect("undersize", made, frozenset({new}), "in_band")


def crossing(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Give a grid a strip of a neighbour in another community."""
    taker, giver = next(
        (one, other)
        for one in [code, *_inner(sound)]
        for other in sorted(neighbours(sound, one))
        if sound["community"][other] != sound["community"][one]
    )
    strip = sound.geometry[giver].intersection(sound.geometry[taker].buffer(BITE_M))
    made = _with(sound, taker, sound.geometry[taker].union(strip))
    made = _with(made, giver, sound.geometry[giver].difference(strip))
    return Defect("crossing", made, frozenset({taker}), "inside_community", strip.area)


def no_geometry(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Take the geometry of a grid away."""
    return Defect(
        "no geometry", _with(sound, code, None), frozenset({code}), "valid_geometry", mended=True
    )


def no_code(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Take the code of a grid away."""
    made = sound.copy()
    made.loc[code, "code"] = ""
    return Defect("no code", made, frozenset({code, f"name {code}"}), "codes_wellformed")


def nested(sound: gpd.GeoDataFrame, code: str) -> Defect:
    """Put a small grid into another that is not cut for it."""
    new = f"{code}-school"
    inside = sound.geometry[code].representative_point().buffer(15.0, quad_segs=2)
    inside = inside.intersection(sound.geometry[code])
    made = sound.copy()
    made.loc[new] = sound.loc[code]
    made = _with(made, new, inside)
    made.loc[new, "code"] = new
    return Defect("nested", made, frozenset({code, new}), "no_overlap", inside.area)


KINDS: tuple[Callable[[gpd.GeoDataFrame, str], Defect], ...] = (
    missing_grid,
    moat,
    hole,
    bite,
    sliver,
    shifted_vertex,
    far_part,
    twin,
    same_code,
    bow_tie,
    oversize,
    undersize,
    crossing,
    no_geometry,
    no_code,
    nested,
)


def neighbours(sound: gpd.GeoDataFrame, code: str) -> frozenset[str]:
    """Return the codes of the grids that touch the one of `code`."""
    near = sound.index[sound.geometry.dwithin(sound.geometry[code], 0.01)]
    return frozenset(str(one) for one in near) - {code}


def _inner(sound: gpd.GeoDataFrame) -> list[str]:
    """Return the codes of grids of one part and no hole that others surround wholly."""
    rim = shapely.union_all(sound.geometry.to_numpy(), grid_size=0.01).boundary
    plain = sound.geometry.count_geometries() == 1
    plain &= sound.geometry.count_interior_rings() == 0
    plain &= ~sound.geometry.dwithin(rim, 2 * BITE_M)
    return sorted(sound.index[plain].astype(str))


def _half(shape: shapely.Polygon) -> shapely.Polygon:
    west, south, east, north = shape.bounds
    part = shape.intersection(shapely.box(west, south, (west + east) / 2, north))
    return max(shapely.get_parts(part), key=lambda piece: piece.area)


def _with(grids: gpd.GeoDataFrame, code: str, shape: object) -> gpd.GeoDataFrame:
    made = grids.copy()
    geometry = made.geometry.to_numpy().copy()
    if isinstance(shape, shapely.MultiPolygon) and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    geometry[made.index.get_loc(code)] = shape
    return made.set_geometry(gpd.GeoSeries(geometry, index=made.index, crs=made.crs))
