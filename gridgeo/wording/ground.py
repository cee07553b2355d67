"""What borders follow, and the quality of the ground, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gridgeo.wording.text import Text

#: What a border may follow: where it lies near to several, the first of them.
FOLLOWED: Mapping[str, Text] = MappingProxyType(
    {
        "street": Text("street", "街道"),
        "path": Text("path", "小路"),
        "rail": Text("railway", "铁路"),
        "wall": Text("wall", "围墙"),
        "water": Text("water", "水系"),
        "compound": Text("compound", "小区边界"),
        "parcel": Text("parcel", "宗地边界"),
        "building_gap": Text("gap between buildings", "楼间"),
        "open": Text("open ground", "空地"),
    }
)


def ground_rows(ground: Mapping[str, Any]) -> Iterator[tuple[Text, Text]]:
    """Yield label and value of each figure of ``summary["ground"]``, those that are known.

    Examples
    --------
    >>> ground = {"follows_m": {"street": 900.0, "open": 100.0}, "corners_per_km": 3.0,
    ...           "beside_streets_m": 70.0, "buildings_cut": None, "dedicated_households": 12,
    ...           "enclaves": 0, "compactness": 0.612}
    >>> for label, value in ground_rows(ground):
    ...     print(f"{label.en}: {value.en}")
    borders follow: street 90 %, open ground 10 % of 1.0 km
    open beside a street: 70 m
    corners per km: 3.0
    enclaves: 0
    homes in dedicated grids: 12
    compactness: 0.61
    """
    total = sum(ground["follows_m"].values())
    parts = [(FOLLOWED[name], m / total) for name, m in ground["follows_m"].items() if m]
    if parts:
        yield (
            Text("borders follow", "边界走向"),
            Text(
                ", ".join(f"{name.en} {share:.0%}".replace("%", " %") for name, share in parts)
                + f" of {total / 1000:,.1f} km",
                "、".join(f"{name.zh} {share:.0%}" for name, share in parts)
                + f"（共 {total / 1000:,.1f} 千米）",
            ),
        )
    figures = (
        (
            "beside_streets_m",
            Text("open beside a street", "邻街而不沿街"),
            Text("{:,.0f} m", "{:,.0f} 米"),
        ),
        ("corners_per_km", Text("corners per km", "每千米拐点"), Text("{:.1f}", "{:.1f}")),
        ("buildings_cut", Text("buildings cut", "被切分建筑"), Text("{:,}", "{:,}")),
        ("enclaves", Text("enclaves", "被包围网格"), Text("{:,}", "{:,}")),
        (
            "dedicated_households",
            Text("homes in dedicated grids", "专属网格内户数"),
            Text("{:,}", "{:,}"),
        ),
        ("compactness", Text("compactness", "紧凑度"), Text("{:.2f}", "{:.2f}")),
    )
    for name, label, form in figures:
        if (figure := ground[name]) is not None:
            yield label, Text(form.en.format(figure), form.zh.format(figure))
