"""The content of the report of a plan, in the language of the plan; one for page and PDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from gridgeo.maps import VERDICT_COLOURS, is_drawn, knows_residents, plan_title, scorecard, visible
from gridgeo.model import SEVERITIES, Finding, Plan, Reject
from gridgeo.report.blocks import (
    MOST_ROWS,
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Legend,
    Paragraph,
    Picture,
    Pictures,
    Report,
    ReportTexts,
    Section,
    Table,
    mark_of,
    number,
    rows_of,
)
from gridgeo.report.documents import unused
from gridgeo.report.figures import community_map, distributions, overview
from gridgeo.report.records import settings_frame
from gridgeo.review import place_of, state_text, suggestion_of
from gridgeo.storage import fingerprint
from gridgeo.wording import (
    CARDS,
    FACILITIES,
    KINDS,
    SOUNDNESS,
    STATUSES,
    TOPICS,
    UNITS,
    VERDICTS,
    Text,
    ground_rows,
    rule_of,
    word,
)
from gridgeo.wording import SEVERITIES as SEVERITY_WORDS

#: Facilities without a dedicated grid are listed up to this number.
_MOST_LEFT = 40
#: Grids of a finding are named up to this number.
_MOST_CODES = 4
_COMMUNITY = Text("community", "社区（村）")


def _soundness_table(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    """Yield how many grids are sound, and those that are not, the gravest first, with reasons."""
    soundness = plan.grids["soundness"]
    if (soundness == "").all():
        return
    states = {"sound": "green", "adjust": "amber", "must_adjust": "red"}
    yield Cards(
        [
            Card(number((soundness == key).sum()), word(SOUNDNESS, key, say.lang), state)
            for key, state in states.items()
        ]
    )
    wrong = plan.grids[soundness.isin(["adjust", "must_adjust"])]
    rows = rows_of(wrong.sort_values(["soundness", "code"], ascending=[False, True]))
    if not rows:
        return
    yield Table(
        say.columns(
            *("code", "name", (_COMMUNITY, "text"), "households", "soundness"), "soundness_reason"
        ),
        [
            [
                *(Cell(visible(row[n])) for n in ("code", "name", "community_name")),
                Cell(number(row["households"])),
                say.soundness(row["soundness"]),
                Cell(visible(row["soundness_reason"])),
            ]
            for row in rows[:MOST_ROWS]
        ],
    )
    yield from say.more(len(rows))


def _unmet_table(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    """Yield the communities out of band, each with the reason; none where none was divided."""
    if is_drawn(plan):
        return
    missed = plan.communities["verdict"].isin(["impossible", "not_found"])
    rows = rows_of(plan.communities[missed])
    if not rows:
        yield Paragraph(say("Every community is in band or small.", "所有社区均达标或为小社区。"))
        return
    yield Table(
        say.columns((_COMMUNITY, "name"), "verdict", "households", "reason"),
        [
            [
                Cell(visible(row["name"]), code=visible(row["code"])),
                say.verdict(row["verdict"]),
                Cell(number(row["households"])),
                Cell(visible(row["reason"])),
            ]
            for row in rows[:MOST_ROWS]
        ],
    )
    yield from say.more(len(rows))


def _communities_table(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    """Yield every community with its counts, result of the checks, and verdict and reason."""
    residents = ["residents"] if knows_residents(plan) else []
    counts = ["households", *residents, "grids"]
    judged = () if is_drawn(plan) else ("verdict", "reason")
    yield Table(
        say.columns("code", "name", *counts, "soundness", "soundness_reason", *judged),
        [
            [
                Cell(visible(row["code"])),
                Cell(visible(row["name"])),
                *(Cell(number(row[name])) for name in counts),
                say.soundness(row["soundness"]),
                Cell(visible(row["soundness_reason"])),
                *([say.verdict(row["verdict"]), Cell(visible(row["reason"]))] if judged else []),
            ]
            for row in rows_of(plan.communities)
        ],
    )


def _dedicated_table(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    """Yield dedicated grids with reasons, and what was considered and left."""
    rows = rows_of(plan.grids[plan.grids["kind"] == "dedicated"])
    if rows:
        yield Table(
            say.columns(
                *("code", "name", "facility", (_COMMUNITY, "text")),
                *("area_m2", "households", "reason"),
            ),
            [
                [
                    *(Cell(visible(row[n])) for n in ("code", "name", "facility")),
                    Cell(visible(row["community_name"])),
                    *(Cell(number(row[n])) for n in ("area_m2", "households")),
                    Cell(visible(row["reason"])),
                ]
                for row in rows[:MOST_ROWS]
            ],
        )
        yield from say.more(len(rows))
    else:
        yield Paragraph(say("None.", "无。"))
    yield from _left(plan, say)


def _left(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    rows = rows_of(plan.considered[~plan.considered["dedicated"].astype(bool)])
    if not rows:
        return
    text = say(
        f"{len(rows)} facilities were considered and left in their basic grids; the first are "
        "listed here, all of them in grids.xlsx.",
        f"另有 {len(rows)} 处设施经评估不设专属网格，部分列于下表，全部见 grids.xlsx。",
    )
    yield Paragraph(text)
    yield Table(
        say.columns("name", "kind", "area_m2", "reason"),
        [
            [
                Cell(visible(row["name"])),
                Cell(word({**FACILITIES, **KINDS}, row["kind"], say.lang)),
                Cell(number(row["area_m2"])),
                Cell(visible(row["reason"])),
            ]
            for row in rows[:_MOST_LEFT]
        ],
    )


def _findings_table(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    """Yield the findings, the gravest first, with grids and place."""
    found = sorted(plan.findings, key=lambda one: SEVERITIES.index(one.severity))
    if not found:
        yield Paragraph(say("None: every check passed.", "无：所有检查均通过。"))
        return
    place = Text("place (E, N)", "位置（东, 北）")
    yield Table(
        say.columns("severity", "check", "message", "amount", "grid_codes", (place, "place")),
        [_finding(one, say) for one in found[:MOST_ROWS]],
    )
    yield from say.more(len(found))


def _finding(one: Finding, say: ReportTexts) -> list[Cell]:
    rule, where = rule_of(one.rule), place_of(one)
    hint = suggestion_of(one).say(say.lang)
    amount = ""
    if one.amount is not None:
        figure = f"{one.amount:,.0f}" if abs(one.amount) >= 100 else f"{one.amount:,.3g}"
        amount = f"{figure} {word(UNITS, one.unit, say.lang)}"
    return [
        Cell(
            "" if one.status == "open" else word(STATUSES, one.status, say.lang),
            chip=say.chip(one.severity, word(SEVERITY_WORDS, one.severity, say.lang)),
        ),
        Cell(rule.title.say(say.lang), code=visible(one.id)),
        Cell(visible(one.message.say(say.lang)), under=visible(one.note) or hint),
        Cell(amount),
        Cell(visible(" ".join(one.grids[:_MOST_CODES])) + " …" * (len(one.grids) > _MOST_CODES)),
        Cell("" if where is None else f"{where[0]:.0f}, {where[1]:.0f}"),
    ]


def _rejects_table(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    """Yield the rows of the input that could not be used, and households in no grid."""
    rows = unused(plan)
    if not rows:
        yield Paragraph(say("None: every row was used.", "无：每一行都已采用。"))
        return
    yield Table(
        say.columns("layer", "file", "row", "field", "value", "reason", "households"),
        [_reject(one, say) for one in rows[:MOST_ROWS]],
    )
    yield from say.more(len(rows))


def _reject(one: Reject, say: ReportTexts) -> list[Cell]:
    cells = (one.layer, one.file, one.row, one.field, one.value, one.reason.say(say.lang))
    return [*(Cell(visible(value)) for value in cells), Cell(number(one.households))]


def report_of(plan: Plan, *, most_maps: int) -> Report:
    """Return the report of `plan`, with a map of each of the first `most_maps` communities."""
    say = ReportTexts(plan.settings.lang)
    sections = (
        ("", "", [Cards([Card(value, label) for label, value in scorecard(plan)])]),
        ("Scorecard", "核查评分卡", _checks(plan, say)),
        ("", "", overview_blocks(plan)),
        ("Ground", "网格与地物", _ground_table(plan)),
        ("Soundness of the grids", "核查结论", _soundness_table(plan, say)),
        ("Distributions", "指标分布", _charts(plan, say)),
        ("What could not be met, and why", "未能达标的社区及原因", _unmet_table(plan, say)),
        ("Communities", "社区（村）", _communities_table(plan, say)),
        ("Maps of the communities", "各社区网格图", _maps(plan, say, most_maps)),
        ("Dedicated grids", "专属网格", _dedicated_table(plan, say)),
        ("Findings", "问题", _findings_table(plan, say)),
        ("Rows that could not be used", "未采用的行", _rejects_table(plan, say)),
        ("How these figures were made", "数据来源与计算说明", _provenance(plan, say)),
    )
    made = [Section(say(en, zh), list(blocks)) for en, zh, blocks in sections]
    return Report(
        lang=plan.settings.lang,
        title=visible(plan_title(plan)),
        subtitle=say("Report of the verification of governance grids", "网格核查报告")
        if is_drawn(plan)
        else say("Report of the partition into governance grids", "网格划分报告"),
        state=visible(state_text(plan.approval).say(plan.settings.lang)),
        maker=_maker(plan),
        sections=[section for section in made if section.blocks],
    )


def _maker(plan: Plan) -> str:
    version = plan.run.get("versions", {}).get("gridgeo", "")
    return f"gridgeo {version}".strip() + f" · {fingerprint(plan)}"


def _checks(plan: Plan, say: ReportTexts) -> Iterator[Block]:
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


def overview_blocks(plan: Plan) -> Iterator[Block]:
    """Yield the map of all grids with its legend, nothing where there is no grid."""
    drawn = overview(plan)
    if drawn:
        yield Pictures([Picture(str(drawn))], "map")
        yield Legend(
            [
                (VERDICT_COLOURS.get(str(key), "#ffffff"), f"{_verdict(plan, str(key))} {count:,}")
                for key, count in plan.grids["verdict"].value_counts().items()
            ]
        )


def _ground_table(plan: Plan) -> Iterator[Block]:
    if figures := plan.summary.get("ground"):
        lang = plan.settings.lang
        rows = ((name.say(lang), value.say(lang)) for name, value in ground_rows(figures))
        yield Table([Column(""), Column("")], [[Cell(name), Cell(value)] for name, value in rows])


def _verdict(plan: Plan, key: str) -> str:
    return word(VERDICTS, key, plan.settings.lang)


def _charts(plan: Plan, say: ReportTexts) -> Iterator[Block]:
    drawn = distributions(plan)
    if drawn:
        yield Pictures(
            [Picture(str(chart), caption=caption.say(say.lang)) for caption, chart in drawn],
            "charts",
        )
        text = say(
            "Bars count grids; the dashed line is the median; the last bar holds all above.",
            "纵轴为网格数；虚线为中位数；最右一栏含更大者。",
        )
        yield Paragraph(text, quiet=True)


def _maps(plan: Plan, say: ReportTexts, most: int) -> Iterator[Block]:
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
    text = say("In each grid: the end of its code, and its households.", "网格内为编码末段和户数。")
    total = len(plan.communities)
    if total > most:
        text += say(
            f" The first {most} of {total} communities; map.html shows all.",
            f"此处为前 {most} 个社区，共 {total} 个；全部见 map.html。",
        )
    yield Paragraph(text, quiet=True)


def _provenance(plan: Plan, say: ReportTexts) -> Iterator[Block]:
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
    text = say(
        f"Lengths, areas and places are in {crs}, metres.",
        f"长度、面积、位置均按 {crs} 坐标系（米）计算。",
    )
    yield Paragraph(text, quiet=True)
    yield from _made_from(plan, say)
    settings = settings_frame(plan.settings)
    yield Table(
        [Column("", "code"), Column("", "code")],
        [[Cell(key), Cell(visible(value))] for key, value in settings.itertuples(index=False)],
        folded=say("Settings", "参数设置"),
    )
    if attribution := plan.summary.get("attribution"):
        yield Paragraph(visible(attribution), quiet=True)


def _made_from(plan: Plan, say: ReportTexts) -> Iterator[Block]:
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
        yield Paragraph(f"{say('Made with', '所用软件')}: {listed}", quiet=True)
