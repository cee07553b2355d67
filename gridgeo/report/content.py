"""What the report of a plan says, in the language of the plan: once, for page and paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from gridgeo.approval import say_state
from gridgeo.fingerprint import fingerprint
from gridgeo.maps.escape import visible
from gridgeo.maps.scorecard import is_drawn, plan_title, scorecard
from gridgeo.maps.style import VERDICT_COLOURS
from gridgeo.model import Plan
from gridgeo.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Key,
    Picture,
    Pictures,
    Report,
    Section,
    Table,
    Words,
)
from gridgeo.report.charts import distributions
from gridgeo.report.figures import community_map, overview
from gridgeo.report.records import settings_frame
from gridgeo.report.said import Said, mark_of, number, rows_of
from gridgeo.report.tables import (
    communities_table,
    dedicated_table,
    findings_table,
    rejects_table,
    soundness_table,
    unmet_table,
)
from gridgeo.rulebook import CARDS
from gridgeo.words import TOPICS, VERDICTS, word


def report_of(plan: Plan, *, most_maps: int) -> Report:
    """Return the report of `plan`, with a map of each of the first `most_maps` communities."""
    say = Said(plan.settings.lang)
    sections = (
        ("", "", [Cards([Card(value, label) for label, value in scorecard(plan)])]),
        ("Scorecard", "核查评分卡", _checks(plan, say)),
        ("", "", _overview(plan)),
        ("Soundness of the grids", "核查结论", soundness_table(plan, say)),
        ("Distributions", "指标分布", _charts(plan, say)),
        ("What could not be met, and why", "未能达标的社区及原因", unmet_table(plan, say)),
        ("Communities", "社区（村）", communities_table(plan, say)),
        ("Maps of the communities", "各社区网格图", _maps(plan, say, most_maps)),
        ("Dedicated grids", "专属网格", dedicated_table(plan, say)),
        ("Findings", "问题", findings_table(plan, say)),
        ("Rows that could not be used", "未采用的行", rejects_table(plan, say)),
        ("How these figures were made", "数据来源与计算说明", _provenance(plan, say)),
    )
    made = [Section(say(en, zh), list(blocks)) for en, zh, blocks in sections]
    return Report(
        lang=plan.settings.lang,
        title=visible(plan_title(plan)),
        subtitle=say("Report of the verification of governance grids", "网格核查报告")
        if is_drawn(plan)
        else say("Report of the partition into governance grids", "网格划分报告"),
        state=visible(say_state(plan.approval).say(plan.settings.lang)),
        maker=_maker(plan),
        sections=[section for section in made if section.blocks],
    )


def _maker(plan: Plan) -> str:
    version = plan.run.get("versions", {}).get("gridgeo", "")
    return f"gridgeo {version}".strip() + f" · {fingerprint(plan)}"


def _checks(plan: Plan, say: Said) -> Iterator[Block]:
    cards = [
        Card(
            mark_of(card),
            word(CARDS, card["card"], say.lang)
            + (say(": not checked", "：未检查") if card["state"] == "unknown" else ""),
            card["state"],
        )
        for card in plan.summary.get("scorecard", [])
    ]
    if cards:
        yield Cards(cards)


def _overview(plan: Plan) -> Iterator[Block]:
    drawn = overview(plan)
    if drawn:
        yield Pictures([Picture(str(drawn))], "map")
        yield Key(
            [
                (VERDICT_COLOURS.get(str(key), "#ffffff"), f"{_verdict(plan, str(key))} {count:,}")
                for key, count in plan.grids["verdict"].value_counts().items()
            ]
        )


def _verdict(plan: Plan, key: str) -> str:
    return word(VERDICTS, key, plan.settings.lang)


def _charts(plan: Plan, say: Said) -> Iterator[Block]:
    drawn = distributions(plan)
    if drawn:
        yield Pictures(
            [Picture(str(chart), caption=caption.say(say.lang)) for caption, chart in drawn],
            "charts",
        )
        told = say(
            "Bars count grids; the dashed line is the median; the last bar holds all above.",
            "纵轴为网格数；虚线为中位数；最右一栏含更大者。",
        )
        yield Words(told, quiet=True)


def _maps(plan: Plan, say: Said, most: int) -> Iterator[Block]:
    rows, lang = plan.grids.groupby("community").indices, plan.settings.lang
    drawn = [
        (row, community_map(plan.grids.iloc[rows.get(row["code"], [])], row["code"], lang))
        for row in rows_of(plan.communities.head(most))
    ]
    pictures = [
        Picture(
            str(svg),
            visible(row["name"] or row["code"]),
            f"{_verdict(plan, row['verdict'])} · {number(row['households'])} "
            + say("households", "户"),
        )
        for row, svg in drawn
        if svg
    ]
    if not pictures:
        return
    yield Pictures(pictures, "maps")
    told = say("In each grid: the end of its code, and its households.", "网格内为编码末段和户数。")
    total = len(plan.communities)
    if total > most:
        told += say(
            f" The first {most} of {total} communities; map.html shows all.",
            f"此处为前 {most} 个社区，共 {total} 个；全部见 map.html。",
        )
    yield Words(told, quiet=True)


def _provenance(plan: Plan, say: Said) -> Iterator[Block]:
    if plan.notes:
        yield Table(
            [Column(""), Column("", "told")],
            [
                [
                    Cell(word(TOPICS, note.topic, say.lang)),
                    Cell(visible(note.message.say(say.lang))),
                ]
                for note in plan.notes
            ],
        )
    crs = plan.grids.crs.to_string() if plan.grids.crs else ""
    told = say(
        f"Lengths, areas and places are in {crs}, metres.",
        f"长度、面积、位置均按 {crs} 坐标系（米）计算。",
    )
    yield Words(told, quiet=True)
    yield from _made_from(plan, say)
    settings = settings_frame(plan.settings)
    yield Table(
        [Column("", "code"), Column("", "code")],
        [[Cell(key), Cell(visible(value))] for key, value in settings.itertuples(index=False)],
        folded=say("Settings", "参数设置"),
    )
    if attribution := plan.summary.get("attribution"):
        yield Words(visible(attribution), quiet=True)


def _made_from(plan: Plan, say: Said) -> Iterator[Block]:
    """Yield the name and SHA-256 of each file (folders differ between machines), and versions."""
    inputs: dict[str, str] = plan.run.get("inputs", {})
    if inputs:
        named = sorted((PurePath(path).name, digest) for path, digest in inputs.items())
        yield Table(
            [Column(say("input", "输入文件")), Column("SHA-256", "code")],
            [[Cell(visible(name)), Cell(digest)] for name, digest in named],
        )
    versions: dict[str, str] = plan.run.get("versions", {})
    if versions:
        listed = ", ".join(f"{name} {number}" for name, number in versions.items())
        yield Words(f"{say('Made with', '所用软件')}: {listed}", quiet=True)
