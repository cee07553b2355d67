"""Reading: any legal input becomes `gridgeo.model.Layers`, or a clear error."""

from __future__ import annotations

from gridgeo.formats import check_path
from gridgeo.read.files import (
    LayerSource,
)
from gridgeo.read.grids import (
    GridFile,
    Grids,
    HouseholdFile,
    read_grids,
    read_household_points,
)
from gridgeo.read.inspection import (
    LayerInfo,
    inspect_file,
)
from gridgeo.read.layers import (
    layers_from_frames,
    read_layers,
)
from gridgeo.read.links import (
    across_barriers,
    ways_of,
)
from gridgeo.read.provenance import (
    layer_hashes,
)
from gridgeo.read.side_tables import (
    ROSTER,
    empty_roster,
    read_code_mapping,
    read_roster,
)
from gridgeo.read.stream import (
    Batch,
    Survey,
    in_order,
    layers_of,
    stream_layers,
    survey_layers,
)

__all__ = [
    "ROSTER",
    "Batch",
    "GridFile",
    "Grids",
    "HouseholdFile",
    "LayerInfo",
    "LayerSource",
    "Survey",
    "across_barriers",
    "check_path",
    "empty_roster",
    "in_order",
    "inspect_file",
    "layer_hashes",
    "layers_from_frames",
    "layers_of",
    "read_code_mapping",
    "read_grids",
    "read_household_points",
    "read_layers",
    "read_roster",
    "stream_layers",
    "survey_layers",
    "ways_of",
]
