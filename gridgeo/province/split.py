"""First step of a chunked run: every layer is read once, its rows written to their chunks.

Rows pass through batches on disk that are sorted by chunk, so memory does not grow with the area.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from gridgeo.atoms import repair_communities
from gridgeo.codes import community_codes
from gridgeo.config import Settings, gridgeo_version
from gridgeo.model import Finding
from gridgeo.province.division import Division, chunk_names
from gridgeo.read import (
    Batch,
    Survey,
    check_path,
    in_order,
    layer_hashes,
    read_code_mapping,
    stream_layers,
    survey_layers,
)
from gridgeo.report import finding_frame, note_frame, reject_frame, settings_frame
from gridgeo.storage import (
    atomic_folder,
    file_checksums,
    read_json,
    sha256_of,
    write_json,
)
from gridgeo.wording import Text

if TYPE_CHECKING:
    from pyproj import CRS

    from gridgeo.province.division import Members

_SHAPE = "geometry"


@dataclass(frozen=True)
class _Spill:
    """Files of a folder, one for each batch of a layer: an Arrow record batch for each chunk."""

    folder: Path
    crs: CRS
    files: dict[tuple[int, str], list[tuple[Path, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, role: str, frame: gpd.GeoDataFrame, members: Members) -> None:
        """Write the rows of a batch, each once for every chunk that it belongs to."""
        row, chunk = members
        if not len(row):
            return
        order = np.lexsort((row, chunk))
        row, chunk = row[order], chunk[order]
        table = _table(frame.iloc[row])
        path = self.folder / f"{role}-{len(list(self.folder.iterdir())):05d}.arrow"
        starts = np.flatnonzero(np.diff(chunk, prepend=-1))
        with pa.ipc.new_file(str(path), table.schema) as file:
            for number, (start, stop) in enumerate(
                zip(starts, [*starts[1:], len(chunk)], strict=True)
            ):
                file.write_table(table.slice(start, stop - start).combine_chunks())
                self.files[int(chunk[start]), role].append((path, number))

    def roles(self) -> list[str]:
        """Return the layers that have rows."""
        return sorted({role for _, role in self.files})

    def take(self, chunk: int, role: str) -> gpd.GeoDataFrame | None:
        """Return the rows of a layer that belong to a chunk, None where there are none."""
        places = self.files.get((chunk, role))
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


#: the folder of the divided layers, and their index
FOLDER, INDEX = "input", "index.json"
#: raise it when the content of the chunks, or how it is made, changes
FORMAT = 3
#: settings that change the content of the chunks
_SETTINGS = ("read.", "parts.", "atoms.repair", "codes.scheme")


def split(
    settings: Settings,
    root: Path,
    *,
    key: str,
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Divide the layers of ``settings.read`` into the folder ``input`` of `root`.

    Each chunk gets a folder of GeoParquet files by role, with rows in an order that the order of
    the input does not change. No more is in memory at a time than the outlines of all communities
    (ready-made atoms, where there are any) and a batch of rows. What is there already, from the
    same input and settings (`key`), is kept.

    Returns
    -------
    dict
        The index: ``crs`` (WKT), ``given_atoms``, ``households`` (of all rows), columns of all
        ``communities`` and, by name, ``parts`` with communities, households and files.

    Raises
    ------
    InputError, SettingsError
        The layers cannot be used, or a community has no chunk.
    """
    found = read_json(root / FOLDER / INDEX)
    if found.get("key") == key:
        return found
    survey = survey_layers(settings.read)
    division, findings = _divide(survey, settings)
    with atomic_folder(root / FOLDER) as folder:
        spilt, chunk_folder = folder / "spill", folder / "parts"
        spilt.mkdir()
        spill = _Spill(spilt, survey.crs)
        division, total = _spill_all(survey, division, spill, on_progress)
        chunks = _write_inputs(division, spill, chunk_folder, findings)
        for path in spilt.iterdir():
            path.unlink()
        spilt.rmdir()
        _write_rest(survey, settings, findings, folder)
        index = {
            "key": key,
            "crs": survey.crs.to_wkt(),
            "given_atoms": bool(survey.heads["atoms"]),
            "households": total,
            "communities": _community_table(division),
            "parts": chunks,
        }
        write_json(folder / INDEX, index)
    return index


def input_key(settings: Settings) -> str:
    """Return the hash of everything that the content of the chunks depends on.

    Raises
    ------
    InputError
        A file is not there, or cannot be read.
    """
    rows = settings_frame(settings).to_dict("records")
    files = {
        role: [
            [source.layer, source.kind, _hashes(str(check_path(source.path)))] for source in sources
        ]
        for role, sources in settings.read.inputs.items()
    }
    value = {
        "settings": {
            row["key"]: row["value"]
            for row in rows
            if row["key"].startswith(_SETTINGS) and row["key"] != "read.inputs"
        },
        "files": files,
        "mapping": _hashes(settings.codes.mapping),
        "version": gridgeo_version(),
        "format": FORMAT,
    }
    return sha256_of(value)


def _hashes(path: str) -> list[str]:
    """Return the hashes of the files of a layer, without where they lie."""
    return list(layer_hashes(path).values()) if path else []


def _divide(survey: Survey, settings: Settings) -> tuple[Division, list[Finding]]:
    """Return the division of the communities, which get the codes of the whole area."""
    communities = survey.communities
    repaired: tuple[Finding, ...] = ()
    if not survey.heads["atoms"]:
        communities, repaired = repair_communities(communities, settings.atoms)
    mapping = read_code_mapping(settings.codes.mapping) if settings.codes.mapping else {}
    codes = community_codes(communities, settings.codes.code_scheme, mapping=mapping)
    named = "communities.township" in settings.read.columns
    names = chunk_names(communities.assign(code=codes), settings.parts, named=named)
    division = Division.by_community(communities.assign(final=codes), names)
    return division, list(repaired)


def _spill_all(
    survey: Survey,
    division: Division,
    spill: _Spill,
    on_progress: Callable[[str], None] | None,
) -> tuple[Division, int]:
    """Write the rows of every layer to their chunks; return the households of all rows."""
    total = 0
    grounds: list[tuple[Any, Any]] = []
    for batch in stream_layers(survey, on_progress=on_progress):
        total += batch.households
        if batch.role != "atoms" and grounds:
            division, grounds = _on_atoms(division, grounds), []
        if not len(batch.frame):
            continue
        members = division.members(batch.role, batch.frame)
        frame = batch.frame
        if batch.role == "atoms":
            frame = _named(batch, division)
            grounds.append((frame.geometry.to_numpy(), members[1]))
        spill.add(batch.role, frame, members)
    return (_on_atoms(division, grounds) if grounds else division), total


def _on_atoms(division: Division, grounds: Iterable[tuple[Any, Any]]) -> Division:
    polygons, chunks = zip(*grounds, strict=True)
    return division.on_atoms(np.concatenate(polygons), np.concatenate(chunks))


def _named(batch: Batch, division: Division) -> gpd.GeoDataFrame:
    """Return atoms with the code of their community, ``""`` outside all of them."""
    codes = np.append(division.communities["final"].to_numpy(dtype=object), "")
    return batch.frame.assign(community=codes[division.community_of_atoms(batch.frame)])


def _write_inputs(
    division: Division, spill: _Spill, folder: Path, findings: list[Finding]
) -> dict[str, Any]:
    """Write the files of each chunk; return what each holds, by name."""
    chunks = {}
    given_atoms = "atoms" in spill.roles()
    for at, name in enumerate(division.names):
        members = division.communities[division.chunk == at].assign(
            code=lambda members: members["final"]
        )
        taken = {role: spill.take(at, role) for role in spill.roles()}
        frames = {role: frame for role, frame in taken.items() if frame is not None}
        if given_atoms and "atoms" not in frames:
            findings.append(_without_atoms(name, members))
            continue
        (folder / name).mkdir(parents=True)
        for role, frame in {**frames, "communities": members}.items():
            in_order(role, frame).to_parquet(folder / name / f"{role}.parquet")
        counted = frames.get("households", frames.get("atoms"))
        chunks[name] = {
            "communities": len(members),
            "households": 0 if counted is None else int(counted["households"].sum()),
            "files": file_checksums(folder / name),
        }
    return chunks


def _without_atoms(name: str, communities: gpd.GeoDataFrame) -> Finding:
    return Finding(
        rule="community_without_atoms",
        severity="warning",
        message=Text(
            f"no atom lies in any of the {len(communities)} communities of part {name}: they get "
            "no grids",
            f"分片 {name} 的 {len(communities)} 个社区内没有任何单元，未划分网格",
        ),
        where=communities.union_all(),
        amount=float(communities.area.sum()),
        unit="m2",
    )


def _community_table(division: Division) -> dict[str, list[str]]:
    """Return given codes, names and final codes of all communities, and their chunks."""
    frame = division.communities
    chunks = np.array(division.names, dtype=object)[division.chunk]
    columns = {name: frame[name].tolist() for name in ("code", "name", "final")}
    return {**columns, "part": chunks.tolist()}


def _write_rest(survey: Survey, settings: Settings, findings: list[Finding], folder: Path) -> None:
    """Write what belongs to no chunk: repairs of outlines, rows that could not be used, notes."""
    finding_frame(findings, settings.lang, survey.crs).to_parquet(folder / "findings.parquet")
    rejects: pd.DataFrame = reject_frame(survey.rejects, settings.lang)
    rejects.to_parquet(folder / "rejects.parquet")
    note_frame(survey.notes, settings.lang).to_parquet(folder / "notes.parquet")
