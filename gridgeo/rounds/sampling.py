"""A sample of grids for the street (抽样核查): drawn by seed, printed to fill in, read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridgeo.model import Finding, Plan
from gridgeo.report import write_sheets
from gridgeo.review import ON_SITE, handles_of, identify
from gridgeo.rounds.filled_sheets import TAKEN_BACK, Fault, FilledRow
from gridgeo.wording import BORDERS_SEEN, SIGN_SEEN, Text

#: Households counted on the street may differ by this share, and by this many, without a finding.
COUNT_SHARE, COUNT_LEAST = 0.05, 5
_RESULTS = (
    *("inspected_by", "inspected_on", "borders_seen", "households_found", "sign_seen"),
    "remark",
)
SAMPLE_COLUMNS = ("sample", "code", *_RESULTS)
_WORDS = {"borders_seen": BORDERS_SEEN, "sign_seen": SIGN_SEEN}
_SHEET = Text("sample", "抽样核查表")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One grid of the sample; ``results`` (by `_RESULTS`) are empty until the sheet comes back.

    ``number``: ``C01`` and so on. ``grid``: what findings call it.
    """

    number: str
    grid: str
    community: str
    soundness: str
    results: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """The grids of one community and verdict, and how many of them were drawn."""

    community: str
    soundness: str
    grids: int
    drawn: int


def draw_sample(
    grids: pd.DataFrame, size: int, seed: int
) -> tuple[tuple[Sample, ...], tuple[Stratum, ...]]:
    """Draw `size` grids (all where there are fewer), stratified by community and verdict.

    Each stratum gets its share of the sample, rounded down; what is left goes to the strata with
    the largest remainders, ties by lot. Inside a stratum every grid is as likely as another. The
    order of rows changes nothing.

    Parameters
    ----------
    grids
        code, name, community, community_name, soundness.

    Examples
    --------
    >>> towns = pd.DataFrame({"code": list("abcdef"), "name": "", "community": list("xxxxyy"),
    ...                       "community_name": list("XXXXYY"), "soundness": "sound"})
    >>> samples, strata = draw_sample(towns, 3, seed=1)
    >>> [(one.community, one.grids, one.drawn) for one in strata]
    [('X', 4, 2), ('Y', 2, 1)]
    """
    frame = grids.assign(
        grid=handles_of(grids), label=grids["community_name"].where(
            grids["community_name"] != "", grids["community"])
    ).sort_values(["community", "label", "soundness", "grid"], kind="stable")  # fmt: skip
    groups = [part for _, part in frame.groupby(["community", "label", "soundness"], sort=True)]
    random = np.random.default_rng(seed)
    sizes = np.array([len(part) for part in groups], dtype=np.int64)
    drawn = _shares(sizes, min(size, len(frame)), random)
    picked = [
        part.iloc[np.sort(random.choice(len(part), count, replace=False))]
        for part, count in zip(groups, drawn.tolist(), strict=True)
    ]
    rows = [row for part in picked for row in part.itertuples(index=False)]
    samples = tuple(
        Sample(
            number=f"C{place:02}",
            grid=str(row.grid),
            community=str(row.label),
            soundness=str(row.soundness),
        )
        for place, row in enumerate(rows, start=1)
    )
    strata = tuple(
        Stratum(
            community=str(part["label"].iloc[0]),
            soundness=str(part["soundness"].iloc[0]),
            grids=len(part),
            drawn=count,
        )
        for part, count in zip(groups, drawn.tolist(), strict=True)
    )
    return samples, strata


def _shares(sizes: np.ndarray[Any, Any], size: int, random: np.random.Generator) -> Any:
    """Return how many are drawn of each stratum: the largest remainders, ties by lot."""
    if not len(sizes):
        return sizes
    exact = sizes * size / sizes.sum()
    drawn = np.floor(exact).astype(np.int64)
    order = np.lexsort((random.random(len(sizes)), -np.round(exact - drawn, 9)))
    drawn[order[: size - int(drawn.sum())]] += 1
    return drawn


def write_samples(samples: Sequence[Sample], plan: Plan, path: Path) -> None:
    """Write the table of the sample, to be filled in beside the printed sheets."""
    lang = plan.settings.lang
    facts = _facts(plan)
    rows = [
        {
            "sample": one.number,
            "code": one.grid,
            "name": facts[one.grid]["name"],
            "community_name": one.community,
            "soundness": one.soundness,
            "households": int(facts[one.grid]["households"]),
            **{name: one.results.get(name, "") for name in _RESULTS},
        }
        for one in samples
    ]
    columns = ["sample", "code", "name", "community_name", "soundness", "households", *_RESULTS]
    table = pd.DataFrame(rows, columns=columns)
    write_sheets([(_SHEET.say(lang), table)], path, lang, to_fill=_RESULTS)


def _facts(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the record of each grid by what findings call it."""
    rows = pd.DataFrame(plan.grids.drop(columns="geometry")).to_dict("records")
    return {name: {str(k): v for k, v in row.items()} for name, row in zip(
        handles_of(plan.grids), rows, strict=True)}  # fmt: skip


def take_samples(
    samples: Sequence[Sample], rows: Sequence[FilledRow]
) -> tuple[tuple[Sample, ...], list[Fault]]:
    """Return the sample with what was filled in, and every cell that cannot be used.

    An empty cell changes nothing; ``-`` takes back what was there.
    """
    known = {one.number: one for one in samples}
    faults: list[Fault] = []
    seen: set[str] = set()
    for row in rows:
        if not any(row.cells[name] for name in _RESULTS):
            continue
        number = row.cells["sample"]
        if number not in known or known[number].grid != row.cells["code"]:
            text = Text("no such sample of this round", "本轮抽样中没有此编号的网格")
            faults.append(row.fault("sample", text))
            continue
        if number in seen:
            faults.append(row.fault("sample", Text("a second row of it", "该抽样重复填写")))
            continue
        seen.add(number)
        filled = {name: _result(name, row, faults) for name in _RESULTS}
        kept = {**known[number].results, **{name: one for name, one in filled.items() if one}}
        results = {name: one for name, one in kept.items() if one not in TAKEN_BACK}
        faults += _lacking(results, row)
        known[number] = replace(known[number], results=results)
    return tuple(known.values()), faults


def _result(name: str, row: FilledRow, faults: list[Fault]) -> str:
    """Return the result in a cell as it is stored; what cannot be used is added to `faults`."""
    text = row.cells[name]
    if not text or text in TAKEN_BACK:
        return text
    if name == "inspected_on":
        return row.day(name, faults)
    if name == "households_found":
        digits = text.replace(",", "").removesuffix("户").strip()
        if not digits.isdecimal():
            faults.append(row.fault(name, Text("no whole number", "不是整数")))
        return digits
    if name in _WORDS:
        words = _WORDS[name]
        key = next((k for k, both in words.items() if text in {k, both.en, both.zh}), "")
        if not key:
            faults.append(row.fault(name, Text(
                f"choose one of {', '.join(one.en for one in words.values())}",
                f"可填：{'、'.join(one.zh for one in words.values())}")))  # fmt: skip
        return key
    return text


def _lacking(results: Mapping[str, str], row: FilledRow) -> list[Fault]:
    """Return the faults that nobody signed for what was found."""
    if not results:
        return []
    text = Text("who inspected it and when is missing", "缺少现场核查人或日期")
    needed = ("inspected_by", "inspected_on")
    return [row.fault(name, text) for name in needed if not results.get(name) and not (
        row.cells[name] and name == "inspected_on")]  # fmt: skip


def found_on_site(samples: Sequence[Sample], plan: Plan) -> list[tuple[Finding, str]]:
    """Return what was found on the street as findings with ids, each with its day."""
    facts = _facts(plan)
    places = dict(zip(handles_of(plan.grids), plan.grids.geometry, strict=True))
    found = [
        (replace(finding, where=places[one.grid]), one.results["inspected_on"])
        for one in samples
        if one.results
        for finding in _findings(one, int(facts[one.grid]["households"]))
    ]
    named = identify(finding for finding, _ in found)
    return [(finding, day) for finding, (_, day) in zip(named, found, strict=True)]


def _findings(sample: Sample, stated: int) -> Iterator[Finding]:
    """Yield a finding for each fault that was filled in; `about` keeps their ids apart."""
    results, grid = sample.results, sample.grid
    borders, sign = results.get("borders_seen", ""), results.get("sign_seen", "")
    if borders in {"differs", "unclear"}:
        seen = BORDERS_SEEN[borders]
        yield _found(grid, "borders", Text(
            f"borders on the street: {seen.en}", f"实地边界与图：{seen.zh}"))  # fmt: skip
    counted = results.get("households_found", "")
    if counted and abs(int(counted) - stated) > max(COUNT_SHARE * stated, COUNT_LEAST):
        text = Text(
            f"{int(counted):,} households counted on the street, {stated:,} stated",
            f"实地清点 {int(counted):,} 户，网格标注 {stated:,} 户",
        )
        off = float(abs(int(counted) - stated))
        yield replace(_found(grid, "households", text), amount=off, unit="households")
    if sign in {"differs", "missing"}:
        seen = SIGN_SEEN[sign]
        yield _found(grid, "sign", Text(f"notice sign: {seen.en}", f"公示牌：{seen.zh}"))
    if remark := results.get("remark", ""):
        yield _found(grid, f"remark {remark}", Text(remark, remark))


def _found(grid: str, about: str, text: Text) -> Finding:
    return Finding(
        rule=ON_SITE,
        severity="warning",
        message=Text(f"grid {grid}, on site: ", f"网格 {grid} 实地：") + text,
        grids=(grid,),
        about=about,
    )
