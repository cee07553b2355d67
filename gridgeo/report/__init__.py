"""The folder of a plan: saved whole or not at all, and read back."""

from gridgeo.report.adjusted import check_adjusted, save_adjusted
from gridgeo.report.card import plan_card
from gridgeo.report.changes import check_comparison, save_comparison
from gridgeo.report.load import load_plan
from gridgeo.report.paper import PAPER, save_paper
from gridgeo.report.repaired import check_repaired, save_repaired
from gridgeo.report.save import check_target, save_approved, save_plan
from gridgeo.report.schema import layer_frame
from gridgeo.report.seal import sealed
from gridgeo.report.submission import check_submission, save_submission
from gridgeo.report.workbook_back import read_workbook

__all__ = [
    "PAPER",
    "check_adjusted",
    "check_comparison",
    "check_repaired",
    "check_submission",
    "check_target",
    "layer_frame",
    "load_plan",
    "plan_card",
    "read_workbook",
    "save_adjusted",
    "save_approved",
    "save_comparison",
    "save_paper",
    "save_plan",
    "save_repaired",
    "save_submission",
    "sealed",
]
