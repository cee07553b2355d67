"""The layers of a saved plan and their columns: the contract of `gridgeo.model.Plan` as a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

#: For each frame of a plan its columns (without geometry) and their kinds.
SCHEMA: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "grids": {
            "code": "text",
            "scheme": "text",
            "name": "text",
            "kind": "text",
            "community": "text",
            "community_name": "text",
            "households": "count",
            "residents": "measure",
            "area_m2": "measure",
            "bounded_by": "text",
            "contains": "text",
            "verdict": "text",
            "reason": "text",
            "facility": "text",
            "soundness": "text",
            "soundness_reason": "text",
        },
        "communities": {
            "code": "text",
            "name": "text",
            "households": "count",
            "residents": "measure",
            "grids": "count",
            "verdict": "text",
            "reason": "text",
            "proof": "text",
            "certificate": "text",
            "gap": "measure",
            "soundness": "text",
            "soundness_reason": "text",
        },
        "atoms": {
            "grid": "text",
            "community": "text",
            "households": "count",
            "residents": "measure",
            "kind": "text",
            "name": "text",
        },
        "borders": {
            "left": "count",
            "right": "count",
            "border_m": "measure",
            "street_class": "text",
            "street_name": "text",
            "passable": "flag",
            "follows": "text",
            "follows_name": "text",
            "beside_street_m": "measure",
            "link": "flag",
        },
        "households": {
            "grid": "text",
            "households": "count",
            "residents": "measure",
            "group": "text",
            "name": "text",
            "reason": "text",
        },
        "considered": {
            "kind": "text",
            "name": "text",
            "area_m2": "measure",
            "dedicated": "flag",
            "grid": "text",
            "reason": "text",
        },
        "streets": {"street_class": "text", "name": "text", "cuts": "flag"},
        "barriers": {"street_class": "text", "name": "text"},
    }
)
#: Further columns of the grids of a plan, where their file has them: what DB11/T 2157 asks of a
#: record (用地类别, 管理等级, 责任主体, 初始时间, 终止日期), and the date of the counts.
RECORD: tuple[str, ...] = (
    "land_use",
    "management_level",
    "responsible",
    "start_date",
    "end_date",
    "counted_on",
)
#: The table of old and new codes: its columns, as for `SCHEMA`.
CROSSWALK = "crosswalk"
CROSSWALK_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"old_code": "text", "new_code": "text", "households": "count", "area_m2": "measure"}
)
DTYPES: dict[str, Any] = {"text": "str", "count": "int64", "measure": "float64", "flag": "bool"}
_BLANK: dict[str, Any] = {"text": "", "count": 0, "measure": float("nan"), "flag": False}


def layer_frame(
    layer: str, frame: gpd.GeoDataFrame | None = None, *, crs: CRS | None = None
) -> gpd.GeoDataFrame:
    """Return `frame` with the columns and types of `layer` of a plan, in their order.

    Columns that are missing are filled with ``""``, 0, NaN or False; columns that the layer does
    not know follow at the end. The index is a ``RangeIndex``. Without `frame` the layer is empty.

    Examples
    --------
    >>> list(layer_frame("barriers", crs="EPSG:4547").columns)
    ['street_class', 'name', 'geometry']
    """
    import geopandas as gpd  # noqa: PLC0415  (heavy: the values of the model are not)

    known = SCHEMA[layer]
    if frame is None:
        frame = gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs=crs)
    columns = {name: _column(frame, name, kind) for name, kind in known.items()}
    extra = [n for n in frame.columns if n not in known and n != frame.geometry.name]
    columns |= {name: frame[name].array for name in extra}
    return gpd.GeoDataFrame(columns, geometry=frame.geometry.array, crs=frame.crs)


def grid_frame(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids table of a plan: the columns of its schema, then those of `RECORD`.

    The latter only where `grids` has them; no others.

    ``area_m2`` is that of the ground; what `grids` does not have is filled as by `layer_frame`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> one = gpd.GeoDataFrame({"code": ["1"], "row": [7]}, geometry=[box(0, 0, 20, 10)])
    >>> grid_frame(one)[["code", "kind", "area_m2"]].to_numpy().tolist()
    [['1', '', 200.0]]
    """
    known = [name for name in (*SCHEMA["grids"], *RECORD) if name in grids]
    areas = grids.geometry.area.to_numpy()
    return layer_frame("grids", grids[[*known, grids.geometry.name]]).assign(area_m2=areas)


def carry_record(grids: gpd.GeoDataFrame, old: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return `grids` with the columns of `RECORD` that `old` has: of the grid of the same code.

    Grids with a code that is new, or that stands twice in `old`, get ``""``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> old = gpd.GeoDataFrame({"code": ["1"], "land_use": ["R2"]}, geometry=[None])
    >>> new = gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=[None, None])
    >>> carry_record(new, old)["land_use"].tolist()
    ['R2', '']
    """
    known = old[~old["code"].duplicated(keep=False) & (old["code"] != "")].set_index("code")
    carried = {
        name: grids["code"].map(known[name]).fillna("").astype("str")
        for name in RECORD
        if name in old.columns
    }
    return grids.assign(**carried)


def _column(frame: gpd.GeoDataFrame, name: str, kind: str) -> object:
    if name not in frame.columns:
        import pandas as pd  # noqa: PLC0415

        return pd.Series([_BLANK[kind]] * len(frame), dtype=DTYPES[kind]).array
    values = frame[name]
    if kind != "measure":
        values = values.fillna(_BLANK[kind]) if values.isna().any() else values
    return values.astype(DTYPES[kind]).array
