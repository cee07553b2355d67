"""Run every command that writes, on two communities of the sample of Wuhan."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import geopandas as gpd
from typer.testing import CliRunner

from gridgeo.cli import app

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "wuhan" / "wuhan.gpkg"
COMMUNITIES = ("扬子社区", "三德社区")
LAYERS = "--communities communities.gpkg --households households.gpkg --facilities facilities.gpkg"
CUT = f"--streets streets.gpkg {LAYERS} --effort fast --jobs 1"
#: What each command is called on the page, and how it is run here.
RUNS = {
    "partition": f"partition {CUT} --out plan",
    "partition --by township": f"partition {CUT} --by township --out province",
    "verify": f"verify plan/plan.gpkg::grids {LAYERS} --out check",
    "review": (
        f"review open review plan/plan.gpkg::grids {LAYERS} --date 2026-01-08 --by 张三 --sample 3"
    ),
    "review report": "review report review",
    "repair": "repair plan/plan.gpkg::grids --communities communities.gpkg --out mended",
    "adjust": f"adjust plan/plan.gpkg::grids {CUT} --out adjusted",
    "diff": "diff plan adjusted --out changes",
    "approve": "approve plan --by 李主任 --date 2026-01-10 --codes codes.gpkg",
    "submit": "submit plan --out upward",
    "signs": "signs plan --date 2026-01-10 --out signs",
}


def write_folders(folder: Path) -> None:
    """Run `RUNS` in `folder`.

    Raises
    ------
    RuntimeError
        A command ends otherwise than with findings.
    """
    with chdir(folder):
        _write_inputs()
        for line in RUNS.values():
            told = CliRunner().invoke(app, line.split())
            if told.exit_code not in {0, 1} or not isinstance(told.exception, SystemExit | None):
                raise RuntimeError(f"{line}: {told.output}") from told.exception


def _write_inputs() -> None:
    town = gpd.read_file(SAMPLE, layer="communities")
    town = town[town["社区名称"].isin(COMMUNITIES)]
    town.to_file("communities.gpkg")
    ground = town.buffer(50).union_all()
    for layer in ("streets", "households", "facilities"):
        rows = gpd.read_file(SAMPLE, layer=layer)
        rows[rows.intersects(ground)].to_file(f"{layer}.gpkg")
