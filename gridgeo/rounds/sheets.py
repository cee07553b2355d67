"""The sampling sheet (抽样核查表): a page a grid, with its map, to fill in on the street."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from gridgeo.report import (
    Block,
    Cell,
    Column,
    Paragraph,
    Picture,
    Pictures,
    Report,
    ReportTexts,
    Section,
    Signatures,
    Table,
    number,
)
from gridgeo.review import handles_of
from gridgeo.rounds.sampling import COUNT_LEAST, COUNT_SHARE, Sample
from gridgeo.rounds.store import Round
from gridgeo.signs import MapLayers, sign_maps
from gridgeo.wording import BORDERS_SEEN, SIGN_SEEN, SOUNDNESS, header, word


def sampling_sheet(made: Round) -> Report:
    """Return the sheets of a round: how the sample was drawn, then a page for each grid."""
    say = ReportTexts(made.plan.settings.lang)
    rows = pd.DataFrame(made.plan.grids.drop(columns="geometry")).to_dict("records")
    place = {name: row for row, name in enumerate(handles_of(made.plan.grids))}
    positions = [place[one.grid] for one in made.samples]
    maps = sign_maps(made.plan, MapLayers.of(made.plan), positions)
    pages = [
        Section(
            f"{one.number}　{one.grid}　{rows[row]['name']}",
            list(_page(one, rows[row], svg, say)),
            on_new_page=True,
        )
        for one, row, svg in zip(made.samples, positions, maps, strict=True)
    ]
    return Report(
        lang=say.lang,
        title=say(f"Sampling sheets, round {made.number}", f"抽样核查表（第 {made.number} 轮）"),
        subtitle=f"{made.grids}　{made.facts.date}　{made.facts.by}",
        state="",
        maker="gridgeo",
        sections=[
            Section(say("How the sample was drawn", "抽样办法"), list(_drawn(made, say))),
            *pages,
        ],
    )


def _drawn(made: Round, say: ReportTexts) -> Iterator[Block]:
    yield Paragraph(drawn_text(made, say))
    yield strata_table(made, say)
    share, least = COUNT_SHARE, COUNT_LEAST
    text = say(
        f"Fill in sample.xlsx afterwards. Borders that differ or cannot be seen, a sign that is "
        f"wrong or missing, households that differ from the count stated by more than {share:.0%} "
        f"and more than {least}, and every other fault are findings.",
        "现场填写后录入 sample.xlsx。边界不一致或无法辨认、公示牌有误或没有、实地户数与标注相差"
        f"超过 {share:.0%} 且多于 {least} 户，以及填写的其他问题，均列为问题。",
    )
    yield Paragraph(text, quiet=True)


def drawn_text(made: Round, say: ReportTexts) -> str:
    """Return how the sample was drawn, in a sentence."""
    drawn, grids, seed = len(made.samples), len(made.plan.grids), made.facts.seed
    return say(
        f"{drawn} of {grids} grids, stratified by community and verdict in proportion to their "
        f"numbers, drawn with seed {seed}: the same grids and seed give the same sample.",
        f"按社区（村）和核查结论分层，按网格数比例，从 {grids} 个网格中随机抽取 {drawn} 个；"
        f"随机种子 {seed}，同样的网格和种子得到同样的样本。",
    )


def strata_table(made: Round, say: ReportTexts) -> Table:
    """Return how many grids each stratum has, and how many of them were drawn."""
    columns = [
        Column(header("community_name", say.lang)),
        Column(header("soundness", say.lang)),
        Column(header("grids", say.lang), "number"),
        Column(say("drawn", "抽取"), "number"),
    ]
    rows = [
        [Cell(one.community), say.soundness(one.soundness), Cell(number(one.grids)),
         Cell(number(one.drawn))]
        for one in made.strata
    ]  # fmt: skip
    total = [Cell(say("total", "合计")), Cell(), Cell(number(sum(s.grids for s in made.strata))),
             Cell(number(sum(s.drawn for s in made.strata)))]  # fmt: skip
    return Table(columns, [*rows, total])


def _page(sample: Sample, grid: dict[Any, Any], svg: str, say: ReportTexts) -> Iterator[Block]:
    yield Pictures([Picture(svg)], "map")
    residents = grid["residents"]
    facts = [
        (header("community_name", say.lang), str(grid["community_name"])),
        (header("soundness", say.lang), word(SOUNDNESS, sample.soundness, say.lang)
         + (f"　{grid['soundness_reason']}" if grid["soundness_reason"] else "")),
        (header("households", say.lang), number(grid["households"])),
        *(() if pd.isna(residents) else ((header("residents", say.lang), number(residents)),)),
        (header("bounded_by", say.lang), str(grid["bounded_by"])),
        (header("contains", say.lang), str(grid["contains"])),
    ]  # fmt: skip
    yield Table(
        [Column(""), Column("", "told")],
        [[Cell(name), Cell(text)] for name, text in facts if text],
    )
    yield Paragraph(say("To be filled in on the street", "现场填写"))
    box = "　".join
    yield Signatures(
        [header("borders_seen", say.lang)], [box(f"□ {t.say(say.lang)}" for t in
                                                 BORDERS_SEEN.values())])  # fmt: skip
    yield Signatures([header("households_found", say.lang)], [""])
    yield Signatures(
        [header("sign_seen", say.lang)], [box(f"□ {t.say(say.lang)}" for t in SIGN_SEEN.values())]
    )
    yield Signatures([header("remark", say.lang)], [""])
    yield Signatures([header("inspected_by", say.lang)], [f"{header('inspected_on', say.lang)}："])
