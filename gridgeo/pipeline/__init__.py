"""The only room that knows the order: read, atoms, dedicated, partition, codes, validate."""

from __future__ import annotations

from gridgeo.pipeline.context import (
    RunContext,
    constraints_of,
)
from gridgeo.pipeline.evaluate import (
    check_plan,
    judge_drawn,
    judge_plan,
    with_judgement,
)
from gridgeo.pipeline.recode import (
    issued_codes,
)
from gridgeo.pipeline.stages import (
    band_of,
    deliver_plan,
    make_atoms,
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
    "Progress",
    "RunContext",
    "band_of",
    "check_plan",
    "constraints_of",
    "cut_m",
    "deliver_plan",
    "input_hashes",
    "issued_codes",
    "judge_drawn",
    "judge_plan",
    "make_atoms",
    "mapping_of",
    "partition_layers",
    "peak_mb",
    "run",
    "verify",
    "with_judgement",
]
