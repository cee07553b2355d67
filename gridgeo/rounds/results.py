"""What a round found, by check, township and community: every table adds up to the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import shapely

from gridgeo.maps import visible
from gridgeo.model import Finding, Plan
from gridgeo.report import Block, Cell, Column, Paragraph, ReportTexts, Table, number
from gridgeo.review import ON_SITE, SETTLED, handles_of
from gridgeo.rounds.store import Round
from gridgeo.wording import RULEBOOK, SEVERITIES, STATUSES, UNITS, band_text, header, rule_of, word

_TRACKED = ("error", "warning")


def checks_done(plan: Plan) -> list[str]:
    """Return the checks that were done, in their order."""
    checks = plan.summary["checks"]
    return [name for name, one in checks.items() if one["not_checked"] is None]


def tracked_findings(plan: Plan) -> list[Finding]:
    """Return the findings that are tracked: errors and warnings."""
    return [one for one in plan.findings if one.severity in _TRACKED]


def _counted(keys: Iterable[str], findings: Sequence[Finding]) -> dict[str, Counter[str]]:
    """Return for each key how many errors and warnings are open, and how many are accepted."""
    counts: dict[str, Counter[str]] = {}
    for key, one in zip(keys, findings, strict=True):
        state = one.severity if one.status == "open" else "accepted"
        counts.setdefault(key, Counter())[state] += 1
    return counts


def checks_blocks(made: Round, say: ReportTexts) -> Iterator[Block]:
    """Yield the items that each check examined, with its tolerance and its result."""
    plan = made.plan
    tracked = tracked_findings(plan)
    by_rule = _counted((one.rule for one in tracked), tracked)
    checks: Mapping[str, Mapping[str, Any]] = plan.summary["checks"]
    done = checks_done(plan)
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
        "within_reach": say(
            f"{settings.band.most_area_ha:g} ha, {settings.band.most_walk_m:g} m (0: no limit)",
            f"{settings.band.most_area_ha:g} 公顷、{settings.band.most_walk_m:g} 米（0 为不限）",
        ),
        "no_thin_part": say(
            f"narrower than {atoms.thin_part_m:g} m, {atoms.thin_part_m2:g} m² or more",
            f"宽度小于 {atoms.thin_part_m:g} 米且面积 {atoms.thin_part_m2:g} 平方米以上",
        ),
        "dedicated_without_homes": say(
            f"up to {settings.dedicated.homes} households", f"{settings.dedicated.homes} 户以内"
        ),
        "on_streets": say("half of the inner border, within 12 m", "内部边界的一半，12 米以内"),
    }


def unchecked_blocks(made: Round, say: ReportTexts) -> Iterator[Block]:
    """Yield the checks that were not done, and what is left of earlier rounds."""
    rows = [
        [Cell(rule_of(name).title.say(say.lang)), Cell(str(one["not_checked"]))]
        for name, one in made.plan.summary["checks"].items()
        if one["not_checked"] is not None
    ]
    if not rows:
        yield Paragraph(say("None: every check was done.", "无：各项均已检查。"))
        return
    yield Table(
        [Column(say("check", "检查项")), Column(say("why not", "未检查的原因"), "told")], rows
    )
    done = set(checks_done(made.plan))
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


def _communities_of(plan: Plan) -> list[str]:
    """Return the community of each tracked finding, ``""`` where it lies in none.

    It is that of its first grid, else that at its place: each finding counts once.
    """
    of_grid = dict(zip(handles_of(plan.grids), plan.grids["community"], strict=True))
    tree = shapely.STRtree(plan.communities.geometry.to_numpy())
    labels = [code or name for code, name in
              zip(plan.communities["code"], plan.communities["name"], strict=True)]  # fmt: skip
    found = []
    for one in tracked_findings(plan):
        label = next((of_grid[grid] for grid in one.grids if of_grid.get(grid)), "")
        if not label and one.where is not None and not one.where.is_empty:
            near = tree.query(one.where.representative_point(), predicate="intersects")
            label = labels[int(near[0])] if len(near) else ""
        found.append(label)
    return found


def place_blocks(made: Round, say: ReportTexts) -> Iterator[Block]:
    """Yield the results by township, where codes have one, and by community; both add up."""
    plan = made.plan
    names = {code or name: name or code for code, name in
             zip(plan.communities["code"], plan.communities["name"], strict=True)}  # fmt: skip
    found = _communities_of(plan)
    counts = _counted(found, tracked_findings(plan))
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
