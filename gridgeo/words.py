"""The terms that users read in maps, workbooks and reports, in the two languages."""

from collections.abc import Mapping
from types import MappingProxyType

from gridgeo.text import Lang, Text

#: Verdicts of grids and of communities.
VERDICTS: Mapping[str, Text] = MappingProxyType(
    {
        "in_band": Text("in band", "达标"),
        "under": Text("under", "偏小"),
        "over": Text("over", "偏大"),
        "small": Text("small community", "小社区"),
        "dedicated": Text("dedicated", "专属网格"),
        "open": Text("open ground", "空地"),
        "impossible": Text("impossible", "无法达标"),
        "not_found": Text("not found", "未找到方案"),
    }
)
#: Kinds of grids, and of the atoms they are made of.
KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "basic": Text("basic", "基础网格"),
        "dedicated": Text("dedicated", "专属网格"),
        "open": Text("open", "空地"),
        "block": Text("block", "街区"),
        "cell": Text("cell", "单元"),
        "given": Text("given", "给定单元"),
    }
)
SEVERITIES: Mapping[str, Text] = MappingProxyType(
    {
        "error": Text("error", "错误"),
        "warning": Text("warning", "警告"),
        "info": Text("information", "提示"),
    }
)
#: Classes of streets, barriers and borders.
STREETS: Mapping[str, Text] = MappingProxyType(
    {
        "water": Text("water", "水域"),
        "rail": Text("railway", "铁路"),
        "motorway": Text("motorway", "高速快速路"),
        "arterial": Text("arterial", "主干路"),
        "collector": Text("collector", "次干路"),
        "local": Text("local street", "支路"),
        "wall": Text("wall", "围墙"),
        "lane": Text("lane", "巷道"),
        "none": Text("no street", "无道路"),
    }
)
FACILITIES: Mapping[str, Text] = MappingProxyType(
    {
        "office": Text("office building", "商务楼宇"),
        "business_park": Text("business park", "园区"),
        "shopping": Text("shopping", "商圈"),
        "school": Text("school", "学校"),
        "hospital": Text("hospital", "医院"),
        "institution": Text("institution", "企事业单位"),
        "green_park": Text("green park", "公园绿地"),
    }
)
#: Units of the amounts of findings.
UNITS: Mapping[str, Text] = MappingProxyType(
    {
        "m2": Text("m²", "平方米"),
        "m": Text("m", "米"),
        "households": Text("households", "户"),
        "residents": Text("residents", "人"),
        "grids": Text("grids", "个网格"),
    }
)


def word(terms: Mapping[str, Text], key: str, lang: Lang) -> str:
    """Return the term for `key` in `lang`, or `key` itself where it is no term of ours.

    Examples
    --------
    >>> word(VERDICTS, "in_band", "zh"), word(FACILITIES, "port", "en")
    ('达标', 'port')
    """
    return terms[key].say(lang) if key in terms else key
