"""The report of a round (核查报告): one content for DOCX and PDF.

Its numbers are those of the ledger: the unsettled entries are the tracked findings of the plan,
one for one (`gridgeo.review.apply_ledger`), and each is counted in one check, one community and
one township.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import shapely

from gridgeo.maps import visible
from gridgeo.model import Finding, Plan
from gridgeo.report import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Paragraph,
    Report,
    ReportTexts,
    Section,
    Signatures,
    Table,
    number,
    overview_blocks,
)
from gridgeo.review import ON_SITE, SETTLED, Entry, compare_ledgers, handles_of, state_text
from gridgeo.rounds.sheets import drawn_text, strata_table
from gridgeo.rounds.store import Round
from gridgeo.storage import fingerprint
from gridgeo.wording import (
    BORDERS_SEEN,
    CONCLUSIONS,
    FATES,
    RULEBOOK,
    SEVERITIES,
    SIGN_SEEN,
    STATUSES,
    UNITS,
    Text,
    band_text,
    header,
    rule_of,
    word,
)

_TRACKED = ("error", "warning")
_STATES = ("open", "accepted")


def conclusion_of(plan: Plan) -> str:
    """Return what a round comes to, one of `gridgeo.wording.CONCLUSIONS`."""
    open_ones = [one.severity for one in plan.findings if one.status == "open"]
    if "error" in open_ones:
        return "failed"
    return "passed_in_part" if "warning" in open_ones else "passed"


def review_report(made: Round) -> Report:
    """Return the report of a round, in the language of its settings."""
    say = ReportTexts(made.plan.settings.lang)
    name = str(made.plan.summary.get("name") or "")
    kind = say("Re-verification of governance grids", "网格核查报告")
    sections = (
        ("The round", "核查概况", _overview(made, say)),
        ("Basis", "核查依据", _basis(made, say)),
        ("Inputs", "输入数据与校验值", _inputs(made, say)),
        ("What was examined", "检查项目与数量", _checks(made, say)),
        ("What was not checked, and why", "未检查的项目及原因", _unchecked(made, say)),
        ("Results by township and community", "分乡镇、社区（村）结果", _places(made, say)),
        ("Field visits", "抽样实地核查", _samples(made, say)),
        ("Since the last round", "与上一轮对比", _since(made, say)),
        ("Findings to be settled", "未结问题", _findings(made, say)),
        ("Conclusion", "核查结论", _conclusion(made, say)),
        ("Signatures", "签字盖章", _signatures(made, say)),
    )
    made_sections = [
        Section(say(f"{place}. {en}", f"{place}　{zh}"), list(blocks))
        for place, (en, zh, blocks) in enumerate(sections, start=1)
    ]
    return Report(
        lang=say.lang,
        title=visible(f"{name} · {kind}" if name else kind),
        subtitle=say(
            f"Report of round {made.number}, {made.facts.date}",
            f"第 {made.number} 轮，{made.facts.date}",
        ),
        state=state_text(made.plan.approval).say(say.lang) if made.plan.approval else "",
        maker=f"gridgeo {made.plan.run.get('versions', {}).get('gridgeo', '')}".strip()
        + f" · {fingerprint(made.plan)}",
        sections=made_sections,
    )


def _pairs(rows: Iterable[tuple[str, str]]) -> Table:
    return Table(
        [Column(""), Column("", "told")], [[Cell(name), Cell(visible(text))] for name, text in rows]
    )


def _overview(made: Round, say: ReportTexts) -> Iterator[Block]:
    plan, facts = made.plan, made.facts
    households = plan.summary["households"]
    counts = Counter(one.status for one in _tracked(plan))
    yield Cards(
        [
            Card(number(len(plan.communities)), say("communities", "社区（村）")),
            Card(number(len(plan.grids)), say("grids", "网格")),
            Card(number(households["in"]), say("households", "户")),
            Card(number(counts["open"]), say("open findings", "待处理问题")),
            Card(number(counts["accepted"]), say("exceptions", "例外")),
        ]
    )
    first = say("none: this is the first round", "无（本轮为首轮）")
    yield _pairs(
        (
            (say("round", "轮次"), say(str(made.number), f"第 {made.number} 轮")),
            (say("day", "核查日期"), facts.date),
            (say("inspector", "核查人"), facts.by),
            *(((say("authority", "核查单位"), facts.unit),) if facts.unit else ()),
            (say("grids judged", "核查对象"), made.grids),
            (say("round before", "上一轮核查日期"), made.previous or first),
            (
                say("households", "户数核对"),
                say(
                    f"{households['in']:,} = {households['in_grids']:,} in grids + "
                    f"{households['listed']:,} listed as in none",
                    f"输入 {households['in']:,} 户 = 网格内 {households['in_grids']:,} 户"
                    f" + 列出未入格 {households['listed']:,} 户",
                ),
            ),
        )
    )
    yield from overview_blocks(plan)


def _basis(made: Round, say: ReportTexts) -> Iterator[Block]:
    """Yield the documents that were given, then the sources of the checks that were done."""
    sources: dict[str, list[str]] = {}
    for check in _done(made.plan):
        rule = rule_of(check)
        sources.setdefault(rule.source.say(say.lang), []).append(rule.title.say(say.lang))
    given = [[Cell(visible(text)), Cell(say("given by the county", "核查单位提供"))]
             for text in made.facts.basis]  # fmt: skip
    between = say(", ", "、")
    yield Table(
        [Column(say("document or rule", "文件或规定"), "told"), Column(say("for", "用于"), "told")],
        [*given, *([Cell(source), Cell(between.join(titles))] for source, titles in
                   sources.items())],
    )  # fmt: skip


def _inputs(made: Round, say: ReportTexts) -> Iterator[Block]:
    inputs: Mapping[str, str] = made.plan.run.get("inputs", {})
    named = sorted((PurePath(path).name, digest) for path, digest in inputs.items())
    yield Table(
        [Column(say("input", "输入文件")), Column("SHA-256", "code")],
        [[Cell(visible(name)), Cell(digest)] for name, digest in named],
    )
    rejected = len(made.plan.rejects)
    if rejected:
        text = say(
            f"{rejected} rows of the input could not be used; grids.xlsx lists each with the "
            "reason.",
            f"输入中有 {rejected} 行未采用，逐行及原因见 grids.xlsx。",
        )
        yield Paragraph(text)
    crs = "" if made.plan.grids.crs is None else made.plan.grids.crs.to_string()
    text = say(f"Lengths and areas are in {crs}, metres.", f"长度和面积按 {crs}（米）计算。")
    yield Paragraph(text, quiet=True)


def _done(plan: Plan) -> list[str]:
    return [one["check"] for one in plan.summary["checks"] if one["not_checked"] is None]


def _checks(made: Round, say: ReportTexts) -> Iterator[Block]:
    """Yield the items that each check examined, with its tolerance and its result."""
    plan = made.plan
    tracked = _tracked(plan)
    by_rule = _counted((one.rule for one in tracked), tracked)
    checks = {one["check"]: one for one in plan.summary["checks"]}
    done = [name for name, one in checks.items() if one["not_checked"] is None]
    failed = sum(
        by_rule[name]["error"] + by_rule[name]["warning"] > 0 for name in done if name in by_rule
    )
    yield Paragraph(
        say(
            f"{len(done)} checks were done: {len(done) - failed} without an open finding, "
            f"{failed} with; {len(checks) - len(done)} were not done.",
            f"完成检查 {len(done)} 项：无待处理问题 {len(done) - failed} 项，"
            f"有待处理问题 {failed} 项；未检查 {len(checks) - len(done)} 项。",
        )
    )
    limits = _limits(made, say)
    seen = sum(bool(one.results) for one in made.samples)
    rows = [
        [
            Cell(rule_of(name).title.say(say.lang)),
            Cell(limits.get(name, say("none", "无") if name in checks else "")),
            Cell(_examined(checks[name], say) if name in checks else _sheets(name, seen, say)),
            *(Cell(number(by_rule.get(name, Counter())[state]))
              for state in (*_TRACKED, "accepted")),
            _result(by_rule.get(name, Counter()), say),
        ]
        for name in (*done, *sorted(set(by_rule) - set(done)))
    ]  # fmt: skip
    total = sum(by_rule.values(), Counter[str]())
    titles = (("check", "检查项"), ("tolerance", "标准或允许误差"), ("examined", "检查数量"))
    yield Table(
        [
            *(Column(say(en, zh), "told" if en == "tolerance" else "text") for en, zh in titles),
            *(Column(word(SEVERITIES, name, say.lang), "number") for name in _TRACKED),
            Column(word(STATUSES, "accepted", say.lang), "number"),
            Column(say("result", "结果")),
        ],
        [
            *rows,
            [Cell(say("total", "合计")), Cell(), Cell(),
             *(Cell(number(total[state])) for state in (*_TRACKED, "accepted")), Cell()],
        ],
    )  # fmt: skip


def _examined(check: Mapping[str, Any], say: ReportTexts) -> str:
    if check["not_checked"] is not None:
        return say("not checked", "未检查")
    return f"{check['examined']:,} {word(UNITS, check['unit'], say.lang)}"


def _sheets(rule: str, seen: int, say: ReportTexts) -> str:
    return say(f"{seen} grids", f"{seen} 个网格") if rule == ON_SITE else ""


def _result(counts: Counter[str], say: ReportTexts) -> Cell:
    if counts["error"]:
        return Cell(chip=say.chip("error", say("not met", "不合格")))
    if counts["warning"]:
        return Cell(chip=say.chip("warning", say("to correct", "需整改")))
    return Cell(say("met", "合格"))


def _limits(made: Round, say: ReportTexts) -> dict[str, str]:
    """Return the tolerance or the limits of each check that has one."""
    settings = made.plan.settings
    width = say(f"{settings.tolerance_m:g} m wide", f"宽度 {settings.tolerance_m:g} 米以内不计")
    shape = ("fills_community", "no_overlap", "inside_community", "one_part", "households_once")
    atoms = settings.atoms
    return {
        **dict.fromkeys(shape, width),
        "in_band": band_text(settings.band).say(say.lang),
        "no_thin_part": say(
            f"narrower than {atoms.thin_part_m:g} m, {atoms.thin_part_m2:g} m² or more",
            f"宽度小于 {atoms.thin_part_m:g} 米且面积 {atoms.thin_part_m2:g} 平方米以上",
        ),
        "dedicated_without_homes": say(
            f"up to {settings.dedicated.homes} households", f"{settings.dedicated.homes} 户以内"
        ),
        "on_streets": say("half of the inner border, within 12 m", "内部边界的一半，12 米以内"),
    }


def _unchecked(made: Round, say: ReportTexts) -> Iterator[Block]:
    rows = [
        [Cell(rule_of(one["check"]).title.say(say.lang)), Cell(str(one["not_checked"]))]
        for one in made.plan.summary["checks"]
        if one["not_checked"] is not None
    ]
    if not rows:
        yield Paragraph(say("None: every check was done.", "无：各项均已检查。"))
        return
    yield Table(
        [Column(say("check", "检查项")), Column(say("why not", "未检查的原因"), "told")], rows
    )
    done = set(_done(made.plan))
    kept = sum(
        one.status not in SETTLED and one.rule in RULEBOOK and one.rule not in done
        for one in made.entries
    )
    if kept:
        text = say(
            f"{kept} findings of these checks are left from earlier rounds as they were.",
            f"上述项目在以往各轮的未结问题 {kept} 项按原状保留。",
        )
        yield Paragraph(text)


def _tracked(plan: Plan) -> list[Finding]:
    return [one for one in plan.findings if one.severity in _TRACKED]


def _counted(keys: Iterable[str], findings: Sequence[Finding]) -> dict[str, Counter[str]]:
    """Return for each key how many errors and warnings are open, and how many are accepted."""
    counts: dict[str, Counter[str]] = {}
    for key, one in zip(keys, findings, strict=True):
        state = one.severity if one.status == "open" else "accepted"
        counts.setdefault(key, Counter())[state] += 1
    return counts


def _communities_of(plan: Plan) -> list[str]:
    """Return the community of each tracked finding, ``""`` where it lies in none.

    It is that of its first grid, else that at its place: each finding counts once.
    """
    of_grid = dict(zip(handles_of(plan.grids), plan.grids["community"], strict=True))
    tree = shapely.STRtree(plan.communities.geometry.to_numpy())
    labels = [code or name for code, name in
              zip(plan.communities["code"], plan.communities["name"], strict=True)]  # fmt: skip
    found = []
    for one in _tracked(plan):
        label = next((of_grid[grid] for grid in one.grids if of_grid.get(grid)), "")
        if not label and one.where is not None and not one.where.is_empty:
            near = tree.query(one.where.representative_point(), predicate="intersects")
            label = labels[int(near[0])] if len(near) else ""
        found.append(label)
    return found


def _places(made: Round, say: ReportTexts) -> Iterator[Block]:
    """Yield the results by township, where codes have one, and by community; both add up."""
    plan = made.plan
    names = {code or name: name or code for code, name in
             zip(plan.communities["code"], plan.communities["name"], strict=True)}  # fmt: skip
    found = _communities_of(plan)
    counts = _counted(found, _tracked(plan))
    sound = {
        str(code): Counter(part["soundness"])
        for code, part in plan.grids.groupby("community", sort=True)
    }
    order = sorted({*names, *sound, *counts} - {""}) + ([""] if "" in {*sound, *counts} else [])
    townships: dict[str, list[str]] = {}
    for code in order:
        townships.setdefault(_township(code), []).append(code)
    if any(townships):
        yield _results(
            say,
            say("township", "乡镇（街道）"),
            [
                (township or say("no township in the code", "无乡镇代码"), "", members)
                for township, members in sorted(townships.items())
            ],
            sound,
            counts,
        )
    none = say("in no community", "不在社区（村）内")
    yield _results(
        say,
        say("community", "社区（村）"),
        [
            (names.get(code, code) or none, code if names.get(code) else "", [code])
            for code in order
        ],
        sound,
        counts,
    )


def _township(code: str) -> str:
    """Return the township of a community: the first 9 of its 12 digits, ``""`` for other codes."""
    return code[:9] if len(code) == 12 and code.isdecimal() else ""


def _results(
    say: ReportTexts,
    title: str,
    rows: Sequence[tuple[str, str, Sequence[str]]],
    sound: Mapping[str, Counter[str]],
    counts: Mapping[str, Counter[str]],
) -> Table:
    """Return a table of places (name, code, communities) with a row that adds them up."""
    states = ("sound", "adjust", "must_adjust")

    def figures(members: Iterable[str]) -> list[Cell]:
        grids = sum((sound.get(code, Counter()) for code in members), Counter[str]())
        found = sum((counts.get(code, Counter()) for code in members), Counter[str]())
        values = (
            sum(grids.values()),
            *(grids[state] for state in states),
            *(found[name] for name in (*_TRACKED, "accepted")),
        )
        return [Cell(number(value)) for value in values]

    every = [code for _, _, members in rows for code in members]
    columns = [
        Column(title),
        Column(header("grids", say.lang), "number"),
        *(Column(say.soundness(state).chip.text, "number") for state in states),  # type: ignore[union-attr]
        *(Column(word(SEVERITIES, name, say.lang), "number") for name in _TRACKED),
        Column(word(STATUSES, "accepted", say.lang), "number"),
    ]
    body = [[Cell(visible(name), code=visible(code)), *figures(members)]
            for name, code, members in rows]  # fmt: skip
    return Table(columns, [*body, [Cell(say("total", "合计")), *figures(every)]])


def _samples(made: Round, say: ReportTexts) -> Iterator[Block]:
    filled = [one for one in made.samples if one.results]
    yield Paragraph(drawn_text(made, say))
    yield strata_table(made, say)
    found = [one for one in made.entries if one.rule == ON_SITE and one.status not in SETTLED]
    yield Paragraph(
        say(
            f"{len(filled)} of {len(made.samples)} sheets were filled in; {len(found)} findings "
            "from the street, of this round or earlier ones, are not settled.",
            f"已填回 {len(filled)} 份，共 {len(made.samples)} 份；"
            f"实地发现的未结问题（含以往各轮）{len(found)} 项。",
        )
    )
    if not filled:
        return
    names = ("inspected_by", "inspected_on", "borders_seen", "households_found", "sign_seen")
    terms = {"borders_seen": BORDERS_SEEN, "sign_seen": SIGN_SEEN}
    yield Table(
        [
            *(Column(header(name, say.lang)) for name in ("sample", "grid", *names)),
            Column(header("remark", say.lang), "told"),
        ],
        [
            [
                Cell(one.number),
                Cell(one.grid),
                *(Cell(word(terms.get(name, {}), one.results.get(name, ""), say.lang))
                  for name in names),
                Cell(visible(one.results.get("remark", ""))),
            ]
            for one in filled
        ],
    )  # fmt: skip


def _since(made: Round, say: ReportTexts) -> Iterator[Block]:
    compared = compare_ledgers(made.before, made.entries)
    accepted = sum(one.status == "accepted" for one in made.entries)
    if not made.previous and not made.before:
        yield Paragraph(
            say("This is the first round: every finding is new.", "本轮为首轮，所有问题均为新增。")
        )
    columns = (
        (say("unsettled before", "上轮未结"), compared.before),
        (say("+ new", "＋ 新增"), compared.new),
        (say("+ reopened", "＋ 重新出现"), compared.reopened),
        (say("- fixed", "－ 本轮已整改"), compared.fixed),
        (say("= unsettled", "＝ 本轮未结"), compared.after),
        (say("of these open", "其中待处理"), compared.after - accepted),
        (say("exceptions", "例外"), accepted),
    )
    yield Table(
        [Column(title, "number") for title, _ in columns],
        [[Cell(number(value)) for _, value in columns]],
    )
    listed = [one for one in made.entries if compared.of[one.id] in {"reopened", "fixed"}]
    if listed:
        yield _entries_table(listed, compared.of, say)
    claimed = [one for one in made.entries if one.status == "open" and one.corrected_on
               and one.corrected_on < made.facts.date]  # fmt: skip
    if claimed:
        text = say(
            f"{len(claimed)} findings that were reported as corrected before this round are there "
            f"still: {', '.join(one.id for one in claimed)}.",
            f"填报已整改但本轮复查仍存在的问题 {len(claimed)} 项："
            f"{'、'.join(one.id for one in claimed)}。",
        )
        yield Paragraph(text)


def _findings(made: Round, say: ReportTexts) -> Iterator[Block]:
    became = compare_ledgers(made.before, made.entries).of
    unsettled = [one for one in made.entries if one.status not in SETTLED]
    if not unsettled:
        yield Paragraph(say("None.", "无。"))
        return
    order = {state: place for place, state in enumerate(("error", "warning", ""))}
    unsettled.sort(key=lambda one: (_STATES.index(one.status), order.get(one.severity, 2)))
    yield _entries_table(unsettled, became, say)
    late = [one for one in unsettled if one.status == "open" and one.due
            and one.due < made.facts.date]  # fmt: skip
    if late:
        text = say(
            f"{len(late)} of them are past their date: {', '.join(one.id for one in late)}.",
            f"其中超过整改期限的 {len(late)} 项：{'、'.join(one.id for one in late)}。",
        )
        yield Paragraph(text)


def _entries_table(entries: Sequence[Entry], became: Mapping[str, str], say: ReportTexts) -> Table:
    return Table(
        [
            Column(header("id", say.lang), "place"),
            Column(header("status", say.lang), "place"),
            Column(header("message", say.lang), "told"),
            Column(say("to correct by", "责任人与期限")),
            Column(say("corrected", "整改"), "place"),
            Column(say("verified", "核实"), "place"),
        ],
        [_entry(one, became[one.id], say) for one in entries],
    )


def _entry(one: Entry, became: str, say: ReportTexts) -> list[Cell]:
    chip = say.chip(one.severity, word(SEVERITIES, one.severity, say.lang))
    exception = f"{one.reason}；{one.by}；{one.when}" if one.status == "accepted" else ""
    return [
        Cell(visible(one.id), under=word(FATES, became, say.lang)),
        Cell(word(STATUSES, one.status, say.lang), chip=chip if one.severity else None),
        Cell(
            visible(one.message),
            under=visible(exception) or rule_of(one.rule).title.say(say.lang),
        ),
        Cell(visible(one.assignee), under=one.due),
        Cell(visible(one.corrected_by), under=one.corrected_on),
        Cell(visible(one.verified_by), under=one.verified_on),
    ]


def _conclusion(made: Round, say: ReportTexts) -> Iterator[Block]:
    plan = made.plan
    sound = Counter(plan.grids["soundness"])
    counts = Counter(one.severity if one.status == "open" else "accepted" for one in _tracked(plan))
    text = Text(
        f"Of {len(plan.grids)} grids in {len(plan.communities)} communities, {sound['sound']} are "
        f"sound, {sound['adjust']} are to be adjusted and {sound['must_adjust']} must be. "
        f"{counts['error']} errors and {counts['warning']} warnings are open, "
        f"{counts['accepted']} exceptions are accepted.",
        f"本轮核查 {len(plan.communities)} 个社区（村）的 {len(plan.grids)} 个网格：合理 "
        f"{sound['sound']} 个，需调整 {sound['adjust']} 个，必须调整 {sound['must_adjust']} 个。"
        f"待处理的错误 {counts['error']} 项、警告 {counts['warning']} 项，例外 "
        f"{counts['accepted']} 项。",
    )
    yield Paragraph(text.say(say.lang))
    yield Paragraph(CONCLUSIONS[conclusion_of(plan)].say(say.lang))
    yield Signatures([say("opinion of the authority", "核查单位意见")], [""])


def _signatures(made: Round, say: ReportTexts) -> Iterator[Block]:
    signature, day = say("signature", "签字"), say("day", "日期")
    yield Signatures(
        [
            f"{say('inspector', '核查人')}：{visible(made.facts.by)}",
            say("reviewer", "复核人"),
            say("head of the authority", "单位负责人"),
        ],
        [f"{signature}：", f"{day}："],
    )
    yield Signatures(
        [f"{say('authority (stamp)', '核查单位（盖章）')} {visible(made.facts.unit)}".strip()],
        [f"{day}："],
    )
