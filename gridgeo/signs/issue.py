"""Which signs are printed: versions, what changed since the last issue, and the folder of PDFs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gridgeo.errors import InputError, OutputError, why
from gridgeo.hashes import as_json
from gridgeo.report.folder import Writer, write_folder
from gridgeo.signs.code_mark import payload, qr_svg, token_of
from gridgeo.signs.content import Sign
from gridgeo.signs.press import Press
from gridgeo.text import Text

MANIFEST = "signs.json"
ALL = "signs.pdf"
_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)\d|signs", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One sign as it is issued.

    ``content``: the fingerprint of what it says of its own grid. ``drawn``: the fingerprint of all
    that is printed on it, the grids beside it too.
    """

    code: str
    file: str
    version: int
    date: str
    token: str
    content: str
    drawn: str


@dataclass(frozen=True, kw_only=True)
class Issues:
    """All signs that hold after this issue, and which of them are printed or come down.

    ``aged``: those that hold although grids beside theirs have changed since they were printed.
    """

    held: tuple[Issue, ...]
    printed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    aged: tuple[str, ...]


def plan_issues(
    signs: Sequence[Sign],
    press: Press,
    *,
    date: str,
    url: str = "",
    since: Sequence[Issue] | None = None,
) -> Issues:
    """Return what is to be printed.

    1. Without `since` all signs are printed, in version 1.
    2. With it, a sign that says something else of its own grid, or whose template, paper or address
       changed, gets the next version and `date`; the others keep theirs and are not printed.
    3. Where only the grids beside it changed, a sign holds, and is listed as aged.
    4. Signs of grids that are gone come down.
    """
    before = {issue.code: issue for issue in since or ()}
    common = hashlib.sha256(press.source() + f"{press.size} {url}".encode()).hexdigest()
    names = _file_names([sign.code for sign in signs])
    held, printed, aged = [], [], []
    for sign, name in zip(signs, names, strict=True):
        own, drawn = (_fingerprint(said, press.labels, common) for said in (sign.own, sign.content))
        old = before.get(sign.code)
        if old is not None and old.content == own:
            held.append(replace(old, file=name))
            if old.drawn != drawn:
                aged.append(sign.code)
        else:
            held.append(_next(old, sign.code, name, date, (own, drawn)))
            printed.append(sign.code)
    gone = tuple(code for code in before if code not in {sign.code for sign in signs})
    return Issues(held=tuple(held), printed=tuple(printed), withdrawn=gone, aged=tuple(aged))


def _next(
    old: Issue | None, code: str, file: str, date: str, fingerprints: tuple[str, str]
) -> Issue:
    version = 1 if old is None else old.version + 1
    content, drawn = fingerprints
    token = token_of(code, version, date)
    return Issue(
        code=code, file=file, version=version, date=date, token=token, content=content, drawn=drawn
    )


def _fingerprint(content: Mapping[str, Any], labels: Mapping[str, str], common: str) -> str:
    told = json.dumps([content, dict(labels), common], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


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
    press: Press,
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
        The folder holds anything but signs, or signs without `overwrite`.
    """
    content = {sign.code: sign.content for sign in signs}
    pages = [
        (issue, _page(content[issue.code], issue, url))
        for issue in issues.held
        if issue.code in set(issues.printed)
    ]
    writers: list[Writer] = [
        (issue.file, partial(_write, press, [page], issue.date)) for issue, page in pages
    ]
    if pages:
        whole = [page for _, page in pages]
        writers.append((ALL, partial(_write, press, whole, pages[0][0].date)))
    writers.append((MANIFEST, partial(_write_manifest, issues)))
    ours = _earlier_files(folder)
    return write_folder(folder, writers, overwrite=overwrite, ours=ours)


def _page(content: Mapping[str, Any], issue: Issue, url: str) -> dict[str, Any]:
    text = payload(issue.code, issue.token, url)
    return {**content, "version": str(issue.version), "date": issue.date, "qr": qr_svg(text)}


def _write(press: Press, pages: Sequence[Mapping[str, Any]], date: str, path: Path) -> None:
    path.write_bytes(press.pages(pages, date))


def _write_manifest(issues: Issues, path: Path) -> None:
    fields = ("code", "file", "version", "date", "token", "content", "drawn")
    signs = [{name: getattr(issue, name) for name in fields} for issue in issues.held]
    told = {"signs": signs} | {
        name: list(getattr(issues, name)) for name in ("printed", "withdrawn", "aged")
    }
    path.write_text(as_json(told), encoding="utf-8")


def read_issues(folder: Path) -> tuple[Issue, ...]:
    """Return the signs that ``signs.json`` in `folder` holds.

    Raises
    ------
    InputError
        There is none, or it is not one of ours.
    """
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        # a manifest without `drawn` is an old one, whose signs are all printed once more
        return tuple(Issue(**{"drawn": "", **row}) for row in told["signs"])
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
    if not (folder / MANIFEST).is_file():
        return ()
    return (ALL, *(issue.file for issue in read_issues(folder)))
