"""The content of the notice sign (公示牌) of each grid: people, bounds, contents, QR code.

People come from the rows of a roster. The QR code holds the grid code and a short token, or an
address of the county.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.describe import neighbours
from gridgeo.errors import InputError, SettingsError
from gridgeo.maps import visible
from gridgeo.model import Plan, Reject
from gridgeo.signs.drawing import grid_content, sign_maps
from gridgeo.signs.labels import MapLayers
from gridgeo.storage import hash_letters
from gridgeo.typeset import on_one_line
from gridgeo.wording import KINDS, Lang, Text, word

_PEOPLE = ("worker", "worker_phone", "head", "head_phone", "supervision_phone", "duties")


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The people of every grid, and the roster rows that fit no grid.

    ``of``: grid code -> the fields of `_PEOPLE`, ``""`` where not given. ``rejects``: rows of the
    roster that belong to no grid, or to one that has its row already. ``without_worker``: codes of
    grids without a grid worker, in the order of the plan.
    """

    of: Mapping[str, Mapping[str, str]]
    rejects: tuple[Reject, ...]
    without_worker: tuple[str, ...]


def assign_staff(roster: pd.DataFrame, grids: pd.DataFrame, file: str = "") -> Staff:
    """Return who works in which grid.

    1. A row belongs to the grid of its code; without a code, to the only grid of its name.
    2. The first row of a grid is used, as a grid has one grid worker; later ones are rejects.

    Parameters
    ----------
    roster
        As `gridgeo.read.read_roster` returns it.
    grids
        With `code` and `name`.

    Examples
    --------
    >>> grids = pd.DataFrame({"code": ["01", "02"], "name": ["东", "西"]})
    >>> row = dict.fromkeys(_PEOPLE, "") | {"code": "", "name": "西", "worker": "张三", "row": 1}
    >>> staff = assign_staff(pd.DataFrame([row]), grids)
    >>> staff.of["02"]["worker"], staff.without_worker
    ('张三', ('01',))
    """
    codes = grids["code"].tolist()
    named = grids["name"].value_counts()
    by_name = {
        name: code
        for name, code in zip(grids["name"], codes, strict=True)
        if name and named[name] == 1
    }
    found: dict[str, dict[str, str]] = {}
    rejects: list[Reject] = []
    for row in _rows(roster):
        code = row["code"] or by_name.get(row["name"], "")
        if code in found or code not in set(codes):
            rejects.append(_reject(row, code in found, file))
        else:
            found[code] = {field: row[field] for field in _PEOPLE}
    nobody = dict.fromkeys(_PEOPLE, "")
    of = {code: found.get(code, nobody) for code in codes}
    alone = tuple(code for code in codes if not of[code]["worker"])
    return Staff(of=of, rejects=tuple(rejects), without_worker=alone)


def _rows(roster: pd.DataFrame) -> Iterator[dict[str, str]]:
    for row in roster.to_dict("records"):
        yield {str(field): str(value) for field, value in row.items()}


def _reject(row: Mapping[str, str], again: bool, file: str) -> Reject:  # noqa: FBT001
    field = "code" if row["code"] else "name"
    reason = (
        Text("the grid has its row already", "该网格已有人员，一个网格只配一名网格员")
        if again
        else Text("there is no such grid in the plan", "方案中没有这个网格")
    )
    who = f"{row[field]} {row['worker']}".strip()
    return Reject("roster", file, int(row["row"]), field, who, reason)


#: What a WeChat mini-program admits in its `scene`.
_LONGEST = 32


def token_of(code: str, version: int, date: str) -> str:
    """Return eight letters that differ between the issues of a sign; they hold no personal data.

    Examples
    --------
    >>> token_of("420102003008001", 1, "2026-11-23")
    'SNG7OZLF'
    """
    return hash_letters(f"{code} {version} {date}", 8)


def payload(code: str, token: str, url: str = "") -> str:
    """Return what the QR code says: ``CODE.TOKEN``, or `url` with both filled in.

    Parameters
    ----------
    code, token
        Of the sign.
    url
        An address with ``{code}`` and, if wanted, ``{token}``.

    Raises
    ------
    InputError
        Code and token are not at most 32 ASCII characters without ``%``.
    SettingsError
        The address does not contain ``{code}``.

    Examples
    --------
    >>> payload("420102003008001", "SNG7OZLF")
    '420102003008001.SNG7OZLF'
    >>> payload("07 A", "SNG7OZLF", "https://grid.example/s?c={code}&t={token}")
    'https://grid.example/s?c=07%20A&t=SNG7OZLF'
    """
    if url:
        if "{code}" not in url or not url.isascii():
            raise SettingsError(
                Text("the address lacks {code}, or is not ASCII", "网址缺少 {code} 或含非英文字符"),
                key="--url",
                value=url,
                remedy=Text(
                    "For example https://host/s?c={code}&t={token}",
                    "例如 https://主机/s?c={code}&t={token}",
                ),
            )
        return url.replace("{code}", quote(code, safe="")).replace("{token}", token)
    code_text = f"{code}.{token}"
    if (
        len(code_text) > _LONGEST
        or not code_text.isascii()
        or not code_text.isprintable()
        or "%" in code_text
    ):
        raise InputError(
            Text(
                f"the grid code does not fit a QR code of {_LONGEST} ASCII characters",
                f"网格编码无法写入 {_LONGEST} 个英文字符以内的二维码",
            ),
            layer="grids",
            field="code",
            value=code,
            remedy=Text("Give an address with --url", "请用 --url 指定网址"),
        )
    return code_text


def qr_svg(text: str) -> str:
    """Return the QR code of `text` as SVG, with a quarter of it to spare for scratches.

    Examples
    --------
    >>> qr_svg("420102003008001.SNG7OZLF").startswith("<svg")
    True
    """
    import segno  # noqa: PLC0415  (only when it is needed)

    drawn = io.BytesIO()
    segno.make_qr(text, error="q", boost_error=False).save(
        drawn, kind="svg", border=4, xmldecl=False, nl=False, omitsize=True
    )
    return drawn.getvalue().decode()


#: Usual duties of grid workers; a roster may list others.
_DUTIES = (
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

    ``content``: what is drawn. ``grid_content``: the part of it about the grid itself, not about
    the grids beside it; a sign is valid until this changes. ``words``: that part without what is
    measured or drawn; ``outline``: the ground, by which a grid that was only redrawn is known.
    """

    code: str
    content: Mapping[str, Any]
    grid_content: Mapping[str, Any]
    words: Mapping[str, Any]
    outline: str

    def texts(self) -> Iterator[str]:
        """Yield every text that is drawn."""
        yield from _texts(self.content)


def build_signs(plan: Plan, staff: Staff) -> tuple[Sign, ...]:
    """Return the sign of every grid of `plan`, sorted as its grids, in the language of the plan.

    Text is as in the plan; marks that turn the reading direction or cannot be seen show their
    number. What is not known is ``""`` and leaves a line to fill in.
    """
    lang, layers = plan.settings.lang, MapLayers.of(plan)
    grids = pd.DataFrame(plan.grids.drop(columns="geometry")).to_dict("records")
    maps, marks, beside = sign_maps(plan, layers), grid_content(plan, layers), _grids_beyond(plan)
    signs = []
    outlines = shapely.to_wkb(shapely.normalize(plan.grids.geometry.to_numpy()), hex=True).tolist()
    for row, (grid, drawn, grid_marks) in enumerate(zip(grids, maps, marks, strict=True)):
        content = _content(grid, staff.of[grid["code"]], lang, plan)
        sides = _sides(grid["bounded_by"])
        bounds = _with_neighbours(sides, beside.get(row, {}), lang)
        signs.append(
            Sign(
                code=grid["code"],
                content=_plain({**content, "bounds": bounds}) | {"map": drawn},
                grid_content={**content, "bounds": sides, "map": grid_marks},
                words={**content, "bounds": sides, "area": ""},
                outline=outlines[row],
            )
        )
    return tuple(signs)


def _grids_beyond(plan: Plan) -> dict[int, dict[str, str]]:
    """Return by row of the grids, and by side, the grids beyond streets that have no name."""
    place = {code: row for row, code in enumerate(plan.grids["code"])}
    labels = plan.atoms["grid"].map(place).fillna(-1).to_numpy(dtype=np.int64)
    borders = plan.borders
    if not len(borders) or (labels < 0).any():
        return {}  # a plan that was only verified knows no borders
    rim = borders["right"].to_numpy() < 0
    left, right = (labels[borders[side].to_numpy()] for side in ("left", "right"))
    seen = (_names_seen_from(plan.grids, left, right), _names_seen_from(plan.grids, right, left))
    beyond = (np.where(rim, "", seen[0]), np.where(rim, "", seen[1]))
    return neighbours(labels, borders, beyond, lang=plan.settings.lang)


def _names_seen_from(
    grids: pd.DataFrame, community_of_row: NDArray[Any], other: NDArray[Any]
) -> NDArray[Any]:
    """Return what other grids are called, shorter in their own community."""
    names, owners = grids["name"].tolist(), grids["community_name"].tolist()
    community = grids["community"].to_numpy(dtype=object)
    short = [name.removeprefix(owner) or name for name, owner in zip(names, owners, strict=True)]
    alike = community[community_of_row] == community[other]
    names_by_form = np.array([names, short], dtype=object)
    seen: NDArray[Any] = names_by_form[alike.astype(int), other]
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


def _sides(bounds: str) -> list[str]:
    return [side.strip() for side in bounds.replace("; ", "；").split("；") if side.strip()]


def _with_neighbours(sides: list[str], beside: Mapping[str, str], lang: Lang) -> list[str]:
    """Return the bounds side by side; a side without any name lists the grids beyond."""
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


def _duties(text: str, lang: Lang) -> list[str]:
    duties = [
        duty.strip() for line in text.splitlines() for duty in line.split("；") if duty.strip()
    ]
    return duties or [duty.say(lang) for duty in _DUTIES]


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
