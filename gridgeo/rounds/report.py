"""The report of a round (核查报告): one content for DOCX and PDF.

Its numbers are those of the ledger: the unsettled entries are the tracked findings of the plan,
one for one (`gridgeo.review.apply_ledger`), and each is counted in one check, one community and
one township.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from gridgeo.maps import visible
from gridgeo.model import Plan
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
from gridgeo.review import ON_SITE, SETTLED, Entry, compare_ledgers, state_text
from gridgeo.rounds.results import (
    checks_blocks,
    checks_done,
    place_blocks,
    tracked_findings,
    unchecked_blocks,
)
from gridgeo.rounds.sheets import drawn_text, strata_table
from gridgeo.rounds.store import Round
from gridgeo.storage import fingerprint
from gridgeo.wording import (
    BORDERS_SEEN,
    CONCLUSIONS,
    FATES,
    SEVERITIES,
    SIGN_SEEN,
    STATUSES,
    Text,
    header,
    rule_of,
    word,
)

_STATES = ("open", "accepted")
#: Longer lists of findings end here: nobody signs a table of fifty pages; the workbook has all.
_MOST_ENTRIES = 200
_MOST_IDS = 40


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
        ("What was examined", "检查项目与数量", checks_blocks(made, say)),
        ("What was not checked, and why", "未检查的项目及原因", unchecked_blocks(made, say)),
        ("Results by township and community", "分乡镇、社区（村）结果", place_blocks(made, say)),
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
    counts = Counter(one.status for one in tracked_findings(plan))
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
    for check in checks_done(made.plan):
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
        yield from _entries_blocks(listed, compared.of, say)
    claimed = [one for one in made.entries if one.status == "open" and one.corrected_on
               and one.corrected_on < made.facts.date]  # fmt: skip
    if claimed:
        text = say(
            f"{len(claimed)} findings that were reported as corrected before this round are there "
            f"still: {_ids(claimed, ', ')}.",
            f"填报已整改但本轮复查仍存在的问题 {len(claimed)} 项：{_ids(claimed, '、')}。",
        )
        yield Paragraph(text)


def _findings(made: Round, say: ReportTexts) -> Iterator[Block]:
    became = compare_ledgers(made.before, made.entries).of
    unsettled = [one for one in made.entries if one.status not in SETTLED]
    if not unsettled:
        yield Paragraph(say("None.", "无。"))
        return
    order = {state: place for place, state in enumerate(("error", "warning", ""))}
    unsettled.sort(
        key=lambda one: (_STATES.index(one.status), order.get(one.severity, 2), not one.assignee)
    )
    yield from _entries_blocks(unsettled, became, say)
    late = [one for one in unsettled if one.status == "open" and one.due
            and one.due < made.facts.date]  # fmt: skip
    if late:
        text = say(
            f"{len(late)} of them are past their date: {_ids(late, ', ')}.",
            f"其中超过整改期限的 {len(late)} 项：{_ids(late, '、')}。",
        )
        yield Paragraph(text)


def _ids(entries: Sequence[Entry], between: str) -> str:
    """Return the ids of entries, of the first where they are many."""
    more = " …" if len(entries) > _MOST_IDS else ""
    return between.join(one.id for one in entries[:_MOST_IDS]) + more


def _entries_blocks(
    entries: Sequence[Entry], became: Mapping[str, str], say: ReportTexts
) -> Iterator[Block]:
    if len(entries) > _MOST_ENTRIES:
        text = say(
            f"The first {_MOST_ENTRIES} of {len(entries)}; findings.xlsx lists all.",
            f"共 {len(entries)} 项，此处列出前 {_MOST_ENTRIES} 项，全部见 findings.xlsx。",
        )
        yield Paragraph(text, quiet=True)
    yield Table(
        [
            Column(header("id", say.lang), "place"),
            Column(header("status", say.lang), "place"),
            Column(header("message", say.lang), "told"),
            Column(say("to correct by", "责任人与期限")),
            Column(say("corrected", "整改"), "place"),
            Column(say("verified", "核实"), "place"),
        ],
        [_entry(one, became[one.id], say) for one in entries[:_MOST_ENTRIES]],
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
    counts = Counter(
        one.severity if one.status == "open" else "accepted" for one in tracked_findings(plan)
    )
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
