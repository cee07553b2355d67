"""What `record.py` keeps of a file: hashes of what it says and of what it looks like.

`facts_of` returns a flat dict of names and hashes. The first is of the whole file where its bytes
must not change; the others say where a change is: a table of a GeoPackage, a part of a workbook,
the data of a page apart from its code.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

#: What a run may differ in from another.
TIMED = ("seconds", "peak_mb")
#: A literal in a script that reads as JSON is data from this length on, and code below.
LEAST_DATA = 200
PAPER_DPI = 100
WIDE, HIGH, HIGHEST = 1200, 760, 8000
#: The key that turns adjusting on in a map: atoms are drawn only then.
ADJUSTING = "e"
_BLOCK = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"[\[{]")
_STILL = 12


def facts_of(path: Path, pictures: Path, browser: Browser | None) -> dict[str, str]:
    """Return what is recorded of a file; pictures of it are written as `pictures` and a suffix."""
    if path.suffix == ".html":
        return _page(path, pictures, browser)
    if path.suffix == ".pdf":
        return _paper(path, pictures)
    if path.name == "run.json":
        return {"without times": _hash(_untimed(json.loads(path.read_text("utf-8"))))}
    if path.suffix == ".csv":
        return {"without date": _hash(path.read_text("utf-8").replace(_today(), "TODAY"))}
    parts = PARTS.get(path.suffix, lambda _: {})
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **parts(path)}


def page_facts(html: str) -> dict[str, str]:
    """Return the hashes of a page: its data, its markup, and apart from these code and style.

    Data is what stands in script elements of JSON, by their id, and the JSON literals of
    `LEAST_DATA` characters and more in other scripts; it is compared as values, so that spaces and
    the order of keys do not count. A script that has such literals was written for this page: what
    it is without them is "page script", all other scripts are "code". Markup is the page without
    its scripts and styles.
    """
    facts: dict[str, str] = {}
    literals: list[Any] = []
    texts: dict[str, list[str]] = {"page script": [], "code": [], "style": []}
    for kind, attributes, text in _BLOCK.findall(html):
        if kind.lower() == "style":
            texts["style"].append(text)
        elif "json" in attributes:
            name = re.search(r'\bid="([^"]*)"', attributes)
            facts[f"data {name[1] if name else len(facts)}"] = _hash(json.loads(text))
        else:
            rest, found = split_code(text)
            texts["page script" if found else "code"].append(rest)
            literals += found
    if literals:
        facts["data in scripts"] = _hash(literals)
    facts["markup"] = _hash(_squeezed(_BLOCK.sub(" ", html)))
    for name, found in texts.items():
        if found:
            facts[name] = _hash(_squeezed("\n".join(found)))
    return facts


def split_code(script: str) -> tuple[str, list[Any]]:
    """Return a script without its data, and the data: its large JSON literals, outermost first."""
    decoder = json.JSONDecoder()
    rest, values, kept, at = [], [], 0, 0
    while (opening := _OPENING.search(script, at)) is not None:
        start = opening.start()
        try:
            value, end = decoder.raw_decode(script, start)
        except ValueError:
            at = start + 1
            continue
        if end - start >= LEAST_DATA:
            rest.append(script[kept:start])
            values.append(value)
            kept = end
        at = end
    return "".join([*rest, script[kept:]]), values


def tool(name: str) -> str:
    """Return the path of a program."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name}: install poppler-utils and chromium")
    return found


def _page(path: Path, pictures: Path, browser: Browser | None) -> dict[str, str]:
    facts = page_facts(path.read_text("utf-8"))
    if browser is None:
        return facts
    context = browser.new_context(
        viewport={"width": WIDE, "height": HIGH}, offline=True, reduced_motion="reduce"
    )
    with closing(context):
        page = context.new_page()
        page.goto(path.absolute().as_uri(), wait_until="load")
        page.evaluate("document.fonts.ready")
        height = page.evaluate("document.documentElement.scrollHeight")
        if height > HIGH:
            page.set_viewport_size({"width": WIDE, "height": min(height, HIGHEST)})
        shots = {"screenshot": _still(page)}
        if page.locator(".leaflet-container").count():
            page.keyboard.press(ADJUSTING)
            shots["screenshot adjusting"] = _still(page)
    pictures.parent.mkdir(parents=True, exist_ok=True)
    for name, data in shots.items():
        pictures.with_name(f"{pictures.name} {name}.png").write_bytes(data)
    return facts | {name: _pixels(data) for name, data in shots.items()}


def _still(page: Page) -> bytes:
    """Return the page once it does not change any more."""
    before = b""
    for _ in range(_STILL):
        page.wait_for_timeout(300)
        now = page.screenshot(animations="disabled", caret="hide")
        if now == before:
            return now
        before = now
    raise RuntimeError(f"{page.url} does not come to rest")


def _paper(path: Path, pictures: Path) -> dict[str, str]:
    text = subprocess.run(  # noqa: S603
        [tool("pdftotext"), "-layout", str(path), "-"], check=True, capture_output=True
    ).stdout
    pictures.parent.mkdir(parents=True, exist_ok=True)
    pictures.with_name(f"{pictures.name}.txt").write_bytes(text)
    command = [tool("pdftoppm"), "-png", "-r", str(PAPER_DPI), str(path), str(pictures)]
    subprocess.run(command, check=True)  # noqa: S603
    facts = {"text": _hash(text.decode("utf-8"))}
    pages = sorted(pictures.parent.glob(f"{pictures.name}-*.png"))
    for number, page in enumerate(pages, start=1):
        facts[f"page {number}"] = _pixels(page.read_bytes())
    return facts


def _tables(path: Path) -> dict[str, str]:
    """Return a hash of each table of a GeoPackage but the indices: its columns and its rows."""
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    ) as db:
        tables = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            f"table {name}": _digest(_rows(db, name, sql))
            for name, sql in sorted(tables)
            if not name.startswith(("rtree_", "sqlite_"))
        }


def _rows(db: sqlite3.Connection, name: str, sql: str) -> Iterator[bytes]:
    yield sql.encode()
    quoted = name.replace('"', '""')
    for row in db.execute(f'SELECT * FROM "{quoted}" ORDER BY rowid'):  # noqa: S608
        yield repr(row).encode()


def _members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {f"part {name}": _digest([archive.read(name)]) for name in archive.namelist()}


def _untimed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _untimed(held) for key, held in value.items() if key not in TIMED}
    return [_untimed(held) for held in value] if isinstance(value, list) else value


def _today() -> str:
    """Return the day of the run: ledgers name it, and no option of `verify` sets it."""
    return dt.datetime.now(tz=dt.UTC).date().isoformat()


def _pixels(data: bytes) -> str:
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    return _digest([repr(picture.size).encode(), picture.tobytes()])


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _hash(value: Any) -> str:
    return _digest([json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8")])


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


#: Kinds of files of which the parts are recorded too, to say where a difference is.
PARTS = {".gpkg": _tables, ".xlsx": _members, ".zip": _members}
