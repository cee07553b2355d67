"""Rows on their way to their parts: batches on disk, sorted by part, put together part by part."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

if TYPE_CHECKING:
    from pyproj import CRS

    from gridgeo.parts.division import Members

_SHAPE = "geometry"


@dataclass(frozen=True)
class Spill:
    """Files of a folder, one for each batch of a layer: an Arrow record batch for each part."""

    folder: Path
    crs: CRS
    held: dict[tuple[int, str], list[tuple[Path, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, role: str, frame: gpd.GeoDataFrame, members: Members) -> None:
        """Write the rows of a batch, each once for every part that it belongs to."""
        row, part = members
        if not len(row):
            return
        order = np.lexsort((row, part))
        row, part = row[order], part[order]
        table = _table(frame.iloc[row])
        path = self.folder / f"{role}-{len(list(self.folder.iterdir())):05d}.arrow"
        starts = np.flatnonzero(np.diff(part, prepend=-1))
        with pa.ipc.new_file(str(path), table.schema) as file:
            for number, (start, stop) in enumerate(
                zip(starts, [*starts[1:], len(part)], strict=True)
            ):
                file.write_table(table.slice(start, stop - start).combine_chunks())
                self.held[int(part[start]), role].append((path, number))

    def roles(self) -> list[str]:
        """Return the layers that have rows."""
        return sorted({role for _, role in self.held})

    def take(self, part: int, role: str) -> gpd.GeoDataFrame | None:
        """Return the rows of a layer that belong to a part, None where there are none."""
        places = self.held.get((part, role))
        if not places:
            return None
        batches = []
        for path, number in places:
            with pa.memory_map(str(path)) as source:
                batches.append(pa.ipc.open_file(source).get_batch(number))
        frame = pa.Table.from_batches(batches).to_pandas()
        shapes = shapely.from_wkb(frame.pop(_SHAPE).to_numpy())
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=self.crs)


def _table(frame: gpd.GeoDataFrame) -> pa.Table:
    plain: dict[str, Any] = {
        str(name): pa.array(values, pa.string() if values.dtype == object else None)
        for name, values in pd.DataFrame(frame.drop(columns=_SHAPE)).items()
    }
    return pa.table(plain | {_SHAPE: pa.array(shapely.to_wkb(frame.geometry.to_numpy()))})
