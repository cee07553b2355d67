"""Reasons and remedies of the partition: stages give a code with numbers, here is the sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gridgeo.wording.amounts import band_text, count_text, upper_text
from gridgeo.wording.terms import UNITS
from gridgeo.wording.text import LANGS, Lang, Text, join

#: The sentence of each code. Beside the values of a reason it can name ``{amount}`` (of
#: ``households`` and ``residents``), ``{limits}`` and ``{upper}`` (of ``band``), and ``{where}``
#: (of ``name``, ``x`` and ``y``).
_SENTENCES: Mapping[str, Text] = MappingProxyType(
    {
        # grids
        "by_households": Text("By households: {number}", "按户数：{number} 户"),
        "by_residents": Text("By residents: {number:,.0f}", "按人口：{number:.0f} 人"),
        "small_grid": Text(
            "The whole community is below the lower limit: {amount}",
            "整个村（社区）低于下限：{amount}",
        ),
        "below_limit": Text(
            "{number:,} {unit}: {off:,} below the lower limit {limit:,}",
            "{number} {unit}，比下限 {limit} 少 {off} {unit}",
        ),
        "above_limit": Text(
            "{number:,} {unit}: {off:,} above the upper limit {limit:,}",
            "{number} {unit}，比上限 {limit} 多 {off} {unit}",
        ),
        "locked": Text("locked", "已锁定，保持不变"),
        "facility": Text("{why}", "{why}"),
        "facility_part": Text(
            "{why} (part {part} of {parts})", "{why}（共 {parts} 片之第 {part} 片）"
        ),
        "open_cut_off": Text(
            "No households on {area:,.0f} m², cut off by {by}",
            "无住户，面积 {area:,.0f} 平方米，被{by}隔开",
        ),
        "open_community": Text(
            "No households on {area:,.0f} m²: nobody lives in the community",
            "无住户，面积 {area:,.0f} 平方米，所在社区没有住户",
        ),
        "open_apart": Text(
            "No households on {area:,.0f} m², touches no other ground of its community",
            "无住户，面积 {area:,.0f} 平方米，与本社区其余部分不相接，无法并入相邻网格",
        ),
        # communities
        "nobody": Text("No households outside dedicated grids", "专属网格之外没有住户"),
        "all_in_band": Text(
            "{amount} in {grids} grids, all in the band", "{amount}，{grids} 个网格，全部符合标准"
        ),
        "small_community": Text(
            "{amount}, below the lower limit: one grid is allowed",
            "{amount}，低于下限，可划为一个网格",
        ),
        "not_found": Text(
            "{missed} of {grids} grids miss the band, by {distance:,} households together; "
            "nothing better was found in {moves:,} moves",
            "{grids} 个网格中有 {missed} 个不符合标准，合计相差 {distance:,} 户；"
            "尝试 {moves} 次调整未找到更好的划法",
        ),
        # proofs
        "no_number_of_grids": Text(
            "{amount} cannot be divided into grids of {limits}, whatever the number of grids",
            "{amount}，无论划成几个网格，都不能使每个网格为 {limits}",
        ),
        "not_this_number_of_grids": Text(
            "{amount} cannot be divided into {grids} grids of {limits}, as the settings ask",
            "{amount}，不能按设置划成 {grids} 个 {limits}的网格",
        ),
        "atom_too_large": Text(
            "one unit ({where}) holds {amount}, above the upper limit of {upper}, and no street or "
            "building border divides it",
            "{amount}的一个单元（{where}）超过上限 {upper}，沿街道或楼栋无法再分",
        ),
        "group_too_large": Text(
            "a group that must stay together ({where}) holds {amount}, above the upper limit of "
            "{upper}",
            "要求合在一起的一组单元（{where}）共 {amount}，超过上限 {upper}",
        ),
        "atom_fits_nowhere": Text(
            "one unit ({where}) holds {amount}, and no group of neighbouring units around it holds "
            "{limits}",
            "{amount}的一个单元（{where}）无论与哪些相邻单元合并，都不能成为 {limits}的网格",
        ),
        "such_atoms": Text("{atoms} such units in all", "此类单元共 {atoms} 个"),
        "locked_grid": Text(
            "the locked grid {name} stays: {why}", "锁定网格“{name}”保持不变：{why}"
        ),
        "nameless_locked_grid": Text("a locked grid stays: {why}", "一个锁定网格保持不变：{why}"),
        "piece_cut_off": Text(
            "a part with {amount}, cut off by {by}, cannot be divided into grids of {limits}",
            "被{by}隔开的一片有 {amount}，不能划成 {limits}的网格",
        ),
        "piece_apart": Text(
            "a part with {amount}, apart from the rest, cannot be divided into grids of {limits}",
            "与其余部分不相连的一片有 {amount}，不能划成 {limits}的网格",
        ),
        "exhausted": Text(
            "every connected way to put {atoms} units together was tried: none gives grids of "
            "{limits}; the nearest that was found is off by {distance:,} households",
            "已穷尽 {atoms} 个单元的全部连片组合，没有一种能使每个网格为 {limits}；"
            "找到的最接近的划法合计相差 {distance:,} 户",
        ),
        # remedies
        "move_out": Text(
            "move {number:,} {unit} across the border to the neighbouring {name} (then {here:,} "
            "here and {there:,} there)",
            "将 {number:,} {unit}划入相邻的{name}（调整后本村（社区）{here:,} {unit}、"
            "{name} {there:,} {unit}）",
        ),
        "take_in": Text(
            "take in {number:,} {unit} across the border from the neighbouring {name} (then "
            "{here:,} here and {there:,} there)",
            "从相邻的{name}划入 {number:,} {unit}（调整后本村（社区）{here:,} {unit}、"
            "{name} {there:,} {unit}）",
        ),
        "merge": Text(
            "merge with the neighbouring {name} ({number:,} {unit} together)",
            "与相邻的{name}合并划分（合计 {number:,} {unit}）",
        ),
        "other_number_of_grids": Text(
            "allow up to {above:,} {unit} in a grid ({full} in all), or as few as {below:,} "
            "({more} in all)",
            "将本村（社区）的上限放宽到 {above:,} {unit}（划 {full} 个网格），"
            "或将下限放宽到 {below:,} {unit}（划 {more} 个网格）",
        ),
        "link": Text(
            "a bridge, underpass or gate that links the part with {number:,} {unit} to the rest",
            "修建桥梁、地道或开设通道，使 {number:,} {unit}的这一片与其余部分连通",
        ),
        "link_exclave": Text(
            "give the road by which people reach the detached part with {number:,} {unit} as a "
            "line of the setting `links`: the part may then share a grid with the rest",
            "在设置 links（通道图层）中给出通往这片飞地（{number:,} {unit}）的村道，"
            "使它可与其余部分同属一格",
        ),
        "give_piece": Text(
            "give this part to the neighbouring {name} (then {there:,} there)",
            "将这一片划入相邻的{name}（调整后 {name} {there:,} {unit}）",
        ),
        "allow_piece": Text(
            "allow a grid of {number:,} {unit} here", "允许这一片单独成为 {number:,} {unit}的网格"
        ),
        "split_atom": Text(
            "split the unit {where} by stairwell into {parts} parts of about {each:,} {unit}",
            "将{where}的这一单元按楼门拆成 {parts} 部分，每部分约 {each:,} {unit}",
        ),
        "split_group": Text(
            "divide the group {where} into {parts} parts of about {each:,} {unit}",
            "将这一组（{where}）拆成 {parts} 部分，每部分约 {each:,} {unit}",
        ),
        "allow_fewer": Text(
            "allow as few as {number:,} {unit} in a grid here",
            "将本村（社区）的下限放宽到 {number:,} {unit}",
        ),
        "allow_more": Text(
            "allow up to {number:,} {unit} in a grid here",
            "将本村（社区）的上限放宽到 {number:,} {unit}",
        ),
        "by_totals": Text(
            "{way} (by the totals: run again to see)",
            "{way}（以上按总量测算，调整后请重新运行核对）",
        ),
        "each_joins": Text("{way}, each to join units beside it", "{way}，再各与相邻单元合并"),
    }
)


@dataclass(frozen=True)
class Reason:
    """Why something is so, or what would help: a code, and the values that its sentence names.

    Examples
    --------
    >>> Reason("such_atoms", {"atoms": 5}).text.en
    '5 such units in all'
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> Text:
        """The sentence in both languages."""
        sentence = _SENTENCES[self.code]
        en, zh = (sentence.say(lang).format(**_words(self.values, lang)) for lang in LANGS[::-1])
        return Text(en, zh)


def _words(values: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return the values as a sentence in `lang` names them."""
    words: dict[str, Any] = {
        key: (value.text if isinstance(value, Reason) else value).say(lang)
        if isinstance(value, Reason | Text)
        else value
        for key, value in values.items()
    }
    if "households" in values:
        words["amount"] = count_text(values["households"], values["residents"]).say(lang)
    if "band" in values:
        words["limits"] = band_text(values["band"]).say(lang)
        words["upper"] = upper_text(values["band"], values.get("residents", math.nan)).say(lang)
    if "unit" in values:
        words["unit"] = UNITS[values["unit"]].say(lang)
    if "x" in values:
        place = f"({values['x']:.0f}, {values['y']:.0f})"
        at = Text(f"at {place}", f"位于 {place}")
        words["where"] = values["name"] or at.say(lang)
    return words


def reasons_text(reasons: tuple[Reason, ...], remedies: tuple[Reason, ...] = ()) -> Text:
    """Return the reasons as one text, followed by the remedies where there are any."""
    text = join([reason.text for reason in reasons])
    if not remedies:
        return text
    ways = join([remedy.text for remedy in remedies], en="; or ", zh="；或")
    return text + Text(". Remedy: ", "。可行办法：") + ways
