"""The only room that knows the order: read, atoms, dedicated, partition, codes, validate."""

from __future__ import annotations

from gridgeo.pipeline.evaluate import (
    check_plan,
    judge_drawn,
    judge_own,
    with_judgement,
)
from gridgeo.pipeline.ground import (
    Job,
    ties_of,
)
from gridgeo.pipeline.recode import (
    issued_codes,
)
from gridgeo.pipeline.stages import (
    band_of,
    deliver_plan,
    mapping_of,
    partition_layers,
    run,
    verify,
)
from gridgeo.pipeline.summary import (
    EXCUSED,
    Clock,
    Progress,
    cut_m,
    input_hashes,
    peak_mb,
)

__all__ = [
    "EXCUSED",
    "Clock",
    "Job",
    "Progress",
    "band_of",
    "check_plan",
    "cut_m",
    "deliver_plan",
    "input_hashes",
    "issued_codes",
    "judge_drawn",
    "judge_own",
    "mapping_of",
    "partition_layers",
    "peak_mb",
    "run",
    "ties_of",
    "verify",
    "with_judgement",
]
