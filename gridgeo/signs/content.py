"""What stands on the notice sign (公示牌) of each grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.describe import neighbours
from gridgeo.maps.escape import visible
from gridgeo.model import Plan
from gridgeo.signs.drawing import sign_maps
from gridgeo.signs.own import own_marks
from gridgeo.signs.paper import Layers
from gridgeo.signs.people import Staff
from gridgeo.text import Lang, Text
from gridgeo.typeset import on_one_line
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
    "beside": Text("Grids beside this one: as of this date", "周边网格为公示当日情况"),
    "scan": Text("Scan for this grid", "扫码识别网格"),
    "version": Text("Version", "版本"),
    "date": Text("Date", "公示日期"),
}


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What one sign says, but for its version, date and QR code; all of it plain JSON.

    ``content``: what is drawn. ``own``: what of it concerns the grid itself, and not the grids
    beside it; a sign holds as long as this holds.
    """

    code: str
    content: Mapping[str, Any]
    own: Mapping[str, Any]

    def texts(self) -> Iterator[str]:
        """Yield every text that is drawn."""
        yield from _texts(self.content)


def build_signs(plan: Plan, staff: Staff) -> tuple[Sign, ...]:
    """Return the sign of every grid of `plan`, sorted as its grids, in the language of the plan.

    Text is as in the plan; marks that turn the reading direction or cannot be seen show their
    number. What is not known is ``""`` and leaves a line to fill in.
    """
    lang, layers = plan.settings.lang, Layers.of(plan)
    grids = pd.DataFrame(plan.grids.drop(columns="geometry")).to_dict("records")
    maps, marks, beside = sign_maps(plan, layers), own_marks(plan, layers), _beside(plan)
    signs = []
    for row, (grid, drawn, own) in enumerate(zip(grids, maps, marks, strict=True)):
        told = _content(grid, staff.of[grid["code"]], lang, plan)
        sides = _sides(grid["bounded_by"])
        bounds = _with_neighbours(sides, beside.get(row, {}), lang)
        signs.append(
            Sign(
                code=grid["code"],
                content=_plain({**told, "bounds": bounds}) | {"map": drawn},
                own={**told, "bounds": sides, "map": own},
            )
        )
    return tuple(signs)


def _beside(plan: Plan) -> dict[int, dict[str, str]]:
    """Return by row of the grids, and by side, the grids beyond streets that have no name."""
    place = {code: row for row, code in enumerate(plan.grids["code"])}
    labels = plan.atoms["grid"].map(place).fillna(-1).to_numpy(dtype=np.int64)
    borders = plan.borders
    if not len(borders) or (labels < 0).any():
        return {}  # a plan that was only verified knows no borders
    rim = borders["right"].to_numpy() < 0
    left, right = (labels[borders[side].to_numpy()] for side in ("left", "right"))
    seen = (_called(plan.grids, left, right), _called(plan.grids, right, left))
    beyond = (np.where(rim, "", seen[0]), np.where(rim, "", seen[1]))
    return neighbours(labels, borders, beyond, lang=plan.settings.lang)


def _called(grids: pd.DataFrame, own: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return what other grids are called, shorter in their own community."""
    names, owners = grids["name"].tolist(), grids["community_name"].tolist()
    community = grids["community"].to_numpy(dtype=object)
    short = [name.removeprefix(owner) or name for name, owner in zip(names, owners, strict=True)]
    alike = community[own] == community[other]
    told = np.array([names, short], dtype=object)
    seen: NDArray[Any] = told[alike.astype(int), other]
    return seen


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


def _with_neighbours(sides: list[str], beside: Mapping[str, str], lang: Lang) -> list[str]:
    """Return the bounds side by side; those without any name tell the grids beyond."""
    return [
        side
        + "".join(
            Text(f" (beside {names})", f"，邻{names}").say(lang)
            for head, names in beside.items()
            if side.startswith(head)
        )
        for side in sides
    ]


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
    return on_one_line(visible(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield value
