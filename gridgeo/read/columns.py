"""Which column means what: aliases in Chinese and English, and the settings that override them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType

from gridgeo.config import ReadRules
from gridgeo.errors import InputError, SettingsError
from gridgeo.read.context import RawLayer, ReadLog
from gridgeo.tables import simplified, without_datum, without_unit
from gridgeo.wording import FIELDS, Text, fields_text, join, word


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


_NAME = words("name 名称 名字 name:zh mc site_name title *名称 *name name*")
_CODE = words(
    "code12 编码 代码 社区编码 社区代码 村社区代码 村代码 行政区划代码 区划代码 统计用区划代码 "
    "community_code villcode village_code code community_id n_hood geoid adcode *编码 *代码 "
    "*_code geoid* *cd"
)
_HOUSEHOLDS = words(
    "户数 住户数 居民户数 总户数 常住户数 家庭户数 households household hh units dwellings hh_cnt "
    "h_cnt hh_count households_est household_count 户数* *户数 households* num_households hh*"
)
_RESIDENTS = words(
    "常住人口 人口 人口数 常住人口数 居民数 总人口 residents population pop p_cnt pop_count 人数 "
    "常住人口* *人口数 *人口 residents* population*"
)
#: what columns of counts may be called: they add up, and are never repeated
COUNTS = (*_HOUSEHOLDS, *_RESIDENTS)
_KEY = words(
    "key 编码 代码 code 小区编码 楼栋编码 房屋编码 地块编码 小区名称 小区 楼栋名称 楼栋 地址 "
    "compound_id building_id compound building parcel address full_address 名称 name *编码 *代码 "
    "*名称 *_code *_id *name"
)

_XY = {
    "x": words("x lon lng long longitude 经度 easting 东坐标 x坐标 point_x coord_x"),
    "y": words("y lat latitude 纬度 northing 北坐标 y坐标 point_y coord_y"),
}

#: role -> field -> aliases; ``*`` stands for any text, and such an alias yields to exact ones
ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "communities": {
            "code": _CODE,
            "name": words(
                "社区名称 村名称 村社区名称 社区 村居 居委会 村名 community_name villname "
                "village_name community name 名称 名字 name:zh mc site_name title *名称 *name "
                "name* *nm"
            ),
            "township": words(
                "township 乡镇街道 街道乡镇 乡镇 街道 镇街 街道名称 乡镇名称 所属街道 所属乡镇 "
                "street_office town towncode townname subdistrict"
            ),
        },
        "streets": {
            "class": words(
                "street_class 道路等级 道路类型 道路类别 等级 highway fclass kind_detail "
                "road_class road_type roadtype class type 类型 kind railway"
            ),
            "name": words(
                "路名 道路名称 name 名称 name:zh street street_name road_name label *路名 *名称"
            ),
            "tunnel": words("tunnel is_tunnel 隧道 是否隧道"),
            "level": words("layer level 层级"),
        },
        "barriers": {
            "class": words(
                "street_class railway waterway barrier natural water fclass kind 类型 类别 type "
                "class landuse leisure"
            ),
            "name": _NAME,
            "tunnel": words("tunnel is_tunnel 隧道 是否隧道"),
            "level": words("layer"),
            "grade": words("grade location"),
        },
        "households": {
            "households": _HOUSEHOLDS,
            "residents": _RESIDENTS,
            "key": _KEY,
            "group": words(
                "村民小组 居民小组 小组 楼栋 楼栋号 小区 小区名称 group group_name compound "
                "compound_name building building_name"
            ),
            "name": words("name 名称 名字 name:zh 地址 address location full_address"),
            **_XY,
        },
        "compounds": {
            "name": words("小区名称 小区 compound compound_name") + _NAME,
            "key": _KEY,
            "households": _HOUSEHOLDS,
            "residents": _RESIDENTS,
        },
        "buildings": {
            "name": words("楼栋名称 楼名 building_name") + _NAME,
            "floors": words(
                "层数 楼层 楼层数 地上层数 floors levels_used levels building:levels stories "
                "storeys num_floors"
            ),
            "height": words("height 高度 建筑高度 楼高"),
            "key": _KEY,
            "households": _HOUSEHOLDS,
            "residents": _RESIDENTS,
        },
        "parcels": {
            "name": words(
                "地块名称 name 名称 名字 name:zh mc site_name title *名称 *name name* location "
                "address"
            ),
            "key": _KEY,
        },
        "addresses": {
            "key": words("地址 门牌 address full_address") + _KEY,
            "name": words("地址") + _NAME,
            **_XY,
        },
        "facilities": {
            "kind": words(
                "设施类型 设施类别 类别 类型 用途 category kind facility fclass amenity office "
                "shop leisure landuse tourism government military building type class use "
                "categories"
            ),
            "name": words("设施名称 单位名称") + _NAME,
            "area": words("area_m2 占地面积 用地面积 面积"),
            "floor_area": words("floor_area_m2 floor_area 建筑面积 gfa"),
            "dedicated": words("专属网格 是否专属 设专属网格 dedicated dedicated_grid"),
            "people": words(
                "学生数 在校生数 学生人数 员工数 职工数 职工人数 从业人数 床位数 人数 enrolment "
                "enrollment students employees beds people"
            ),
            **_XY,
        },
        "atoms": {
            "households": _HOUSEHOLDS,
            "residents": _RESIDENTS,
            "community": words(
                "社区编码 社区代码 社区 社区名称 community community_code villcode village_code "
                "community_name villname"
            ),
            "name": words("名称 name code 编码 codebase"),
        },
        "allowed_gaps": {"name": _NAME},
        "links": {"name": _NAME},
        "together": {"name": _NAME},
        "apart": {"name": _NAME},
        "locked": {"name": words("网格名称 grid_name") + _NAME},
        "grids": {
            "code": words("code 网格编码 网格代码 编码 代码 grid_code *编码 *代码 *_code"),
            "name": words("name 网格名称 名称 grid_name *名称 *name"),
            "kind": words("kind 网格类型 类型 类别 type"),
            "community": words(
                "community 社区编码 社区代码 所属社区 社区名称 社区 community_code community_name "
                "所属村社区"
            ),
            "households": _HOUSEHOLDS,
            "residents": _RESIDENTS,
            "area": words("面积 网格面积 area_m2 area 面积（平方米）"),
            "land_use": words("用地类别 用地类型 用地性质 land_use landuse"),
            "management_level": words("管理等级 管理级别 management_level"),
            "responsible": words("责任主体 责任单位 responsible responsible_body"),
            "start_date": words("初始时间 起始日期 启用日期 start_date valid_from"),
            "end_date": words("终止日期 终止时间 停用日期 end_date valid_to"),
            "counted_on": words(
                "户数日期 户数统计日期 统计日期 数据日期 采集日期 counted_on count_date counts_date"
            ),
            "compound": words("小区 小区名称 compound compound_name"),
            "building": words("楼栋 楼栋号 楼栋名称 楼号 building building_name"),
            "group": words("村民小组 居民小组 小组 组 组名 group group_name villager_group"),
            "address": words("地址 门牌 门牌号 address full_address"),
        },
    }
)


_AXES = frozenset({"lon", "lat"})


@lru_cache(maxsize=10_000)
def normal(name: str) -> str:
    """Return `name` simplified, without case, width, spaces, underscores, remarks in brackets.

    Examples
    --------
    >>> normal("HH_Cnt"), normal("户数（户）"), normal("Ｎame:ZH")
    ('hhcnt', '户数', 'name:zh')
    """
    plain = simplified(unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"\(.*?\)|[\s_\-]", "", plain) or plain


def candidates(columns: Sequence[str], aliases: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that one of the `aliases` fits, the best first.

    An exact alias beats one with ``*``, which beats a Chinese name that a shapefile cut to 10
    bytes; then the order of the aliases counts, then the order of the columns.

    Examples
    --------
    >>> candidates(["households_2020", "HH"], ["households", "hh", "households*"])
    ('HH', 'households_2020')
    """
    return tuple(column for *_, column in _ranked(columns, aliases))


def _ranked(columns: Sequence[str], aliases: Sequence[str]) -> list[tuple[int, int, int, str]]:
    ranked = []
    for position, column in enumerate(columns):
        plain = without_datum(column) if _AXES.intersection(aliases) else without_unit(column)
        name = normal(plain)
        ranks = [rank for alias in enumerate(aliases) if (rank := _rank(name, *alias))]
        if ranks:
            ranked.append((*min(ranks), position, column))
    return sorted(ranked)


def _rank(name: str, position: int, alias: str) -> tuple[int, int] | None:
    wanted = normal(alias)
    if name == wanted:
        return 0, position
    if "*" in alias and fnmatchcase(name, wanted):
        return 1, position
    if not name.isascii() and len(name.encode()) >= 8 and wanted.startswith(name):
        return 2, position
    return None


def check_keys(rules: ReadRules) -> None:
    """Raise SettingsError for a ``role.field`` that no layer knows."""
    known = [f"{role}.{field}" for role, fields in ALIASES.items() for field in fields]
    for key in rules.columns:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            role = key.partition(".")[0]
            listed = near or [name for name in known if name.startswith(f"{role}.")] or known
            raise SettingsError(
                Text(f"there is no column setting {key!r}", f"没有名为 {key!r} 的字段设置"),
                key=f"columns.{key}",
                remedy=Text(
                    f"Did you mean {' or '.join(listed)}?", f"您是否想写 {'、'.join(listed)}？"
                ),
            )


def check_columns(role: str, raws: Sequence[RawLayer], rules: ReadRules) -> None:
    """Raise InputError where a column named in the settings is in none of the layers of a role."""
    for key, column in rules.columns.items():
        if (
            key.partition(".")[0] == role
            and column
            and raws
            and not any(column in raw.columns for raw in raws)
        ):
            raise missing_column(raws[0], key.partition(".")[2], column)


def missing_column(raw: RawLayer, field: str, column: str = "") -> InputError:
    """Return the error that `raw` has no column for `field`, with the columns that it has."""
    has = ", ".join(raw.columns) or "-"
    key, title = f"{raw.role}.{field}", word(FIELDS, field, "zh")
    named = f" {column!r}" if column else ""
    sought = f"指定为“{title}”的“{column}”列" if column else f"“{title}”列"
    return InputError(
        Text(
            f"no column{named} for {key}; the columns are: {has}",
            f"找不到{sought}；现有的列：{has}",
        ),
        remedy=Text(
            f"Name the right one with --column {key}=NAME, or add such a column",
            f"请用 --column {key}=列名 指明，或在数据中补上该列",
        ),
        **raw.place,
    )


def find_all(raw: RawLayer, field: str, rules: ReadRules) -> tuple[str, ...]:
    """Return the columns of `raw` that may hold `field`, the best first.

    A column of the settings stands alone; an empty one there means none.
    """
    named = rules.columns.get(f"{raw.role}.{field}")
    if named is not None and (named in raw.columns or not named):
        return (named,) if named else ()
    return candidates(raw.columns, ALIASES[raw.role].get(field, ()))


def understand(
    raw: RawLayer,
    fields: Sequence[str],
    rules: ReadRules,
    log: ReadLog,
    also: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the column of each of the `fields` that `raw` has, and note them and `also`."""
    found: dict[str, str] = {}
    doubts: list[tuple[str, Text]] = []
    for field in fields:
        columns = find_all(raw, field, rules)
        if columns:
            found[field] = columns[0]
        ranked = _ranked(columns, ALIASES[raw.role][field])
        rivals = [column for kind, *_, column in ranked[1:] if kind == ranked[0][0]]
        if rivals:
            doubts.append((field, Text(", ".join(rivals), "、".join(rivals))))
    note_columns(raw, {**found, **also}, log, doubts)
    return found


def note_columns(
    raw: RawLayer,
    found: Mapping[str, str],
    log: ReadLog,
    doubts: Sequence[tuple[str, Text]] = (),
) -> None:
    """Note the columns of `raw` as understood, and which others would have fitted."""
    text = fields_text(found) if found else Text("no columns understood", "没有识别出字段")
    also = [Text(f"{field}: ", f"{word(FIELDS, field, 'zh')}：") + rest for field, rest in doubts]
    if also:
        text = text + Text(" (also possible: ", "（也可能是：") + join(also) + Text(")", "）")
    log.note("columns", Text(f"{raw}: ", f"{raw.zh}：") + text)


def unique_names(names: list[str]) -> list[str]:
    """Return names with numbers where they repeat; NUL and a number where there is none."""
    seen: dict[str, int] = {}
    out = []
    for position, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        repeated = name if seen[name] == 1 else f"{name}_{seen[name]}"
        out.append(repeated if name else f"\0{position}")
    return out
