"""The terms that users read in maps, workbooks and reports, in the two languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridgeo.wording.text import Lang, Text

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
#: What proves that a community cannot be in band.
PROOFS: Mapping[str, Text] = MappingProxyType(
    {
        "arithmetic": Text("the totals", "总量不可分"),
        "atom": Text("one unit", "单元过大或无法合并"),
        "disconnected": Text("a part cut off", "地块隔断"),
        "exhausted": Text("all ways were tried", "穷尽所有划法"),
    }
)
#: How good the division of a community is proved to be.
CERTIFICATES: Mapping[str, Text] = MappingProxyType(
    {
        "optimal": Text("optimal", "最优"),
        "gap": Text("gap", "有界"),
        "pairwise": Text("pairwise optimal", "两两最优"),
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
#: What follows from the findings for a grid or a community.
SOUNDNESS: Mapping[str, Text] = MappingProxyType(
    {
        "sound": Text("sound", "合理"),
        "adjust": Text("to be adjusted", "需调整"),
        "must_adjust": Text("must be adjusted", "必须调整"),
    }
)
#: The life of a finding.
STATUSES: Mapping[str, Text] = MappingProxyType(
    {
        "open": Text("open", "待处理"),
        "accepted": Text("accepted", "例外"),
        "fixed": Text("fixed", "已整改"),
        "verified": Text("verified", "已核实"),
    }
)
#: What is decided about a proposal, and its two sides.
DECISIONS: Mapping[str, Text] = MappingProxyType(
    {
        "accepted": Text("accept", "采纳"),
        "rejected": Text("reject", "不采纳"),
        "open": Text("open", "待定"),
    }
)
SIDES: Mapping[str, Text] = MappingProxyType(
    {"before": Text("before", "调整前"), "after": Text("after", "调整后")}
)
#: What an edit does.
EDITS: Mapping[str, Text] = MappingProxyType(
    {
        "move": Text("move", "调换单元"),
        "split": Text("split", "拆分网格"),
        "merge": Text("merge", "合并网格"),
        "dedicate": Text("dedicate", "设为专属网格"),
        "lock": Text("lock", "锁定网格"),
        "unlock": Text("unlock", "解除锁定"),
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
        "ha": Text("ha", "公顷"),
        "m": Text("m", "米"),
        "households": Text("households", "户"),
        "residents": Text("residents", "人"),
        "grids": Text("grids", "个网格"),
        "vertices": Text("vertices", "个节点"),
        "communities": Text("communities", "个社区（村）"),
        "points": Text("household points", "个住户点"),
        "compounds": Text("compounds", "个小区"),
        "buildings": Text("buildings", "栋建筑"),
        "facilities": Text("facilities", "处设施"),
        "codes": Text("codes", "个编码"),
        "names": Text("names", "个名称"),
    }
)
#: States of the cards of the scorecard; ``""`` where nobody checked.
CARD_STATES: Mapping[str, Text] = MappingProxyType(
    {
        "green": Text("all well", "合格"),
        "amber": Text("warnings", "有警告"),
        "red": Text("findings", "有问题"),
        "unknown": Text("not checked", "未检查"),
        "": Text("not known", "不详"),
    }
)
#: What is known of the approval of a plan.
APPROVAL_FACTS: Mapping[str, Text] = MappingProxyType(
    {
        "state": Text("state", "状态"),
        "by": Text("approved by", "批准人"),
        "date": Text("approved on", "批准日期"),
        "version": Text("version", "版本"),
        "predecessor": Text("follows version", "前一版本"),
        "predecessor_seal": Text("seal of that version", "前一版本校验封签"),
        "seal": Text("seal", "校验封签"),
    }
)
#: What became of a grid.
CHANGES: Mapping[str, Text] = MappingProxyType(
    {
        "unchanged": Text("unchanged", "未变"),
        "redrawn": Text("redrawn", "重绘"),
        "reshaped": Text("reshaped", "调整"),
        "split": Text("split", "拆分"),
        "merged": Text("merged", "合并"),
        "new": Text("new", "新设"),
        "retired": Text("retired", "撤销"),
    }
)
#: What `gridgeo repair` repairs, and the items of its accounts.
REPAIRS: Mapping[str, Text] = MappingProxyType(
    {
        "ring": Text("rings", "环线"),
        "gap": Text("gaps", "缝隙"),
        "overlap": Text("overlaps", "重叠"),
        "outside": Text("ground outside its community", "越界"),
        "part": Text("crumbs", "零碎部分"),
        "vertices": Text("vertices matched", "节点匹配"),
    }
)
ACCOUNTS: Mapping[str, Text] = MappingProxyType(
    {
        "grids": Text("grids", "网格数"),
        "grids_with_geometry": Text("grids with geometry", "有图形的网格"),
        "invalid_grids": Text("invalid grids", "图形无效的网格"),
        "parts": Text("parts", "图形块数"),
        "area_m2": Text("area of all grids, m²", "网格面积合计（平方米）"),
        "households": Text("households stated", "标注户数"),
        "gap_m2": Text("in no grid, m²", "未覆盖（平方米）"),
        "overlap_m2": Text("held twice, m²", "重叠（平方米）"),
        "outside_m2": Text("outside its community, m²", "越界（平方米）"),
        "findings": Text("findings", "问题数"),
    }
)

#: The layers that are given, and what their columns hold.
ROLES: Mapping[str, Text] = MappingProxyType(
    {
        "communities": Text("communities", "社区"),
        "streets": Text("streets", "道路"),
        "barriers": Text("barriers", "屏障"),
        "links": Text("links", "通道"),
        "households": Text("households", "住户"),
        "compounds": Text("compounds", "小区"),
        "buildings": Text("buildings", "建筑"),
        "parcels": Text("parcels", "地块"),
        "addresses": Text("addresses", "地址"),
        "facilities": Text("facilities", "设施"),
        "atoms": Text("atoms", "单元"),
        "allowed_gaps": Text("allowed_gaps", "允许空缺"),
        "together": Text("together", "同格标注"),
        "apart": Text("apart", "分格标注"),
        "locked": Text("locked", "锁定网格"),
        "grids": Text("grids", "网格"),
    }
)
FIELDS: Mapping[str, Text] = MappingProxyType(
    {
        "code": Text("code", "编码"),
        "name": Text("name", "名称"),
        "community": Text("community", "社区"),
        "township": Text("township", "乡镇街道"),
        "class": Text("class", "类别"),
        "kind": Text("kind", "类型"),
        "tunnel": Text("tunnel", "隧道"),
        "level": Text("level", "层级"),
        "grade": Text("grade", "高架或地下"),
        "households": Text("households", "户数"),
        "residents": Text("residents", "人口"),
        "people": Text("people", "人数"),
        "dedicated": Text("dedicated grid", "专属网格"),
        "key": Text("key", "关联名称或编码"),
        "group": Text("group", "小组或楼栋"),
        "land_use": Text("land_use", "用地类别"),
        "management_level": Text("management_level", "管理等级"),
        "responsible": Text("responsible", "责任主体"),
        "start_date": Text("start_date", "初始时间"),
        "end_date": Text("end_date", "终止日期"),
        "counted_on": Text("counted_on", "户数日期"),
        "compound": Text("compound", "小区"),
        "building": Text("building", "楼栋"),
        "address": Text("address", "地址"),
        "x": Text("x", "横坐标"),
        "y": Text("y", "纵坐标"),
        "floors": Text("floors", "层数"),
        "height": Text("height", "高度"),
        "area": Text("area", "面积"),
        "floor_area": Text("floor_area", "建筑面积"),
    }
)
#: What notes are about.
TOPICS: Mapping[str, Text] = MappingProxyType(
    {
        "adjust": Text("left as it is", "未作调整"),
        "atoms": Text("atoms", "单元"),
        "barriers": Text("barriers", "界线"),
        "buildings": Text("buildings", "楼栋"),
        "codes": Text("codes", "编码"),
        "columns": Text("columns", "字段"),
        "crs": Text("crs", "坐标系"),
        "datum": Text("datum", "坐标偏移"),
        "edits": Text("edits", "调整"),
        "encoding": Text("encoding", "文字编码"),
        "facilities": Text("facilities", "设施"),
        "file": Text("file", "文件"),
        "gaps": Text("gaps", "断头路"),
        "geometry": Text("geometry", "图形"),
        "groups": Text("groups", "同组房屋"),
        "households": Text("households", "户数"),
        "interrupted": Text("interrupted", "寻优中止"),
        "ledger": Text("ledger", "问题台账"),
        "numbers": Text("numbers", "数字"),
        "slivers": Text("slivers", "碎片"),
        "streets": Text("streets", "道路"),
        "tables": Text("tables", "表格"),
        "text": Text("text", "文字"),
    }
)


def fields_text(columns: Mapping[str, str]) -> Text:
    """Return what columns hold, by the names of their fields.

    Examples
    --------
    >>> fields_text({"code": "ID", "name": "NAME"}).zh
    '编码 = ID，名称 = NAME'
    """
    named = columns.items()
    return Text(
        ", ".join(f"{field} = {column}" for field, column in named),
        "，".join(f"{word(FIELDS, field, 'zh')} = {column}" for field, column in named),
    )


def word(terms: Mapping[str, Text], key: str, lang: Lang) -> str:
    """Return the term for `key` in `lang`, or `key` itself where it is no term of ours.

    Examples
    --------
    >>> word(VERDICTS, "in_band", "zh"), word(FACILITIES, "port", "en")
    ('达标', 'port')
    """
    return terms[key].say(lang) if key in terms else key
