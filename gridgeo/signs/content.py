"""What stands on the notice sign (公示牌) of each grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gridgeo.maps.escape import visible
from gridgeo.model import Plan
from gridgeo.signs.drawing import sign_maps
from gridgeo.signs.people import Staff
from gridgeo.text import Lang, Text
from gridgeo.words import KINDS, word

#: What grid workers usually do; the roster says what yours do.
DUTIES = (
    Text(
        "Keep the records of people, houses and places up to date", "采集更新人、房、场所等基础信息"
    ),
    Text("Walk the grid, find hazards and report them", "巡查网格，排查并上报安全隐患"),
    Text("Find disputes early and help to settle them", "排查化解矛盾纠纷"),
    Text("Explain policies and help those who need care", "宣传政策，服务困难群众和特殊群体"),
)
LABELS: Mapping[str, Text] = {
    "title": Text("Grid notice sign", "网格公示牌"),
    "code": Text("Grid code", "网格编码"),
    "people": Text("People", "网格人员"),
    "worker": Text("Grid worker", "网格员"),
    "head": Text("Grid head", "网格长"),
    "supervision": Text("Supervision phone", "监督电话"),
    "map": Text("Map of the grid", "网格示意图"),
    "range": Text("Bounds", "网格四至"),
    "area": Text("Area", "网格面积"),
    "households": Text("Households", "户数"),
    "residents": Text("Residents", "人口"),
    "contains": Text("Contains", "包含范围"),
    "facility": Text("Facility", "专属单位"),
    "duties": Text("Duties of the grid worker", "网格员职责"),
    "scan": Text("Scan for this grid", "扫码识别网格"),
    "version": Text("Version", "版本"),
    "date": Text("Date", "公示日期"),
}


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What one sign says, but for its version, date and QR code; `content` is plain JSON."""

    code: str
    content: Mapping[str, Any]

    def texts(self) -> Iterator[str]:
        """Yield every text that is drawn."""
        yield from _texts(self.content)


def build_signs(plan: Plan, staff: Staff) -> tuple[Sign, ...]:
    """Return the sign of every grid of `plan`, sorted as its grids, in the language of the plan.

    Text is as in the plan; marks that turn the reading direction or cannot be seen show their
    number. What is not known is ``""`` and leaves a line to fill in.
    """
    lang = plan.settings.lang
    grids = pd.DataFrame(plan.grids.drop(columns="geometry")).to_dict("records")
    return tuple(
        Sign(
            code=grid["code"],
            content=_plain(_content(grid, staff.of[grid["code"]], lang, plan)) | {"map": drawn},
        )
        for grid, drawn in zip(grids, sign_maps(plan), strict=True)
    )


def _content(
    grid: Mapping[Any, Any], people: Mapping[str, str], lang: Lang, plan: Plan
) -> dict[str, Any]:
    residents = grid["residents"]
    return {
        "name": grid["name"] or grid["code"],
        "code": grid["code"],
        "kind": word(KINDS, grid["kind"], lang),
        "community": grid["community_name"] or grid["community"],
        "worker": people["worker"],
        "worker_phone": people["worker_phone"],
        "head": people["head"],
        "head_phone": people["head_phone"],
        "supervision_phone": people["supervision_phone"],
        "bounds": _sides(grid["bounded_by"]),
        "area": _area(grid["area_m2"], lang),
        "households": f"{grid['households']:,} {Text('', '户').say(lang)}".strip(),
        "residents": ""
        if pd.isna(residents) or not residents
        else f"{residents:,.0f} {Text('', '人').say(lang)}".strip(),
        "contains": grid["contains"],
        "facility": grid["facility"],
        "duties": _duties(people["duties"], lang),
        "attribution": plan.settings.attribution,
    }


def _sides(told: str) -> list[str]:
    return [side.strip() for side in told.replace("; ", "；").split("；") if side.strip()]


def _area(square_metres: float, lang: Lang) -> str:
    if square_metres >= 100_000:
        return f"{square_metres / 1e6:,.2f} {Text('km²', '平方公里').say(lang)}"
    return f"{square_metres:,.0f} {Text('m²', '平方米').say(lang)}"


def _duties(told: str, lang: Lang) -> list[str]:
    own = [duty.strip() for line in told.splitlines() for duty in line.split("；") if duty.strip()]
    return own or [duty.say(lang) for duty in DUTIES]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return "".join(c if c.isprintable() else " " for c in visible(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield value
