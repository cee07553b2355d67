"""The tables of the report: communities, dedicated grids, findings, rejects."""

from __future__ import annotations

from collections.abc import Iterator

from gridgeo.assessment import place_of, suggestion_of
from gridgeo.maps.escape import visible
from gridgeo.maps.scorecard import is_drawn, knows_residents
from gridgeo.model import SEVERITIES, Finding, Plan, Reject
from gridgeo.report.blocks import Block, Card, Cards, Cell, Table, Words
from gridgeo.report.said import MOST_ROWS, Said, number, rows_of
from gridgeo.report.unused import unused
from gridgeo.rulebook import rule_of
from gridgeo.text import Text
from gridgeo.words import FACILITIES, KINDS, SOUNDNESS, STATUSES, UNITS, word
from gridgeo.words import SEVERITIES as SEVERITY_WORDS

#: Facilities without a dedicated grid are listed up to this number.
MOST_LEFT = 40
#: Grids of a finding are named up to this number.
MOST_CODES = 4
_COMMUNITY = Text("community", "社区（村）")


def soundness_table(plan: Plan, say: Said) -> Iterator[Block]:
    """Yield how many grids are sound, and those that are not, the gravest first, with reasons."""
    told = plan.grids["soundness"]
    if (told == "").all():
        return
    states = {"sound": "green", "adjust": "amber", "must_adjust": "red"}
    yield Cards(
        [
            Card(number((told == key).sum()), word(SOUNDNESS, key, say.lang), state)
            for key, state in states.items()
        ]
    )
    wrong = plan.grids[told.isin(["adjust", "must_adjust"])]
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


def unmet_table(plan: Plan, say: Said) -> Iterator[Block]:
    """Yield the communities out of band, each with the reason; none where none was divided."""
    if is_drawn(plan):
        return
    missed = plan.communities["verdict"].isin(["impossible", "not_found"])
    rows = rows_of(plan.communities[missed])
    if not rows:
        yield Words(say("Every community is in band or small.", "所有社区均达标或为小社区。"))
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


def communities_table(plan: Plan, say: Said) -> Iterator[Block]:
    """Yield every community with its counts, what the checks say, and verdict and reason."""
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


def dedicated_table(plan: Plan, say: Said) -> Iterator[Block]:
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
        yield Words(say("None.", "无。"))
    yield from _left(plan, say)


def _left(plan: Plan, say: Said) -> Iterator[Block]:
    rows = rows_of(plan.considered[~plan.considered["dedicated"].astype(bool)])
    if not rows:
        return
    told = say(
        f"{len(rows)} facilities were considered and left in their basic grids; the first are "
        "listed here, all of them in grids.xlsx.",
        f"另有 {len(rows)} 处设施经评估不设专属网格，部分列于下表，全部见 grids.xlsx。",
    )
    yield Words(told)
    yield Table(
        say.columns("name", "kind", "area_m2", "reason"),
        [
            [
                Cell(visible(row["name"])),
                Cell(word({**FACILITIES, **KINDS}, row["kind"], say.lang)),
                Cell(number(row["area_m2"])),
                Cell(visible(row["reason"])),
            ]
            for row in rows[:MOST_LEFT]
        ],
    )


def findings_table(plan: Plan, say: Said) -> Iterator[Block]:
    """Yield the findings, the gravest first, with grids and place."""
    found = sorted(plan.findings, key=lambda one: SEVERITIES.index(one.severity))
    if not found:
        yield Words(say("None: every check passed.", "无：所有检查均通过。"))
        return
    place = Text("place (E, N)", "位置（东, 北）")
    yield Table(
        say.columns("severity", "check", "message", "amount", "grid_codes", (place, "place")),
        [_finding(one, say) for one in found[:MOST_ROWS]],
    )
    yield from say.more(len(found))


def _finding(one: Finding, say: Said) -> list[Cell]:
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
        Cell(visible(" ".join(one.grids[:MOST_CODES])) + " …" * (len(one.grids) > MOST_CODES)),
        Cell("" if where is None else f"{where[0]:.0f}, {where[1]:.0f}"),
    ]


def rejects_table(plan: Plan, say: Said) -> Iterator[Block]:
    """Yield the rows of the input that could not be used, and households in no grid."""
    rows = unused(plan)
    if not rows:
        yield Words(say("None: every row was used.", "无：每一行都已采用。"))
        return
    yield Table(
        say.columns("layer", "file", "row", "field", "value", "reason", "households"),
        [_reject(one, say) for one in rows[:MOST_ROWS]],
    )
    yield from say.more(len(rows))


def _reject(one: Reject, say: Said) -> list[Cell]:
    told = (one.layer, one.file, one.row, one.field, one.value, one.reason.say(say.lang))
    return [*(Cell(visible(value)) for value in told), Cell(number(one.households))]
