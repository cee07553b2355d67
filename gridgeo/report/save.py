"""Write the folder of a plan."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gridgeo.errors import InputError
from gridgeo.model import CROSSWALK, Plan
from gridgeo.report.documents import RUN, SUMMARY, write_run, write_summary
from gridgeo.report.geopackage import GEOPACKAGE, write_geojson, write_geopackage
from gridgeo.report.load import load_plan
from gridgeo.report.page import write_map, write_report
from gridgeo.report.pdf import REPORT_PDF
from gridgeo.report.seal import check_sealed, check_unlocked, contents_of
from gridgeo.report.workbook import write_workbook
from gridgeo.storage import check_folder, write_folder
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd

#: A new output is one function and one line here; the longest work first, the figures last.
WRITERS: tuple[tuple[str, Callable[[Plan, Path], None]], ...] = (
    ("map.html", write_map),
    ("grids.xlsx", write_workbook),
    (GEOPACKAGE, write_geopackage),
    ("grids.geojson", write_geojson),
    ("report.html", write_report),
    (RUN, write_run),
    (SUMMARY, write_summary),
)
#: What `gridgeo adjust` writes beside its plan; it stays there when the plan is approved.
PROPOSALS = ("proposals.xlsx", "proposals.gpkg")
#: What `gridgeo report` writes beside a plan; a report of another plan would not fit.
BESIDE = (REPORT_PDF,)


def save_plan(
    plan: Plan,
    folder: str | Path,
    *,
    overwrite: bool = False,
    old: gpd.GeoDataFrame | None = None,
) -> Path:
    """Write `plan` into `folder` and return it; the map shows what changed since `old` grids.

    The folder contains ``plan.gpkg``, ``grids.geojson``, ``grids.xlsx``, ``report.html``,
    ``map.html``, ``summary.json`` and ``run.json``: all of them or, after an error, those that
    were there before (`write_folder`). The same plan gives the same bytes in every file but
    ``run.json``.

    Raises
    ------
    OutputError
        The folder contains anything but a plan, or a plan without `overwrite`, or an approved plan,
        or the files cannot be written.
    InputError
        The plan was changed after it was approved.
    """
    check_sealed(plan)
    check_unlocked(Path(folder) / GEOPACKAGE)
    writers = [
        (name, partial(write, plan, old=old) if write is write_map else partial(write, plan))
        for name, write in WRITERS
    ]
    return write_folder(folder, writers, overwrite=overwrite, ours=BESIDE)


def save_approved(plan: Plan, folder: str | Path) -> Path:
    """Write an approved plan in place of its draft.

    Raises
    ------
    OutputError
        There is no draft in `folder`, or the files cannot be written.
    InputError
        The draft there is another plan than the one that was approved.
    """
    draft = _without_crosswalk(contents_of(load_plan(folder)))
    if plan.approval is None or draft != _without_crosswalk(plan.approval.contents):
        raise InputError(
            Text("the plan there is another one", "该处不是所批准的方案"), file=str(folder)
        )
    check_sealed(plan)
    beside = [name for name in PROPOSALS if (Path(folder) / name).exists()]
    writers = [(name, partial(_copy, Path(folder) / name)) for name in beside]
    writers += [(name, partial(write, plan)) for name, write in WRITERS]
    return write_folder(folder, writers, overwrite=True, ours=BESIDE)


def _without_crosswalk(contents: Mapping[str, str]) -> dict[str, str]:
    """Return the contents of a plan but for the crosswalk, which the approval makes."""
    return {name: digest for name, digest in contents.items() if not name.startswith(CROSSWALK)}


def _copy(source: Path, path: Path) -> None:
    shutil.copy2(source, path)


def check_target(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_plan` would refuse `folder`; call it before long work."""
    check_folder(folder, [*BESIDE, *(name for name, _ in WRITERS)], overwrite=overwrite)
    check_unlocked(Path(folder) / GEOPACKAGE)
