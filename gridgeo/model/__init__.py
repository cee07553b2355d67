"""What travels between the stages: frozen values, and the one schema of their tables."""

from __future__ import annotations

from gridgeo.model.bands import (
    Bands,
    bands_of,
    by_code,
    only_communities,
)
from gridgeo.model.change import (
    DECISIONS,
    Adjustment,
    Comparison,
    Decision,
    Decisions,
    Submission,
)
from gridgeo.model.equality import single_parts
from gridgeo.model.graph import graph_of
from gridgeo.model.judged import (
    JudgedCount,
    deciding_counts,
    exceeds,
    is_small,
    judge_counts,
)
from gridgeo.model.schema import (
    CROSSWALK,
    CROSSWALK_COLUMNS,
    DTYPES,
    SCHEMA,
    grid_frame,
    layer_frame,
)
from gridgeo.model.values import (
    BORDER_CLASSES,
    COMMUNITY_VERDICTS,
    CONVENIENCES,
    CROSSED_BY_STREETS_ONLY,
    GRID_VERDICTS,
    MISSED_VERDICTS,
    SEVERITIES,
    Atoms,
    Constraints,
    Finding,
    Layers,
    Note,
    Partition,
    Plan,
    Reject,
    Repaired,
    Severity,
)

__all__ = [
    "BORDER_CLASSES",
    "COMMUNITY_VERDICTS",
    "CONVENIENCES",
    "CROSSED_BY_STREETS_ONLY",
    "CROSSWALK",
    "CROSSWALK_COLUMNS",
    "DECISIONS",
    "DTYPES",
    "GRID_VERDICTS",
    "MISSED_VERDICTS",
    "SCHEMA",
    "SEVERITIES",
    "Adjustment",
    "Atoms",
    "Bands",
    "Comparison",
    "Constraints",
    "Decision",
    "Decisions",
    "Finding",
    "JudgedCount",
    "Layers",
    "Note",
    "Partition",
    "Plan",
    "Reject",
    "Repaired",
    "Severity",
    "Submission",
    "bands_of",
    "by_code",
    "deciding_counts",
    "exceeds",
    "graph_of",
    "grid_frame",
    "is_small",
    "judge_counts",
    "layer_frame",
    "only_communities",
    "single_parts",
]
