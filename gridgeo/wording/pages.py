"""Texts of the map page and of the editor widget, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridgeo.wording.terms import KINDS, SEVERITIES, VERDICTS
from gridgeo.wording.text import Lang, Text

#: Braces hold what the page puts in.
_WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "layers": Text("Layers", "图层"),
        "zoom_in": Text("Zoom in", "放大"),
        "zoom_out": Text("Zoom out", "缩小"),
        "search": Text("Search code, name or street", "搜索编码、名称或道路"),
        "nothing_found": Text("Nothing is called that", "未找到"),
        "more": Text("{n} more", "另有 {n} 项"),
        "grid": Text("grid", "网格"),
        "community": Text("community", "社区（村）"),
        "street": Text("street", "道路"),
        "findings": Text("Findings ({n})", "问题（{n}）"),
        "no_place": Text("no place", "无位置"),
        "accepted": Text("accepted", "例外"),
        "stale": Text("not checked again since the edit", "调整后未复核"),
        "measure": Text("Measure", "量测"),
        "measure_help": Text(
            "Click points; double-click or Esc ends", "依次点击；双击或按 Esc 结束"
        ),
        "print": Text("Print", "打印"),
        "help": Text("Keys", "快捷键"),
        "compare": Text("Compare", "对比"),
        "compare_changes": Text("Grids now, with what changed", "现网格与变化"),
        "compare_before": Text("Grids before", "仅原网格"),
        "compare_now": Text("Grids now", "仅现网格"),
        "edit": Text("Adjust", "调整"),
        "edit_title": Text("Adjusting", "调整模式"),
        "area": Text("{ha} ha", "{ha} 公顷"),
        "click": Text("Click", "点选"),
        "box": Text("Box", "框选"),
        "brush": Text("Brush", "涂选"),
        "target": Text("Into", "划入"),
        "no_target": Text("(select only)", "（仅选择）"),
        "selected": Text(
            "{n} atoms selected, {households} households", "已选 {n} 个单元，{households} 户"
        ),
        "split": Text("Split off", "拆出新网格"),
        "merge": Text("Merge grids", "合并网格"),
        "dedicate": Text("Make dedicated", "设为专属"),
        "dedicate_name": Text("Name of the unit", "单位名称"),
        "lock": Text("Lock", "锁定"),
        "unlock": Text("Unlock", "解锁"),
        "undo": Text("Undo", "撤销"),
        "redo": Text("Redo", "重做"),
        "export": Text("Export edits", "导出调整"),
        "clear": Text("Clear selection", "取消选择"),
        "edits": Text("{n} edits", "已调整 {n} 步"),
        "households": Text("households", "户数"),
        "households_label": Text("{n} hh", "{n} 户"),
        "residents": Text("residents", "人口"),
        "verdict": Text("verdict", "结论"),
        "streets": Text("streets", "沿街"),
        "parts": Text("{grid} lies in {n} pieces", "{grid} 分成 {n} 块"),
        "off_band": Text(
            "{grid}: {verdict}, {households} households", "{grid}：{verdict}，{households} 户"
        ),
        "locked_grid": Text("{grid} is locked", "{grid} 已锁定"),
        "other_community": Text(
            "An atom stays in its community: {grid} lies in another",
            "单元不能划出所在社区（村）：{grid} 属于其他社区",
        ),
        "one_grid": Text("Select atoms of one grid", "请只选择一个网格内的单元"),
        "not_all": Text(
            "Select some atoms of the grid, not all of them", "请选择网格的部分单元，而非全部"
        ),
        "two_grids": Text("Select atoms of two grids or more", "请选择两个以上网格的单元"),
        "nothing_selected": Text("Select atoms first", "请先选择单元"),
        "all_there": Text("The atoms are in that grid already", "所选单元已在该网格内"),
        "name_needed": Text("Give the name of the unit", "请填写单位名称"),
        "not_kept": Text(
            "This browser keeps no edits: export them before closing",
            "浏览器无法保存调整，关闭前请先导出",
        ),
        "restored": Text("{n} edits restored", "已恢复 {n} 步调整"),
        "new_grid": Text("new {n}", "新{n}"),
        "key_search": Text("search", "搜索"),
        "key_edit": Text("adjust on and off", "进入或退出调整模式"),
        "key_tools": Text("click, box, brush", "点选、框选、涂选"),
        "key_target": Text("take the grid under the pointer as target", "以光标处网格为划入目标"),
        "key_undo": Text("undo, redo", "撤销、重做"),
        "key_split": Text("split off the selection", "拆出新网格"),
        "key_merge": Text("merge the selected grids", "合并所选网格"),
        "key_lock": Text("lock or unlock", "锁定或解锁"),
        "key_dedicate": Text("make dedicated", "设为专属网格"),
        "key_measure": Text("measure", "量测"),
        "key_compare": Text("changes, grids before, grids now", "依次显示变化、原网格、现网格"),
        "key_escape": Text("end, clear", "结束、取消"),
        "key_help": Text("this sheet", "本说明"),
    }
)


def page_words(lang: Lang) -> dict[str, str]:
    """Return every word of the page in `lang`: its own, verdicts, kinds and severities."""
    terms = {f"verdict.{key}": text for key, text in VERDICTS.items()}
    terms |= {f"kind.{key}": text for key, text in KINDS.items()}
    terms |= {f"severity.{key}": text for key, text in SEVERITIES.items()}
    return {key: text.say(lang) for key, text in {**_WORDS, **terms}.items()}


_EDITOR_WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "pick": Text("Click a grid: atoms will go into it", "请点选一个网格作为划入目标"),
        "into": Text(
            "Into {grid}: click atoms of other grids; click it again to let go",
            "划入 {grid}：点击其他网格的单元即划入；再次点击该网格可取消",
        ),
        "new": Text("New grid from one atom", "以单元新设网格"),
        "new_help": Text("Click the atom that begins a new grid", "请点击新网格的第一个单元"),
        "before": Text("before", "调整前"),
        "after": Text("after", "调整后"),
        "cost": Text("cost, m", "代价（米）"),
        "pieces": Text("pieces", "块数"),
    }
)


def editor_words(lang: Lang) -> dict[str, str]:
    """Return every word of the widget in `lang`: its own, and those of the map page."""
    return {**page_words(lang), **{key: text.say(lang) for key, text in _EDITOR_WORDS.items()}}
