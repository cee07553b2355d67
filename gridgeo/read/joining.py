"""Tables without coordinates: rows find their compound, building, parcel or address by a key."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.aliases import ALIASES
from gridgeo.read.areas import Area
from gridgeo.read.columns import find_all
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.values import codes
from gridgeo.text import Text, join

_TARGETS = ("compounds", "buildings", "parcels", "addresses")


@dataclass(frozen=True, slots=True)
class _Keys:
    """A key column of a layer, as text without case, width and spaces."""

    area: Area
    column: str
    cells: pd.Series[str]


def match(
    raw: RawLayer, areas: Mapping[str, Sequence[Area]], ground: Ground
) -> tuple[pd.Series[int], Area]:
    """Return for each row of `raw` that finds one place the row of that place, and its layer.

    The layer and column that know most of the keys are taken (compounds before buildings,
    parcels and addresses). Keys that match nothing or several places go to the rejects.
    """
    columns = find_all(raw, "key", ground.rules)
    targets = [
        _Keys(area, column, _keys(area.raw, column, ground))
        for role in _TARGETS
        for area in areas.get(role, ())
        for column in find_all(area.raw, "key", ground.rules)
    ]
    if not columns:
        raise _no_key(raw)
    if not targets:
        raise _nothing_to_join(raw, areas)
    own, keys, target = _best_pair(raw, columns, targets, ground)
    ground.journal.say(
        "columns",
        Text(
            f"{raw}: joined by {own} to {target.column} of {target.area.raw}",
            f"{raw.zh}：按“{own}”与 {target.area.raw.zh} 的“{target.column}”关联",
        ),
    )
    return _unique_places(raw, own, keys, target, ground), target.area


def _best_pair(
    raw: RawLayer, columns: Sequence[str], targets: Sequence[_Keys], ground: Ground
) -> tuple[str, pd.Series[str], _Keys]:
    """Return the columns that match best: by keys with one place, then by keys with any."""
    keys = [_keys(raw, column, ground) for column in columns]
    scores = []
    for rank, own in enumerate(keys):
        for position, target in enumerate(targets):
            known = target.cells[target.cells != ""]
            single = known[~known.duplicated(keep=False)]
            hits = (-int(own.isin(single).sum()), -int(own.isin(known).sum()))
            scores.append((*hits, rank, position))
    _, found, rank, position = min(scores)
    if found == 0:
        raise _no_key_fits(raw, columns[rank], keys[rank])
    return columns[rank], keys[rank], targets[position]


def _unique_places(
    raw: RawLayer, own: str, keys: pd.Series[str], target: _Keys, ground: Ground
) -> pd.Series[int]:
    usable = target.cells.loc[target.area.frame.index]
    several = set(usable[usable.duplicated(keep=False)])
    once = pd.Series(usable.index, index=usable.to_numpy())
    once = once[~once.index.duplicated(keep=False) & (once.index != "")]
    found = keys.map(once)
    ambiguous = keys.isin(several) & (keys != "")
    lost = found.isna() & ~ambiguous
    for mask, reason in (
        (lost, Text("the key matches no place", "关联字段找不到对应的图形")),
        (ambiguous, Text("the key matches several places", "关联字段对应多个图形")),
    ):
        rows = keys.index[mask]
        ground.journal.reject(raw, rows, field=own, values=raw.frame.loc[rows, own], reason=reason)
    return found[found.notna()].astype("int64")


def _keys(raw: RawLayer, column: str, ground: Ground) -> pd.Series[str]:
    """Return the cells of a key column without case, width and spaces."""
    cells = codes(raw, column, ground.journal)
    return cells.map(lambda cell: unicodedata.normalize("NFKC", cell).casefold())


def _nothing_to_join(raw: RawLayer, areas: Mapping[str, Sequence[Area]]) -> InputError:
    raws = [area.raw for role in _TARGETS for area in areas.get(role, ())]
    given = join([Text(str(raw), raw.zh) for raw in raws], en=", ", zh="、")
    aliases = ", ".join(ALIASES["compounds"]["key"][:6])
    return InputError(
        Text(
            "the table has no coordinates, and no layer has a key to join it to"
            + (f" ({given.en})" if raws else ""),
            "表中没有坐标，也没有可关联的图层或关联字段" + (f"（{given.zh}）" if raws else ""),
        ),
        remedy=Text(
            f"Add coordinate columns (lon, lat), or give --compounds, --buildings or --addresses "
            f"with a column such as {aliases}",
            f"请补上坐标列（经度、纬度），或提供小区、建筑、地址图层，并含 {aliases} 等字段",
        ),
        **raw.place,
    )


def _no_key(raw: RawLayer) -> InputError:
    has = ", ".join(raw.columns) or "-"
    return InputError(
        Text(
            f"the table has no coordinates, and no key to join it to a layer; the columns are: "
            f"{has}",
            f"表中没有坐标，也没有可与小区、楼栋或门牌关联的名称、编码列；现有的列：{has}",
        ),
        remedy=Text(
            "Name the key with --column households.key=NAME, or add coordinate columns (lon, lat)",
            "请用 --column households.key=列名 指明关联列，或补上坐标列（经度、纬度）",
        ),
        **raw.place,
    )


def _no_key_fits(raw: RawLayer, column: str, keys: pd.Series[str]) -> InputError:
    first = keys.index[0]
    return InputError(
        Text("no key of the table is known to any layer", "表中的关联字段与各图层均对应不上"),
        remedy=Text(
            "Name the columns with --column households.key=NAME and --column compounds.key=NAME",
            "请用 --column households.key=字段名 和 --column compounds.key=字段名 指明",
        ),
        **raw.place,
        row=int(first) + 1,
        field=column,
        value=raw.frame.at[first, column],
    )
