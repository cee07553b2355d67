"""What the values of columns mean: street classes, barriers and categories of facilities."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

#: drawn among streets, but neither a street nor a border
NO_STREET = "no street"
#: drawn among barriers, but nothing that divides
NO_BARRIER = "no barrier"


def _table(words: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({word: name for name, text in words.items() for word in text.split()})


_STREETS = _table(
    {
        "motorway": "motorway motorway_link freeway 高速公路 高速 快速路 城市快速路 高架路",
        "arterial": (
            "arterial trunk trunk_link primary primary_link secondary secondary_link "
            "major_road 主干路 主干道 城市主干路 国道 省道 一级公路 二级公路 1"
        ),
        "collector": "collector tertiary tertiary_link 次干路 次干道 城市次干路 县道 三级公路 2",
        "local": (
            "local residential unclassified living_street pedestrian road minor_road street "
            "busway 支路 城市支路 街 街道 街坊路 乡道 村道 四级公路 3"
        ),
        "lane": (
            "lane service footway path steps track cycleway bridleway alley 巷 巷道 弄 里弄 "
            "胡同 小区路 小区道路 内部路 内部道路 小路 步行道 人行道 4"
        ),
        "rail": "rail light_rail narrow_gauge railway 铁路 轻轨",
        NO_STREET: (
            "subway ferry pier platform corridor construction proposed planned raceway "
            "elevator abandoned disused razed tram monorail funicular aerialway cable_car "
            "miniature preserved platform_edge station stop 地铁 轮渡 码头 在建 规划 站台 "
            "有轨电车"
        ),
    }
)

_BARRIERS = _table(
    {
        "water": (
            "water river riverbank stream canal lake pond reservoir basin lagoon oxbow "
            "wetarea fwetarea wetland retent dock bay strait coastline moat tidal_channel sea "
            "harbour marina 水系 水域 水面 河 河流 河道 江 湖 湖泊 水库 渠 渠道 运河 池塘 海"
        ),
        "rail": "rail railway light_rail narrow_gauge rail_active rail_active_elev 铁路 轻轨",
        "wall": "wall city_wall fence retaining_wall hedge guard_rail 围墙 城墙 围栏 栅栏 院墙",
        NO_BARRIER: (
            "ditch drain swimming_pool fountain abandoned rail_abandon rail_abandoned disused "
            "razed subway construction proposed platform platform_edge station stop halt tram "
            "monorail funicular miniature preserved turntable gate lift_gate swing_gate "
            "bollard kerb cycle_barrier entrance dam weir lock_gate pier 地铁 在建 规划"
        ),
    }
)

_CATEGORY = _table(
    {
        "office": (
            "office company coworking commercial_building 写字楼 办公楼 商务楼 楼宇 商务楼宇 "
            "办公 商业楼宇"
        ),
        "business_park": (
            "business_park industrial industrial_park science_park commercial warehouse works "
            "logistics 园区 产业园 产业园区 工业园 工业园区 科技园 物流园 开发区 商务园 "
            "工业区"
        ),
        "shopping": (
            "shopping mall shopping_centre shopping_center department_store marketplace "
            "market supermarket retail 商场 购物中心 商圈 市场 农贸市场 超市 百货 商业街 "
            "商业综合体 商业"
        ),
        "school": (
            "school kindergarten university college education 学校 幼儿园 小学 中学 初中 高中 "
            "大学 学院 高校 职校 教育用地"
        ),
        "hospital": "hospital clinic sanatorium 医院 卫生院 卫生服务中心 诊所 医疗用地",
        "institution": (
            "institution government townhall courthouse police fire_station prison embassy "
            "library museum theatre arts_centre stadium sports_centre public civic military "
            "barracks research_institute exhibition_centre conference_centre 机关 政府 "
            "政府机关 企业 企事业单位 事业单位 国企 法院 派出所 消防队 消防站 "
            "管理局 部队 体育馆 体育场 "
            "图书馆 博物馆 文化馆"
        ),
        "green_park": (
            "green_park park garden nature_reserve recreation_ground village_green "
            "golf_course zoo 公园 绿地 公园绿地 植物园 动物园 湿地公园 森林公园"
        ),
    }
)
#: the same word in another column
_BY_COLUMN = MappingProxyType(
    {("building", "commercial"): "office", ("office", "government"): "institution"}
)


def word(value: str) -> str:
    """Return a value as the vocabulary writes it: small letters, ``_`` for spaces and hyphens.

    Examples
    --------
    >>> word("RAIL-ACTIVE"), word(" Shopping Centre ")
    ('rail_active', 'shopping_centre')
    """
    plain = unicodedata.normalize("NFKC", value).casefold().strip().removesuffix(".0")
    return re.sub(r"[\s\-]+", "_", plain)


def street_class(value: str, column: str = "") -> str:  # noqa: ARG001 -- same shape as category
    """Return the street class of an OSM ``highway`` value or a Chinese rank, ``""`` if unknown.

    Examples
    --------
    >>> street_class("primary_link"), street_class("次干道"), street_class("subway")
    ('arterial', 'collector', 'no street')
    """
    return _look_up(_STREETS, value)


def barrier_class(value: str, column: str = "") -> str:  # noqa: ARG001 -- same shape as category
    """Return water, rail or wall, `NO_BARRIER`, or ``""`` if unknown."""
    return _look_up(_BARRIERS, value)


def category(value: str, column: str = "") -> str:
    """Return the category of a facility, ``""`` if unknown; 园区 is no 公园.

    Examples
    --------
    >>> category("产业园区"), category("城市公园"), category("commercial", "building")
    ('business_park', 'green_park', 'office')
    """
    for part in re.split(r"[;,；，、]", value):
        found = _BY_COLUMN.get((word(column), word(part))) or _look_up(_CATEGORY, part)
        if found:
            return found
        if word(column) == "office" and word(part) not in ("", "no"):
            return "office"
    return ""


def _look_up(table: Mapping[str, str], value: str) -> str:
    """Return what a value means: the whole of it, else the longest Chinese term within it."""
    parts = [word(value), *(word(part) for part in re.split(r"[;；,，、|]", value))]
    for part in parts:
        if part in table:
            return table[part]
    within = [term for term in table if len(term) > 1 and not term.isascii() and term in value]
    return table[max(within, key=len)] if within else ""
