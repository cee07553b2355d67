"""``outputs.md``: every file, layer and column that a command writes, as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pyogrio

from gridgeo.wording import COLUMNS
from scripts.reference.folders import RUNS
from scripts.reference.markdown import NOTE, code, table
from scripts.reference.words import FILES, FOLDERS, LAYERS, MEANINGS

INTRO = """# Outputs 成果文件

What each command writes, with every layer and column, as found in folders that were written for
this page. A folder is written whole or not at all. GeoPackages are the master; codes are text
everywhere; the same input gives the same bytes in every file but `run.json`. Headers of workbooks
are Chinese or English (`lang`) and stand in the [list of columns](#columns-字段); the last sheet of
every workbook explains them.
"""
#: The table of QGIS styles is laid out by QGIS.
NOT_OURS = "layer_styles"


def outputs_page(folder: Path) -> str:
    """Return the page for what `write_folders` wrote into `folder`.

    Raises
    ------
    KeyError
        A file, layer or column has no words in ``words.py``.
    FileNotFoundError
        A command did not write what ``words.py`` says.
    """
    told = "".join("".join(_command(command, folder)) for command in RUNS)
    columns = table(["column", "表头 header", "what it holds"], _columns(folder))
    title = "\n## Columns 字段\n\nWhat a column holds, in all layers and sheets that have it.\n\n"
    return NOTE + INTRO + told + title + columns


def _command(command: str, folder: Path) -> Iterator[str]:
    patterns, word = FOLDERS[command]
    paths = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if patterns and not paths:
        raise FileNotFoundError(f"{command} wrote no {patterns}")
    yield f"\n## `gridgeo {command}`\n"
    if word:
        yield f"\n{word}\n"
    if paths:
        rows = [[code(path.name), _purpose(path)] for path in paths]
        yield "\n" + table(["file", "for"], rows)
    for path in paths:
        if path.suffix == ".gpkg":
            head = ["layer", "one row is", "geometry", "columns"]
            yield f"\n`{path.name}`:\n\n" + table(head, _layers(path))
        elif path.suffix == ".xlsx":
            yield f"\n`{path.name}`:\n\n" + table(["sheet", "columns"], _sheets(path))


def _purpose(path: Path) -> str:
    return FILES.get(f"{path.parent.name}/{path.name}") or FILES[path.name]


def _layers(path: Path) -> Iterator[list[str]]:
    for name, geometry in pyogrio.list_layers(path):
        drawn = "any" if geometry == "Unknown" else geometry or "-"
        columns = "" if name == NOT_OURS else ", ".join(_fields(path, name))
        yield [code(name), LAYERS[name], drawn, columns]


def _fields(path: Path, layer: str) -> list[str]:
    return [str(name) for name in pyogrio.read_info(path, layer=layer)["fields"]]


def _sheets(path: Path) -> Iterator[list[str]]:
    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        for sheet in book:
            yield [sheet.title, "、".join(str(cell.value) for cell in next(sheet.rows))]


def _columns(folder: Path) -> list[list[str]]:
    names: set[str] = set()
    for patterns, _ in FOLDERS.values():
        for path in (path for pattern in patterns for path in folder.glob(pattern)):
            if path.suffix == ".gpkg":
                layers = [str(name) for name, _ in pyogrio.list_layers(path)]
                names |= {
                    field for one in layers if one != NOT_OURS for field in _fields(path, one)
                }
    return [_column(name) for name in sorted(names)]


def _column(name: str) -> list[str]:
    if name not in COLUMNS:
        return [code(name), "", MEANINGS[name]]
    header, meaning = COLUMNS[name]
    told = ". ".join(text for text in (meaning.en, meaning.zh) if text)
    return [code(name), f"{header.zh} {header.en}", told]
