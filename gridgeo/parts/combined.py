"""Layers of all parts in one file, added part by part."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from gridgeo.geopackages import same_bytes
from gridgeo.report.geopackage import append_layer, append_styles, append_table
from gridgeo.report.styles import style_frame

if TYPE_CHECKING:
    from gridgeo.text import Lang

#: rows that are added at once: opening a file for every part takes longer
_ROWS = 20_000
#: Layers are made in this order, so that equal rows give equal bytes.
SHAPES = {"grids": "MultiPolygon", "communities": "MultiPolygon", "findings": "Unknown"}


@dataclass
class Package:
    """A GeoPackage that layers are added to; rows wait in memory until there are enough."""

    path: Path
    lang: Lang
    waiting: dict[str, list[gpd.GeoDataFrame]] = field(
        default_factory=lambda: {name: [] for name in SHAPES}
    )
    tables: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    first: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def add(self, layer: str, frame: gpd.GeoDataFrame) -> None:
        """Add the rows of one part."""
        self.first.setdefault(layer, frame.iloc[:1])
        self.waiting[layer].append(frame)
        if sum(len(part) for parts in self.waiting.values() for part in parts) > _ROWS:
            self._write()

    def add_table(self, name: str, frame: pd.DataFrame) -> None:
        """Add a table without geometry when the file is closed."""
        self.tables.append((name, frame))

    def close(self) -> None:
        """Write what still waits, the tables and the styles."""
        self._write()
        with same_bytes():
            for name, frame in self.tables:
                append_table(frame, self.path, name)
            append_styles(style_frame(self.first, self.lang), self.path)

    def _write(self) -> None:
        with same_bytes():
            for layer, shape in SHAPES.items():
                if self.waiting[layer]:
                    frame = pd.concat(self.waiting[layer], ignore_index=True)
                    append_layer(frame, self.path, layer, shape)
                    self.waiting[layer] = []


@dataclass
class ParquetRows:
    """A GeoParquet file with a row group for each part."""

    path: Path
    writer: pq.ParquetWriter | None = None
    geo: dict[str, Any] = field(default_factory=dict)

    def add(self, part: Path) -> None:
        """Add the rows of a GeoParquet file of the same columns."""
        table = pq.read_table(part)
        geo = json.loads(table.schema.metadata[b"geo"])
        if self.writer is None:
            self.geo = geo
            schema = table.schema.remove_metadata()
            self.writer = pq.ParquetWriter(self.path, schema)
        self._widen(geo)
        self.writer.write_table(table.replace_schema_metadata().cast(self.writer.schema))

    def close(self) -> None:
        """Finish the file: what is known of the geometry of all rows comes last."""
        if self.writer is not None:
            self.writer.add_key_value_metadata({"geo": json.dumps(self.geo)})
            self.writer.close()

    def _widen(self, geo: dict[str, Any]) -> None:
        ours, theirs = (told["columns"][told["primary_column"]] for told in (self.geo, geo))
        both = np.array([ours.get("bbox", theirs["bbox"]), theirs["bbox"]])
        ours["bbox"] = [*both[:, :2].min(axis=0).tolist(), *both[:, 2:].max(axis=0).tolist()]
        ours["geometry_types"] = sorted({*ours["geometry_types"], *theirs["geometry_types"]})
