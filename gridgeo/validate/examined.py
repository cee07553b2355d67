"""How many items each check examines, and what it lacks where it examines none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gridgeo.model import Finding
from gridgeo.validate.case import Case
from gridgeo.validate.records import dates_of_counts, stated_area
from gridgeo.wording import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """The number of items that a check examined, their unit, and why it examined none.

    ``lacking`` is None where the check was done, though there may have been no item.
    """

    rule: str
    count: int
    unit: str
    lacking: Text | None = None


def _grids(case: Case) -> int:
    return len(case.ground)


def _communities(case: Case) -> int:
    return len(case.outlines)


def _basic(case: Case) -> int:
    return int(case.basic.sum())


def _limited(case: Case) -> int:
    """Return how many basic grids have a limit of area or walk."""
    bands = (case.bands.of(place) for place in case.parents[case.basic])
    return sum(band.most_area_ha > 0 or band.most_walk_m > 0 for band in bands)


def _points(case: Case) -> int:
    return 0 if case.points is None else len(case.points)


def _codes(case: Case) -> int:
    table = case.subject.register
    return 0 if table is None else int((table["status"] == "active").sum())


def _layer(layer: str) -> Callable[[Case], int]:
    def rows(case: Case) -> int:
        frame = getattr(case.subject, layer)
        return 0 if frame is None else len(frame)

    return rows


#: Unit and counter of the items of each check; what is not listed examines every grid.
_COUNTERS: Mapping[str, tuple[str, Callable[[Case], int]]] = {
    "fills_community": ("communities", _communities),
    "segments_usual": ("communities", _communities),
    "codes_all_there": ("codes", _codes),
    "households_once": ("points", _points),
    "in_band": ("grids", _basic),
    "within_reach": ("grids", _limited),
    "on_streets": ("grids", _basic),
    "barriers_respected": ("grids", _basic),
    "borders_on_ground": ("grids", _basic),
    "compounds_whole": ("compounds", _layer("compounds")),
    "buildings_whole": ("buildings", _layer("buildings")),
    "facilities_dedicated": ("facilities", _layer("facilities")),
    "dedicated_without_homes": ("grids", lambda case: int(case.dedicated.sum())),
    "area_as_stated": ("grids", lambda case: int(np.isfinite(stated_area(case)).sum())),
    "counts_dated": ("grids", lambda case: sum(map(bool, dates_of_counts(case)))),
}
_REGISTER = (("register",), Text("register of codes", "编码登记表"))
_POINTS = Text("household points", "住户点")
#: What each check needs: layers, any of which is enough (none: the check says itself whether it
#: could be done), and what they are called.
_NEEDED: Mapping[str, tuple[tuple[str, ...], Text]] = {
    "households_once": ((), _POINTS),
    "totals_conserved": ((), _POINTS),
    "codes_parented": ((), Text("community codes", "社区代码")),
    "on_streets": ((), Text("streets and barriers", "道路和屏障")),
    "facilities_dedicated": ((), Text("facilities", "设施")),
    "barriers_respected": (("barriers", "streets"), Text("streets or barriers", "道路或屏障")),
    "borders_on_ground": (("streets",), Text("streets", "道路")),
    "compounds_whole": (("compounds",), Text("compounds", "小区")),
    "buildings_whole": (("buildings",), Text("buildings", "建筑")),
    "codes_registered": _REGISTER,
    "codes_not_reissued": _REGISTER,
    "codes_in_place": _REGISTER,
    "codes_all_there": _REGISTER,
}


def examined_by(
    rules: Iterable[str], case: Case, findings: Iterable[Finding]
) -> tuple[Examined, ...]:
    """Return for each of `rules` what it examined; `findings` are those of all checks."""
    listed = list(findings)
    unchecked = {one.about for one in listed if one.rule == "not_checked"}
    elsewhere = any(one.rule == "out_of_place" for one in listed)
    return tuple(
        _examined(rule, case, done=rule not in unchecked, elsewhere=elsewhere) for rule in rules
    )


def _examined(rule: str, case: Case, *, done: bool, elsewhere: bool) -> Examined:
    unit, count = _COUNTERS.get(rule, ("grids", _grids))
    layers, noun = _NEEDED.get(rule, ((), Text("", "")))
    lacking: Text | None
    if elsewhere and not done:
        lacking = Text("the grids lie elsewhere", "网格位置整体有误")
    elif not done or (layers and not any(_layer(layer)(case) for layer in layers)):
        lacking = Text(f"no {noun.en}", f"缺少{noun.zh}")
    elif count(case) == 0 and rule in _COLUMNS:
        lacking = _COLUMNS[rule]
    else:
        lacking = _UNCOUNTED if rule == "in_band" and _uncounted(case) else None
    return Examined(rule=rule, count=0 if lacking else count(case), unit=unit, lacking=lacking)


#: What checks on an optional column say where nothing stands in it.
_COLUMNS: Mapping[str, Text] = {
    "area_as_stated": Text("no stated area", "网格没有标注面积"),
    "counts_dated": Text("no date of counts", "网格没有户数日期"),
    "within_reach": Text("no limit in the settings", "设置中没有面积和步行距离上限"),
}
_UNCOUNTED = Text("no counts", "网格没有户数和人口")


def _uncounted(case: Case) -> bool:
    """Return whether neither households nor residents of any grid are known."""
    return all(bool(np.isnan(case.count(name)).all()) for name in ("households", "residents"))
