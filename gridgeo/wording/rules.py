"""What each rule is called, where it comes from, and what to do where it is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gridgeo.wording.text import Text


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule: its title, its source, what to do, and the card of the scorecard it counts in."""

    title: Text
    source: Text
    suggestion: Text
    card: str = ""


#: The scorecard: what it says when all is well.
CARDS: Mapping[str, Text] = MappingProxyType(
    {
        "complete": Text("complete", "无缝覆盖"),
        "households": Text("households in grids", "住户入格"),
        "no_overlap": Text("no overlap", "无重叠越界"),
        "one_piece": Text("one piece", "图形完整"),
        "in_band": Text("in band", "规模适度"),
        "on_streets": Text("streets followed", "街巷定界"),
        "dedicated": Text("dedicated grids", "专属网格到位"),
        "codes": Text("codes sound", "编码规范"),
    }
)
_NOTICE = "the municipal notice, §2.2"
_NOTICE_ZH = "网格划分通知 §2.2"
_SEAMLESS = Text(f"{_NOTICE}: seamless coverage", f"{_NOTICE_ZH}：无缝覆盖")
_WITHIN = Text(f"{_NOTICE}: grids lie inside one community", f"{_NOTICE_ZH}：网格不跨社区（村）")
_SIZE = Text(f"{_NOTICE}: moderate size, in principle", f"{_NOTICE_ZH}：规模适度，原则上")
_STREETS = Text(f"{_NOTICE}: bounded by streets", f"{_NOTICE_ZH}：街巷定界")
_BLOCKS = Text(
    f"{_NOTICE}: street blocks, then compounds, then building groups",
    f"{_NOTICE_ZH}：以街区、小区、楼群为单元",
)
_UNITS = Text(
    f"{_NOTICE}: larger units may be dedicated grids", f"{_NOTICE_ZH}：较大单位可设专属网格"
)
_CODES = Text("DB11/T 2157-2023 §5.2: unique, complete", "DB11/T 2157-2023 §5.2：不重、不漏")
_SEGMENTS = Text(
    "statistical division codes (GB/T 2260 and after)", "统计用区划代码（GB/T 2260 等）"
)
_REGISTER = Text("DB11/T 2157-2023 §5.2; the register", "DB11/T 2157-2023 §5.2；编码登记表")
_DATA = Text("data quality", "数据质量要求")
_COUNTS = Text("every household in one grid", "一户一格，户数守恒")
_REPAIR = Text("gridgeo repair mends it where it is small", "细小的可用 gridgeo repair 修复")
RULEBOOK: Mapping[str, _Rule] = MappingProxyType(
    {
        "valid_geometry": _Rule(
            Text("sound geometry", "图形有效"),
            _DATA,
            Text("Draw the grid anew; ", "重绘该网格；") + _REPAIR,
            "one_piece",
        ),
        "fills_community": _Rule(
            Text("fills its community", "覆盖社区（村）"),
            _SEAMLESS,
            Text("Give the ground to a grid beside it, or list it as an allowed gap; ",
                 "将空缺划入相邻网格，或列入允许空缺；") + _REPAIR,
            "complete",
        ),
        "no_overlap": _Rule(
            Text("no overlap", "互不重叠"),
            _SEAMLESS,
            Text("Give the ground to one of the two; ", "重叠部分只归其中一个网格；") + _REPAIR,
            "no_overlap",
        ),
        "inside_community": _Rule(
            Text("inside its community", "不越社区界"),
            _WITHIN,
            Text("Cut the grid at the border of the community; ", "按社区界切开网格；") + _REPAIR,
            "no_overlap",
        ),
        "one_part": _Rule(
            Text("one piece", "连成一片"),
            _SEAMLESS,
            Text("Give the smaller parts to the grids around them", "将较小的部分划入周边网格"),
            "one_piece",
        ),
        "no_enclave": _Rule(
            Text("no enclave", "无飞地包围"),
            _STREETS,
            Text("Join them where that stays in the band; else exchange blocks with the grid "
                 "around, so that it reaches a street or the border of the community",
                 "合并后不超限的可合并；否则与外围网格调整街区，使其通到街巷或社区（村）边界"),
            "one_piece",
        ),
        "no_thin_part": _Rule(
            Text("no thin part", "无狭长部分"),
            _STREETS,
            Text("Give the strip, tongue or tip to the grids along it (gridgeo adjust does)",
                 "将狭长部分划入其旁的网格（gridgeo adjust 可给出方案）"),
            "one_piece",
        ),
        "codes_wellformed": _Rule(
            Text("well-formed code", "编码格式"),
            _CODES,
            Text("Correct the code, or choose the scheme with --scheme",
                 "更正编码，或用 --scheme 指定编码方案"),
            "codes",
        ),
        "codes_unique": _Rule(
            Text("unique code", "编码唯一"),
            _CODES,
            Text("Give one of them the next free number", "为其中一个改用下一个未用顺序号"),
            "codes",
        ),
        "codes_parented": _Rule(
            Text("code of its community", "编码与社区一致"),
            _CODES,
            Text("Use the code of the community that the grid lies in",
                 "改用网格所在社区（村）的代码作前缀"),
            "codes",
        ),
        "segments_usual": _Rule(
            Text("code segments", "代码段"),
            _SEGMENTS,
            Text("Compare the community's code with the official list", "请与官方区划代码表核对"),
            "codes",
        ),
        "codes_no_class": _Rule(
            Text("no urban-rural class as a number", "编码不与城乡分类代码混淆"),
            _SEGMENTS,
            Text("Make sure that this is a grid code and no statistical code of 15 digits",
                 "请确认这是网格编码，而不是带城乡分类代码的 15 位统计代码"),
            "codes",
        ),
        "codes_registered": _Rule(
            Text("registered code", "编码已登记"),
            _REGISTER,
            Text("Approve the plan with --codes, so that its codes are recorded",
                 "用 gridgeo approve --codes 批准方案并登记编码"),
            "codes",
        ),
        "codes_not_reissued": _Rule(
            Text("no retired code in use", "停用编码不再使用"),
            _REGISTER,
            Text("Give the grid the next free number", "改用下一个未用顺序号"),
            "codes",
        ),
        "codes_in_place": _Rule(
            Text("code on its own ground", "编码与登记位置一致"),
            _REGISTER,
            Text("Give the code back to the grid that it was registered for",
                 "将编码还给登记该编码的网格"),
            "codes",
        ),
        "codes_all_there": _Rule(
            Text("every code in use has its grid", "在用编码均有网格"),
            _REGISTER,
            Text("Add the grid that is missing, or record that the code was retired",
                 "补上缺失的网格，或登记该编码停用"),
            "codes",
        ),
        "households_once": _Rule(
            Text("every household in one grid", "一户一格"),
            _COUNTS,
            Text("Correct the point, or the grid it should lie in", "更正住户点位或所属网格"),
            "households",
        ),
        "totals_conserved": _Rule(
            Text("counts add up", "户数守恒"),
            _COUNTS,
            Text("Correct the count that the grid states", "更正网格标注的户数或人口"),
            "households",
        ),
        "in_band": _Rule(
            Text("in band", "规模适度"),
            _SIZE,
            Text("Exchange blocks with a neighbour, split or merge; or accept with the reason",
                 "与相邻网格调整街区、拆分或合并；确有原因的可登记为例外"),
            "in_band",
        ),
        "within_reach": _Rule(
            Text("within reach", "范围适度"),
            Text("the setting `most_area_ha` or `most_walk_m`; for the countryside",
                 "设置 most_area_ha、most_walk_m（用于农村）"),
            Text("Exchange blocks with a neighbour, or split; where homes are too scattered for "
                 "the band, accept with the reason",
                 "与相邻网格调整或拆分；住户过于分散、无法同时达标的，可登记为例外"),
            "in_band",
        ),
        "on_streets": _Rule(
            Text("bounded by streets", "街巷定界"),
            _STREETS,
            Text("Move the border to the nearest street", "将边界移至最近的街巷"),
            "on_streets",
        ),
        "barriers_respected": _Rule(
            Text("no barrier straddled", "不跨越屏障"),
            _STREETS,
            Text("Divide the grid along the barrier, or join its sides to grids there",
                 "沿河流、铁路等划分，或将另一侧并入相邻网格"),
            "on_streets",
        ),
        "borders_on_ground": _Rule(
            Text("borders on the ground", "边界有据"),
            _STREETS,
            Text("Move the border to the street beside it", "将边界移到旁边的街巷上"),
            "on_streets",
        ),
        "compounds_whole": _Rule(
            Text("compounds whole", "小区不拆分"),
            _BLOCKS,
            Text("Give the compound to one of the grids, or accept with the reason",
                 "将该小区整体划入其中一个网格；确需拆分的可登记为例外"),
            "on_streets",
        ),
        "buildings_whole": _Rule(
            Text("buildings whole", "楼栋不拆分"),
            _BLOCKS,
            Text("Give the whole building to one of the grids; one that is too large is divided "
                 "along its stairwells",
                 "整栋划入同一网格；自身超限的按单元（楼梯间）划分"),
            "on_streets",
        ),
        "facilities_dedicated": _Rule(
            Text("a grid for each larger unit", "较大单位设专属网格"),
            _UNITS,
            Text("Give the facility a dedicated grid (gridgeo adjust proposes it), or accept with "
                 "the reason",
                 "为该单位单设专属网格（gridgeo adjust 可给出方案）；不设的可登记为例外"),
            "dedicated",
        ),
        "dedicated_without_homes": _Rule(
            Text("nobody lives in dedicated grids", "专属网格内无住户"),
            _UNITS,
            Text("Give the homes to a basic grid, or accept with the reason",
                 "将住宅划入基础网格；不调整的可登记为例外"),
            "dedicated",
        ),
        "attributes_complete": _Rule(
            Text("complete record", "属性完整"),
            _DATA,
            Text("Fill in what is missing", "补填缺项"),
            "codes",
        ),
        "names_unique": _Rule(
            Text("a name of its own", "名称不重复"),
            _DATA,
            Text("Give each grid of the community another name", "同一社区内的网格应各有名称"),
            "codes",
        ),
        "area_as_stated": _Rule(
            Text("area as measured", "面积与实测一致"),
            _DATA,
            Text("Bring the stated area up to date, or correct the outline",
                 "更新标注面积，或更正图形"),
            "codes",
        ),
        "counts_dated": _Rule(
            Text("counts of one time", "户数日期一致"),
            _DATA,
            Text("Count the older grids anew, or correct the date", "更新较早的户数，或更正日期"),
            "households",
        ),
    }
)  # fmt: skip


#: What the other stages report: no rule of their own, but a name that a person can read.
_REPORTED: Mapping[str, Text] = MappingProxyType(
    {
        "apart_unmet": Text("apart not met", "应分未分"),
        "atoms_outside_communities": Text("atoms outside communities", "单元在社区之外"),
        "atoms_grown": Text("atoms grown over gaps", "单元扩展到街道中线"),
        "atoms_repaired": Text("atoms repaired", "单元边界修复"),
        "atoms_stick_out": Text("atoms stick out", "单元超出社区"),
        "streets_kept": Text("streets that divide nothing", "未参与切分的道路"),
        "communities_repaired": Text("communities repaired", "社区边界修复"),
        "community_without_atoms": Text("community without atoms", "社区内无单元"),
        "effective_communities": Text("communities by their atoms", "社区实际范围"),
        "follows_units": Text("old grid follows units", "原网格按单元归并"),
        "found_on_site": Text("found on site", "实地核查"),
        "link_joins": Text("link", "通道"),
        "link_unplaced": Text("link without effect", "通道未起作用"),
        "had_grid": Text("lay in no grid", "原不在网格内"),
        "multipart_atom": Text("unit in parts", "单元不连片"),
        "names_unknown": Text("names without a place", "名称未找到图形"),
        "not_checked": Text("not checked", "未检查"),
        "out_of_place": Text("grids out of place", "网格位置整体有误"),
        "place_in_two_grids": Text("a place in two grids", "一处列在两个网格"),
        "straddles_barrier": Text("straddles a barrier", "跨越屏障"),
        "tie_unplaced": Text("tie without effect", "分合要求未落位"),
        "together_unmet": Text("together not met", "应合未合"),
    }
)


def rule_of(name: str) -> _Rule:
    """Return the rule called `name`; what is not in the rulebook has a title only.

    Examples
    --------
    >>> rule_of("no_overlap").title.zh, rule_of("atoms_repaired").card
    ('互不重叠', '')
    """
    nothing = Text("", "")
    return RULEBOOK.get(name) or _Rule(_REPORTED.get(name, Text(name, name)), nothing, nothing)
