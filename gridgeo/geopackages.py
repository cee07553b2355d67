"""GeoPackages that are the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyogrio

#: GeoPackages carry the time of each change: ours never differs. A file is built aside and
#: flushed as a whole, so that SQLite need not flush each step.
_GDAL = {
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
}


@contextmanager
def same_bytes() -> Iterator[None]:
    """Write GeoPackages inside without the time of day."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in _GDAL}
    pyogrio.set_gdal_config_options(_GDAL)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
