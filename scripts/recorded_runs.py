"""The runs that `record.py` records: the seven cities and one run of each command.

Only the command line of gridgeo is used, and what it wrote is read with other libraries: the record
stays possible whatever moves inside the package.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import networkx as nx
from roster import fill_roster
from verify_cities import CITIES, city_command

#: What steps here write: inputs of the runs, not recorded.
OURS = ("gridgeo.toml", "edits.json", "filled.xlsx")
SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "wuhan"
#: A step is the arguments of one gridgeo command, or what is done to the folder before the next.
Step = list[str] | Callable[[Path], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Commands in a folder of their own.

    Parameters
    ----------
    steps
        What is done there, in turn.
    after
        The run whose folder is copied first; what did not change since is not recorded again.
    sample
        Whether the folder begins as a copy of the Wuhan sample.
    """

    steps: tuple[Step, ...]
    after: str = ""
    sample: bool = False


def runs_on(data: str) -> dict[str, Run]:
    """Return every run by its name, the long ones first; `data` is the folder of the cities."""
    dundee = f"{data}/defects/dundee_datazones/dundee_datazones.gpkg"
    aberdeen = f"{data}/aberdeen/aberdeen.gpkg"
    zones = (
        f"--communities {dundee}::communities --column communities.code=community_id "
        "--column grids.code=zone_id --lang en"
    )
    return {
        "adjust-aberdeen": _run(
            f"adjust {aberdeen}::datazones_2001 --communities {aberdeen}::intermediate_zones_2001 "
            f"--atoms {aberdeen}::output_areas_2011 --scheme plain --out adjusted"
        ),
        **{
            city: Run(steps=(city_command(city, data, out="plan"),))
            for city in ("tainan", "tainan-households", *CITIES)
        },
        "sample": _run("partition --out plan", sample=True),
        "township": _run("partition --by township --jobs 2 --out province", sample=True),
        "start": _run("inspect wuhan.gpkg --lang en", "init fresh", sample=True),
        "verify": _run(
            f"verify {dundee}::case_overlap_sliver_1p5m {zones} --scheme plain --out checked"
        ),
        "repair": _run(f"repair {dundee}::case_simplified_independently_8m {zones} --out mended"),
        "verify-sample": _run(
            narrow_band,
            "verify plan/plan.gpkg::grids --settings gridgeo.toml --ledger ledger.csv "
            "--out checked",
            after="sample",
        ),
        "apply": _run(write_edits, "apply plan edits.json --out edited", after="sample"),
        "report": _run("report plan", "report plan --lang en --out report-en.pdf", after="sample"),
        "signs": _run(
            "signs plan --write-roster people.xlsx",
            lambda folder: fill_roster(folder / "people.xlsx", folder / "filled.xlsx"),
            "signs plan --people filled.xlsx --date 2026-11-23 --out signs",
            after="sample",
        ),
        "approve": _run(
            'approve plan --by "Li Wei" --date 2026-01-10 --codes codes.gpkg', after="sample"
        ),
        "adjust": _run(
            narrow_band,
            "adjust plan/plan.gpkg::grids --settings gridgeo.toml --codes codes.gpkg "
            "--lang en --out adjusted",
            after="approve",
        ),
        "diff": _run("diff plan adjusted --lang en --out changes", after="adjust"),
        "submit": _run(
            'approve adjusted --by "Li Wei" --date 2027-01-08 --codes codes.gpkg '
            "--predecessor plan --lang en",
            "submit adjusted --since plan --out upward",
            after="adjust",
        ),
    }


def with_needed(names: list[str], runs: dict[str, Run]) -> list[str]:
    """Return `names` and the runs they come after, in the order of `runs`."""
    wanted = set(names)
    for name in names:
        step = runs[name].after
        while step:
            wanted.add(step)
            step = runs[step].after
    return [name for name in runs if name in wanted]


def narrow_band(folder: Path) -> None:
    """Lower the upper limit of the sample's band."""
    path = folder / "gridgeo.toml"
    text = path.read_text("utf-8")
    if "upper = 500" not in text:
        raise ValueError(f"{path}: no line 'upper = 500'")
    path.write_text(text.replace("upper = 500", "upper = 450"), "utf-8")


def write_edits(folder: Path) -> None:
    """Write edits of each kind that the plan in `folder` allows, each in a community of its own.

    An atom moves into the grid beside it, another is split off its grid, two grids are merged, a
    grid is made dedicated and one locked.
    """
    plan = folder / "plan"
    mark = re.search(r'"plan": ?"([0-9a-f]{16})"', (plan / "map.html").read_text("utf-8"))
    if mark is None:
        raise ValueError(f"{plan / 'map.html'}: no fingerprint of the plan")
    atoms = gpd.read_file(plan / "plan.gpkg", layer="atoms")
    grids = gpd.read_file(plan / "plan.gpkg", layer="grids")
    borders = gpd.read_file(plan / "plan.gpkg", layer="borders")
    basic = set(grids["code"][grids["kind"] == "basic"])
    grid = atoms["grid"].tolist()
    links = nx.Graph()
    links.add_nodes_from(range(len(atoms)))
    sides = zip(borders["left"].tolist(), borders["right"].tolist(), strict=True)
    links.add_edges_from(sorted((a, b) for a, b in sides if min(a, b) >= 0))
    used: set[str] = set()

    def next_pair(*, loose: bool) -> tuple[int, str, str]:
        """Return an atom (which its grid can lose), its grid and a grid beside it."""
        for atom in range(len(atoms)):
            code = grid[atom]
            beside = sorted({grid[other] for other in links[atom]} & basic - {code} - used)
            beside = [one for one in beside if one[:12] == code[:12]]
            rest = [other for other in range(len(atoms)) if grid[other] == code and other != atom]
            if code not in basic - used or not beside:
                continue
            if not loose or (rest and nx.is_connected(links.subgraph(rest))):
                used.update((code, beside[0]))
                return atom, code, beside[0]
        raise ValueError("the plan has too few grids side by side")

    moved, _, target = next_pair(loose=True)
    cut, _, _ = next_pair(loose=True)
    _, merged, into = next_pair(loose=False)
    free = sorted(basic - used)
    edits = [
        {"do": "move", "atoms": [moved], "to": target},
        {"do": "split", "atoms": [cut], "grid": "+1"},
        {"do": "merge", "grids": [merged], "into": into},
        {"do": "dedicate", "grid": free[0], "name": "市一中"},
        {"do": "lock", "grid": free[-1]},
    ]
    document = {"format": "gridgeo-edits", "version": 1, "plan": mark[1], "edits": edits}
    (folder / "edits.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def _run(*steps: str | Callable[[Path], None], after: str = "", sample: bool = False) -> Run:
    split = tuple(shlex.split(step) if isinstance(step, str) else step for step in steps)
    return Run(steps=split, after=after, sample=sample)
