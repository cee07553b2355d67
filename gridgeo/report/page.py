"""``report.html`` and ``map.html``."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gridgeo.maps import map_page
from gridgeo.model import Plan
from gridgeo.report.blocks import Report
from gridgeo.report.content import report_of

#: Communities are drawn one by one up to this number; map.html and report.pdf show all.
MOST_MAPS = 60
PAGES = Environment(
    loader=PackageLoader("gridgeo.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_map(plan: Plan, path: Path, *, old: gpd.GeoDataFrame | None = None) -> None:
    """Write the map of `plan` to the new file `path`, with what changed since `old` grids."""
    path.write_text(map_page(plan, old=old), encoding="utf-8")


def write_report(plan: Plan, path: Path) -> None:
    """Write the report of `plan` to the new file `path`."""
    path.write_text(report_page(plan), encoding="utf-8")


def report_page(plan: Plan) -> str:
    """Return the report of `plan` as one printable HTML page without script or network.

    It holds the scorecard, a map, the distributions, every community with its verdict, reason and
    map, what could not be met, dedicated grids, findings with their places, rejects, notes, and
    the settings, inputs (with SHA-256) and versions it was made with; in the language of the
    plan. The same plan gives the same page.
    """
    return as_page(report_of(plan, most_maps=MOST_MAPS))


def as_page(report: Report) -> str:
    """Return `report` as one printable HTML page; every text is escaped, every drawing is ours."""
    return PAGES.get_template("report.html.j2").render(report=report)
