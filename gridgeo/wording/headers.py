"""What the columns of the workbook and of the report are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridgeo.wording.text import Lang, Text

#: Column name, its header and what it holds. The headers are among those that `read` finds.
COLUMNS: Mapping[str, tuple[Text, Text]] = MappingProxyType(
    {
        "code": (Text("code", "编码"), Text("code of the row", "本行的编码")),
        "scheme": (Text("scheme", "编码规则"), Text("how codes are built", "编码方案")),
        "name": (Text("name", "名称"), Text("", "")),
        "kind": (Text("kind", "类型"), Text("kind of grid or facility", "网格或设施的类型")),
        "community": (Text("community code", "社区编码"), Text("", "所属社区（村）编码")),
        "community_name": (Text("community", "社区"), Text("", "所属社区（村）名称")),
        "households": (Text("households", "户数"), Text("resident households", "常住户数")),
        "residents": (
            Text("residents", "人口"),
            Text("residents; empty where unknown", "常住人口，未知为空"),
        ),
        "area_m2": (Text("area (m²)", "面积（平方米）"), Text("", "投影面积")),
        "bounded_by": (Text("bounded by", "四至"), Text("streets by side", "四周边界道路")),
        "contains": (
            Text("contains", "包含范围"),
            Text("compounds, buildings, addresses", "小区、楼栋、门牌"),
        ),
        "verdict": (Text("verdict", "结论"), Text("against the band", "是否符合规模标准")),
        "reason": (Text("reason", "原因"), Text("", "")),
        "facility": (
            Text("facility", "设施"),
            Text("of a dedicated grid", "专属网格所属设施"),
        ),
        "grids": (Text("grids", "网格数"), Text("number of basic grids", "基础网格个数")),
        "proof": (
            Text("proof", "证明"),
            Text("why no partition can meet the band", "为何无法达标"),
        ),
        "certificate": (
            Text("certificate", "优化证明"),
            Text(
                "how good the division is proved to be: optimal - no other division into as many "
                "grids costs less; gap - none costs less by more than the gap; pairwise - no two "
                "neighbouring grids can be divided better; empty - not certified",
                "划分方案经证明有多好：最优——同样网格数下没有成本更低的划法；有界——成本最多只能再降低所列"
                "差距；两两最优——任何相邻两个网格重新划分都不会更好；空白——未证明",
            ),
        ),
        "gap": (
            Text("gap", "与下界差距"),
            Text("share of the cost that could still be saved", "成本最多还能降低的比例"),
        ),
        "soundness": (
            Text("soundness", "核查结论"),
            Text("sound, to be adjusted, must be adjusted", "合理、需调整、必须调整"),
        ),
        "soundness_reason": (Text("rules not met", "未达要求"), Text("", "")),
        "id": (Text("finding no.", "问题编号"), Text("stays the same", "重复核查时不变")),
        "status": (Text("status", "状态"), Text("open or accepted", "待处理或已列为例外")),
        "suggestion": (Text("suggestion", "处理建议"), Text("", "")),
        "source": (Text("source of the rule", "规则依据"), Text("", "")),
        "note": (Text("note", "备注"), Text("reason, by whom, when", "理由、经办人、日期")),
        "check": (Text("check", "检查项"), Text("that found it", "发现问题的检查项")),
        "rule": (Text("rule", "规则代码"), Text("the check in files", "检查项在数据文件中的代码")),
        "severity": (Text("severity", "级别"), Text("", "错误、警告或提示")),
        "grid_codes": (Text("grid codes", "涉及网格"), Text("separated by ;", "以分号分隔")),
        "message": (Text("finding", "问题"), Text("", "")),
        "amount": (Text("amount", "数量"), Text("in the unit beside it", "单位见后列")),
        "unit": (Text("unit", "单位"), Text("", "")),
        "dedicated": (Text("dedicated", "设为专属网格"), Text("yes or no", "是或否")),
        "grid": (Text("grid code", "网格编码"), Text("", "所在网格")),
        "proposal": (
            Text("proposal", "建议编号"),
            Text("stays as long as the proposal does", "建议不变则编号不变"),
        ),
        "decision": (
            Text("decision", "决定"),
            Text("accept, reject or open: to be filled in", "填写：采纳、不采纳或待定"),
        ),
        "side": (Text("side", "阶段"), Text("before or after", "调整前或调整后")),
        "grids_before": (Text("grids before", "原网格"), Text("codes", "编码")),
        "grids_after": (Text("grids after", "新网格"), Text("codes", "编码")),
        "households_moved": (
            Text("households moved", "换格户数"),
            Text("that lie in another grid afterwards", "调整后所属网格改变的户数"),
        ),
        "out_before": (
            Text("out of band before", "原未达标"),
            Text("number of grids", "网格个数"),
        ),
        "out_after": (
            Text("out of band after", "调整后未达标"),
            Text("number of grids", "网格个数"),
        ),
        "effect": (Text("effect", "效果"), Text("", "")),
        "layer": (Text("layer", "图层"), Text("", "")),
        "file": (Text("file", "文件"), Text("", "")),
        "row": (
            Text("row", "行号"),
            Text("of a table as in the spreadsheet", "表格同 Excel 行号，图层为第几条记录"),
        ),
        "field": (Text("field", "字段"), Text("", "")),
        "value": (Text("value", "值"), Text("as it stood in the file", "文件中的原值")),
        "change": (Text("change", "变更"), Text("what became of the grid", "网格如何变更")),
        "old_code": (
            Text("old code", "原编码"),
            Text("in the partition before; empty: none", "调整前的编码，空白表示原不在网格内"),
        ),
        "new_code": (Text("new code", "现编码"), Text("empty: in no grid", "空白表示不再有此网格")),
        "households_before": (Text("households before", "原户数"), Text("", "")),
        "households_in": (Text("households in", "划入户数"), Text("", "由其他网格划入")),
        "households_out": (Text("households out", "划出户数"), Text("", "划归其他网格")),
        "area_before_m2": (Text("area before (m²)", "原面积（平方米）"), Text("", "")),
        "area_in_m2": (Text("area in (m²)", "划入面积（平方米）"), Text("", "")),
        "area_out_m2": (Text("area out (m²)", "划出面积（平方米）"), Text("", "")),
        "predecessors": (
            Text("predecessors", "来源网格"),
            Text("where its households came from", "住户来自哪些原网格"),
        ),
        "successors": (
            Text("successors", "去向网格"),
            Text("where the old grid's households went", "原网格住户划归哪些网格"),
        ),
        "share_of_old": (
            Text("share of old grid", "占原网格户数"),
            Text("of its households", "占原网格户数的比例"),
        ),
        "share_of_new": (
            Text("share of new grid", "占现网格户数"),
            Text("of its households", "占现网格户数的比例"),
        ),
        "change_reason": (Text("why it changed", "变更原因"), Text("", "")),
        "card": (Text("card", "评分项"), Text("", "")),
        "state_before": (Text("before", "调整前"), Text("green, red or unknown", "")),
        "count_before": (Text("open before", "调整前问题数"), Text("", "")),
        "state_after": (Text("after", "调整后"), Text("green, red or unknown", "")),
        "count_after": (Text("open after", "调整后问题数"), Text("", "")),
        "dbf_field": (Text("field", "shp字段"), Text("in grids.dbf", "grids.dbf 中的字段名")),
        "alias": (Text("what it holds", "含义"), Text("", "")),
        "column": (Text("column", "对应字段"), Text("in grids.gpkg", "grids.gpkg 中的字段名")),
        "key": (Text("item", "项目"), Text("", "")),
        "became": (
            Text("since the last round", "较上一轮"),
            Text("new, reopened, still open, fixed", "新增、重新出现、仍未整改、本轮已整改"),
        ),
        "assignee": (
            Text("assignee", "责任人"),
            Text("who is to correct it", "负责整改的人或单位"),
        ),
        "due": (Text("due", "整改期限"), Text("2026-11-23", "如 2026-11-23")),
        "corrected_by": (
            Text("corrected by", "整改人"),
            Text("fill in with the day; the next round looks again", "与日期同填，下一轮复查"),
        ),
        "corrected_on": (Text("corrected on", "整改日期"), Text("2026-11-23", "如 2026-11-23")),
        "verified_by": (
            Text("verified by", "核实人"),
            Text("another person than who corrected it", "不得与整改人为同一人"),
        ),
        "verified_on": (Text("verified on", "核实日期"), Text("2026-11-23", "如 2026-11-23")),
        "exception_reason": (
            Text("reason of the exception", "例外理由"),
            Text("with who accepted it and when", "与例外批准人、例外日期同填"),
        ),
        "accepted_by": (Text("accepted by", "例外批准人"), Text("", "")),
        "accepted_on": (Text("accepted on", "例外日期"), Text("2026-11-23", "如 2026-11-23")),
        "sample": (Text("sample no.", "抽样编号"), Text("", "")),
        "inspected_by": (
            Text("inspected by", "现场核查人"),
            Text("fill in with the day", "与日期同填"),
        ),
        "inspected_on": (Text("inspected on", "现场核查日期"), Text("2026-11-23", "如 2026-11-23")),
        "borders_seen": (
            Text("borders on the street", "边界与实地"),
            Text("agrees, differs, unclear", "一致、不一致、无法辨认"),
        ),
        "households_found": (
            Text("households found", "实地户数"),
            Text("as counted on the street", "现场清点的户数"),
        ),
        "sign_seen": (
            Text("notice sign", "公示牌情况"),
            Text("there and right, wrong, missing, not due", "有且正确、有误、没有、尚未要求"),
        ),
        "remark": (Text("other faults", "其他问题"), Text("each is a finding", "填写即列为问题")),
        "land_use": (Text("land use", "用地类别"), Text("", "DB11/T 2157")),
        "management_level": (Text("management level", "管理等级"), Text("", "DB11/T 2157")),
        "responsible": (Text("responsible body", "责任主体"), Text("", "DB11/T 2157")),
        "start_date": (Text("start date", "初始时间"), Text("", "DB11/T 2157")),
        "end_date": (Text("end date", "终止日期"), Text("", "DB11/T 2157")),
        "counted_on": (Text("date of counts", "户数日期"), Text("", "")),
        "moved": (Text("moved", "归属变动"), Text("whether the grid is another", "是或否")),
    }
)


def header(column: str, lang: Lang) -> str:
    """Return what `column` is called in `lang`.

    Examples
    --------
    >>> header("households", "zh")
    '户数'
    """
    return COLUMNS[column][0].say(lang)
