"""Files as they are stored: which may be opened, in which encoding, with what in their rows."""

from __future__ import annotations

from gridgeo.formats.complete import (
    check_complete,
    is_part,
)
from gridgeo.formats.drivers import (
    PARQUET,
    TABLES,
)
from gridgeo.formats.encodings import (
    LOST,
    MARK,
    MISSING,
    Judgement,
    decode,
    decode_all,
    decode_text,
    garbled,
    given_encoding,
    judge,
    judge_text,
    readable,
    usual,
)
from gridgeo.formats.file_checks import (
    check_path,
    library_errors,
    unreadable,
)
from gridgeo.formats.frames import (
    Rows,
    frame_of_batch,
    geometry_of,
    load_parquet,
    read_frame,
)
from gridgeo.formats.geopackage import (
    odd_values,
    with_values,
)
from gridgeo.formats.mapinfo import (
    field_widths,
)
from gridgeo.formats.opening import (
    JOURNALS,
    OpenFile,
    layer_names,
    opened,
)
from gridgeo.formats.shapefile import (
    dbf_widths,
    declared_encoding,
    first_open_ring,
    is_multipatch,
    names_crs,
    odd_numbers,
)
from gridgeo.formats.wkb import (
    footprints,
)

__all__ = [
    "JOURNALS",
    "LOST",
    "MARK",
    "MISSING",
    "PARQUET",
    "TABLES",
    "Judgement",
    "OpenFile",
    "Rows",
    "check_complete",
    "check_path",
    "dbf_widths",
    "declared_encoding",
    "decode",
    "decode_all",
    "decode_text",
    "field_widths",
    "first_open_ring",
    "footprints",
    "frame_of_batch",
    "garbled",
    "geometry_of",
    "given_encoding",
    "is_multipatch",
    "is_part",
    "judge",
    "judge_text",
    "layer_names",
    "library_errors",
    "load_parquet",
    "names_crs",
    "odd_numbers",
    "odd_values",
    "opened",
    "read_frame",
    "readable",
    "unreadable",
    "usual",
    "with_values",
]
