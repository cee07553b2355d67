"""Judge and mend copies of a partition that each have one known defect, and print a table.

    python scripts/verify_defects.py DATA

DATA holds ``dundee_datazones.gpkg`` (layers ``communities``, ``zones_clean`` and ``case_NAME``) and
``truth.json``, which says for each case the zones concerned and, where it is known, the area. A
case is found when an error or warning that the clean copy does not have names one of its zones, its
area within 1 %; everything else that is new must be at these zones or their neighbours.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

import gridgeo as gg
from gridgeo.config import Codes, ReadRules, Settings, Source
from gridgeo.model import Finding, Plan

AREA_RULES = ("fills_community", "no_overlap")


def settings(package: Path) -> Settings:
    """Return the settings of the data set."""
    return Settings(
        lang="en",
        codes=Codes(scheme="plain"),
        read=ReadRules(
            inputs={"communities": (Source(path=str(package), layer="communities"),)},
            columns={"communities.code": "community_id", "grids.code": "zone_id"},
        ),
    )


def keys(findings: tuple[Finding, ...]) -> Counter[tuple[Any, ...]]:
    """Return what the errors and warnings are about, and how much of it there is."""
    return Counter(_key(one) for one in findings if _counts(one))


def _key(one: Finding) -> tuple[Any, ...]:
    amount = None if one.amount is None or not one.grids else round(one.amount, 3)
    return one.rule, one.grids, amount


def _counts(one: Finding) -> bool:
    """Return whether a finding is about grids: that no code here is of our scheme is not."""
    return one.severity != "info" and (one.rule != "codes_wellformed" or bool(one.grids))


def new_findings(case: Plan, clean: Plan) -> list[Finding]:
    """Return the errors and warnings of `case` that `clean` does not have."""
    known = keys(clean.findings)
    fresh = []
    for one in filter(_counts, case.findings):
        if known[_key(one)]:
            known[_key(one)] -= 1
        else:
            fresh.append(one)
    return fresh


def affected(truth: dict[str, Any]) -> set[str]:
    """Return the zones that a case is about; none where it is about all."""
    named = {truth[name] for name in ("zone", "was", "taken_from") if name in truth}
    return named | set(truth.get("zones", ())) | set(truth.get("neighbours", ()))


def neighbourhood(zones: set[str], clean: gpd.GeoDataFrame) -> set[str]:
    """Return `zones` and the zones of the clean copy that touch them."""
    own = clean.geometry[clean["zone_id"].isin(zones)].to_numpy()
    near = shapely.STRtree(clean.geometry.to_numpy()).query(own, predicate="dwithin", distance=1.0)
    return zones | set(clean["zone_id"].iloc[near[1]])


def judge_case(name: str, truth: dict[str, Any], package: Path, clean: Plan) -> list[str]:
    """Return the row of one case."""
    plan = gg.verify(Source(path=str(package), layer=f"case_{name}"), settings(package))
    fresh = new_findings(plan, clean)
    zones = affected(truth)
    near = neighbourhood(zones, gpd.read_file(package, layer="zones_clean"))
    there = set(plan.grids["code"])
    named = zones if zones <= there else near  # a zone that is not there shows at its neighbours
    nameless = {code for one in fresh for code in one.grids if code.startswith("#")}
    at_zones = [one for one in fresh if not zones or (named | nameless) & set(one.grids)]
    stray = [one for one in fresh if zones and not (near | nameless) & set(one.grids)]
    area = truth.get("area_m2")
    areas = [one.amount for one in at_zones if one.rule in AREA_RULES and one.amount]
    exact = area is None or any(abs(one - area) <= 0.01 * area for one in areas)
    found = Counter(one.rule for one in at_zones)
    mended, again = mend(name, package)
    return [
        name,
        "yes" if at_zones and exact else "NO",
        ", ".join(f"{rule} {count}" for rule, count in found.most_common(4)),
        "" if area is None else f"{area:,.1f} / {_nearest(areas, area):,.1f}",
        str(len(stray)),
        mended,
        again,
    ]


def _nearest(areas: list[float], area: float) -> float:
    return min(areas, key=lambda one: abs(one - area), default=float("nan"))


def mend(name: str, package: Path) -> tuple[str, str]:
    """Return what `gridgeo repair` did to a case, and what it did to its own result."""
    source = Source(path=str(package), layer=f"case_{name}")
    done = gg.repair_grids(source, settings(package))
    before = gpd.read_file(package, layer=f"case_{name}").geometry
    same = np.array(before.to_wkb(), dtype=object) == np.array(done.grids.geometry.to_wkb())
    rows = done.repairs
    told = f"{int((~same).sum())} grids changed, {int(rows['done'].sum())} mended"
    left = int((~rows["done"]).sum())
    shape = sum(one.rule in AREA_RULES and one.severity == "error" for one in done.after)
    return f"{told}, {left} left", f"{shape} gaps and overlaps"


def main(folder: Path) -> None:
    """Print the table."""
    package = folder / "dundee_datazones.gpkg"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    clean = gg.verify(Source(path=str(package), layer="zones_clean"), settings(package))
    head = (
        "case",
        "found",
        "new findings there",
        "area truth / found",
        "elsewhere",
        "repair",
        "after",
    )
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
    for name, case in truth["cases"].items():
        print("| " + " | ".join(judge_case(name, case, package, clean)) + " |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
