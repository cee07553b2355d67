"""Issues of signs: versions, what changed since the last issue, the roster, the folder of PDFs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

from gridgeo.config import REDRAWN_M
from gridgeo.errors import InputError, OutputError, why
from gridgeo.geometry import same_outline
from gridgeo.model import Plan
from gridgeo.signs.content import Sign, payload, qr_svg, token_of
from gridgeo.signs.pdf import SignRenderer
from gridgeo.storage import Writer, as_json, save_reproducibly, write_folder
from gridgeo.wording import Text

#: The columns, as `gridgeo.read.read_roster` knows them, and their widths.
_COLUMNS = (
    (Text("grid code", "网格编码"), 24),
    (Text("grid name", "网格名称"), 30),
    (Text("grid worker", "网格员"), 14),
    (Text("grid worker phone", "网格员电话"), 18),
    (Text("grid head", "网格长"), 14),
    (Text("grid head phone", "网格长电话"), 18),
    (Text("supervision phone", "监督电话"), 18),
    (Text("duties", "职责"), 50),
)


def write_roster(plan: Plan, path: Path) -> None:
    """Write the workbook: codes and names of the grids of `plan`, the rest empty; all cells text.

    Duties may be left empty: the signs then show what grid workers usually do; several are
    parted by ``；`` or stand on separate lines.
    """
    book = Workbook()
    del book[book.sheetnames[0]]
    sheet = book.create_sheet(Text("people", "人员").say(plan.settings.lang))
    sheet.append([title.say(plan.settings.lang) for title, _ in _COLUMNS])
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor="FF2F4858")
    for row, (code, name) in enumerate(
        zip(plan.grids["code"], plan.grids["name"], strict=True), start=2
    ):
        for column, value in enumerate((code, name, *[""] * (len(_COLUMNS) - 2)), start=1):
            cell = sheet.cell(row, column)
            cell.number_format = "@"
            cell.alignment = Alignment(vertical="top", wrap_text=column == len(_COLUMNS))
            if value:
                cell.value = "".join(c for c in value if c.isprintable())
                cell.data_type = "s"
    for letter, (_, width) in zip("ABCDEFGH", _COLUMNS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C2"
    save_reproducibly(book, path)


_MANIFEST = "signs.json"
_ALL = "signs.pdf"
_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)\d|signs", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One sign as it is issued.

    ``content``: the fingerprint of its content about its grid. ``drawn``: the fingerprint of all
    that is printed on it, the grids beside it too. ``words``: that of its content without what is
    measured or drawn. ``outline``: the ground as it was printed, as hexadecimal WKB.
    """

    code: str
    file: str
    version: int
    date: str
    token: str
    content: str
    drawn: str
    words: str
    outline: str


@dataclass(frozen=True, kw_only=True)
class Issues:
    """All signs that are valid after this issue, and which of them are printed or withdrawn.

    ``aged``: those that stay valid although, after they were printed, grids beside theirs changed
    or their own was redrawn.
    """

    current: tuple[Issue, ...]
    printed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    aged: tuple[str, ...]


def plan_issues(
    signs: Sequence[Sign],
    renderer: SignRenderer,
    *,
    date: str,
    url: str = "",
    since: Sequence[Issue] | None = None,
    redrawn_m: float = REDRAWN_M,
) -> Issues:
    """Return what is to be printed.

    1. Without `since` all signs are printed, in version 1.
    2. With it, a sign whose content about its grid, or whose template, paper or address
       changed, gets the next version and `date`; the others keep theirs and are not printed.
    3. Where only the grids beside it changed, a sign stays valid, and is listed as aged.
    4. A sign also stays valid, and is listed as aged, where its grid was only redrawn: its outline
       is nowhere further than `redrawn_m` from the printed one, and all words but the area stay.
    5. Signs of grids that no longer exist are withdrawn.
    """
    before = {issue.code: issue for issue in since or ()}
    common = hashlib.sha256(renderer.source() + f"{renderer.size} {url}".encode()).hexdigest()
    names = _file_names([sign.code for sign in signs])
    current, printed, aged = [], [], []
    for sign, name in zip(signs, names, strict=True):
        hash_of_grid, drawn, words = (
            _fingerprint(content, renderer.labels, common)
            for content in (sign.grid_content, sign.content, sign.words)
        )
        old = before.get(sign.code)
        if old is not None and (
            old.content == hash_of_grid
            or (old.words == words and _redrawn(old.outline, sign.outline, redrawn_m))
        ):
            current.append(replace(old, file=name))
            if old.drawn != drawn:
                aged.append(sign.code)
        else:
            current.append(_next(old, sign, name, date, (hash_of_grid, drawn, words)))
            printed.append(sign.code)
    withdrawn = tuple(code for code in before if code not in {sign.code for sign in signs})
    return Issues(
        current=tuple(current), printed=tuple(printed), withdrawn=withdrawn, aged=tuple(aged)
    )


def _redrawn(before: str, after: str, redrawn_m: float) -> bool:
    """Return whether outlines differ, but are nowhere further apart than redrawing leaves them."""
    if before == after:
        return False
    one, other = (shapely.from_wkb(np.array([outline])) for outline in (before, after))
    return bool(same_outline(one, other, redrawn_m).all())


def _next(
    old: Issue | None, sign: Sign, file: str, date: str, fingerprints: tuple[str, str, str]
) -> Issue:
    version = 1 if old is None else old.version + 1
    content, drawn, words = fingerprints
    return Issue(
        code=sign.code,
        file=file,
        version=version,
        date=date,
        token=token_of(sign.code, version, date),
        content=content,
        drawn=drawn,
        words=words,
        outline=sign.outline,
    )


def _fingerprint(content: Mapping[str, Any], labels: Mapping[str, str], common: str) -> str:
    document = json.dumps([content, dict(labels), common], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()


def _file_names(codes: Sequence[str]) -> list[str]:
    """Return a file name for each code; codes that are no safe names are numbered."""
    names: list[str] = []
    taken: set[str] = set()
    for number, code in enumerate(codes, start=1):
        plain = _SAFE.fullmatch(code) and not _RESERVED.fullmatch(code) and len(code) <= 60
        name = code if plain and code.casefold() not in taken else f"sign-{number:05d}"
        taken.add(name.casefold())
        names.append(f"{name}.pdf")
    return names


def save_signs(
    signs: Sequence[Sign],
    issues: Issues,
    renderer: SignRenderer,
    folder: Path,
    *,
    url: str = "",
    overwrite: bool = False,
) -> Path:
    """Write the printed signs into `folder` and return it.

    One PDF a sign (``CODE.pdf``), all of them in ``signs.pdf``, and ``signs.json``: every sign
    that holds, with its version, date, token and fingerprint. All of it or nothing.

    Raises
    ------
    OutputError
        The folder contains anything but signs, or signs without `overwrite`.
    """
    content = {sign.code: sign.content for sign in signs}
    pages = [
        (issue, _page(content[issue.code], issue, url))
        for issue in issues.current
        if issue.code in set(issues.printed)
    ]
    writers: list[Writer] = [
        (issue.file, partial(_write, renderer, [page], issue.date)) for issue, page in pages
    ]
    if pages:
        contents = [page for _, page in pages]
        writers.append((_ALL, partial(_write, renderer, contents, pages[0][0].date)))
    writers.append((_MANIFEST, partial(_write_manifest, issues)))
    ours = _earlier_files(folder)
    return write_folder(folder, writers, overwrite=overwrite, ours=ours)


def _page(content: Mapping[str, Any], issue: Issue, url: str) -> dict[str, Any]:
    text = payload(issue.code, issue.token, url)
    return {**content, "version": str(issue.version), "date": issue.date, "qr": qr_svg(text)}


def _write(
    renderer: SignRenderer, pages: Sequence[Mapping[str, Any]], date: str, path: Path
) -> None:
    path.write_bytes(renderer.pages(pages, date))


def _write_manifest(issues: Issues, path: Path) -> None:
    fields = [field.name for field in dataclasses.fields(Issue)]
    signs = [{name: getattr(issue, name) for name in fields} for issue in issues.current]
    document = {"signs": signs} | {
        name: list(getattr(issues, name)) for name in ("printed", "withdrawn", "aged")
    }
    path.write_text(as_json(document), encoding="utf-8")


def read_issues(folder: Path) -> tuple[Issue, ...]:
    """Return the signs that ``signs.json`` in `folder` holds.

    Raises
    ------
    InputError
        There is none, or it is not one of ours.
    """
    path = folder / _MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        # a manifest without `drawn` is an old one, whose signs are all printed once more
        unknown = {"drawn": "", "words": "", "outline": ""}
        return tuple(Issue(**{**unknown, **row}) for row in document["signs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            Text("the earlier signs cannot be read: ", "无法读取上次的公示牌：") + why(error),
            file=str(path),
            remedy=Text(
                "Give the folder that gridgeo signs wrote", "请指定 gridgeo signs 上次输出的文件夹"
            ),
        ) from error


def refuse_same(folder: Path, earlier: Path) -> None:
    """Raise OutputError where new signs would be written over those they are compared with."""
    if folder.resolve() == earlier.resolve():
        raise OutputError(
            Text("the signs would be written over the earlier ones", "新公示牌会覆盖上次的文件"),
            file=str(folder),
            remedy=Text("Choose another folder with --out", "请用 --out 指定另一个文件夹"),
        )


def _earlier_files(folder: Path) -> tuple[str, ...]:
    if not (folder / _MANIFEST).is_file():
        return ()
    return (_ALL, *(issue.file for issue in read_issues(folder)))
