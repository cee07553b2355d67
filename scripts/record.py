"""Record what gridgeo makes, to show that a change of its code changes no result.

    python scripts/record.py make DATA OUT.json [--only NAME ...] [--jobs N] [--gridgeo PATH]
    python scripts/record.py compare OLD.json NEW.json

`make` runs the cities of `verify_cities.py` (DATA holds a folder for each) and one run of each
command (`recorded_runs.py`), with the `gridgeo` beside this Python or the one of ``--gridgeo``,
and writes exit codes, what was printed and hashes of every file (`recorded_files.py`). Files and
pictures stay in the folder OUT for a look. `compare` prints each difference and exits with 1 where
there is one. Needs Chromium and poppler-utils. Both records are to be made on one machine, with the
same DATA (reports name its path), fonts and packages; `compare` names what is not the same.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from recorded_files import facts_of, tool
from recorded_runs import OURS, SAMPLE, Run, runs_on, with_needed

SWITCHES = ("--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--hide-scrollbars",
            "--font-render-hinting=none", "--disable-background-networking")  # fmt: skip
#: The same words and widths wherever it runs.
SURROUNDINGS = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
MOST_LINES = 20
#: The exit code of gridgeo where it made nothing; nothing that builds on it can be run.
UNUSABLE = 2
_SECONDS = re.compile(r"\d+(\.\d+)? ?(s\b|seconds?\b|min\b|秒|分钟)")
_MEMORY = re.compile(r"\d[\d,.]* ?MB\b")


def main(arguments: list[str]) -> int:
    """Make or compare, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    does = parser.add_subparsers(dest="does", required=True)
    maker = does.add_parser("make")
    maker.add_argument("data", type=Path)
    maker.add_argument("out", type=Path)
    maker.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these runs alone")
    maker.add_argument("--jobs", type=int, default=2, help="runs at a time")
    maker.add_argument("--gridgeo", type=Path, default=Path(sys.executable).parent / "gridgeo")
    comparer = does.add_parser("compare")
    comparer.add_argument("old", type=Path)
    comparer.add_argument("new", type=Path)
    given = parser.parse_args(arguments)
    if given.does == "compare":
        return compare(given.old, given.new)
    make(given.data, given.out, only=given.only, jobs=given.jobs, gridgeo=given.gridgeo)
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where runs are done: the folder of the record, the command, the folder of the cities."""

    folder: Path
    gridgeo: Path
    data: Path


def make(data: Path, out: Path, *, only: list[str], jobs: int, gridgeo: Path) -> None:
    """Run what is asked for and write the record."""
    bench = Bench(
        folder=out.absolute().with_suffix(""), gridgeo=gridgeo.absolute(), data=data.absolute()
    )
    runs = runs_on(str(bench.data))
    if unknown := sorted(set(only) - set(runs)):
        raise SystemExit(f"no run {', '.join(unknown)}; the runs are {', '.join(runs)}")
    names = with_needed(only, runs) if only else list(runs)
    made_with = {**tools(bench.gridgeo), "data": str(bench.data)}
    record = {"tools": made_with, "only": sorted(only), "runs": {}}
    print(f"code: {made_with['code']}", flush=True)
    start = time.perf_counter()
    with sync_playwright() as play, ThreadPoolExecutor(jobs) as pool:
        browser = play.chromium.launch(executable_path=tool("chromium"), args=list(SWITCHES))
        for name, printed in in_turn(pool, names, runs, bench):
            files = record_files(name, runs[name], bench.folder, browser)
            record["runs"][name] = {"commands": printed, "files": files}
            print(f"{time.perf_counter() - start:6.1f} s  {name}: {len(files)} files", flush=True)
        browser.close()
    record["runs"] = dict(sorted(record["runs"].items()))
    out.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")
    print(f"{out}; files and pictures in {bench.folder}")


def in_turn(
    pool: ThreadPoolExecutor, names: list[str], runs: dict[str, Run], bench: Bench
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each run that is done and what its commands printed; each starts once it can."""
    started: dict[Future[list[dict[str, Any]]], str] = {}

    def begin(after: str) -> None:
        for name in names:
            if runs[name].after == after:
                started[pool.submit(carry_out, name, runs[name], bench)] = name

    begin("")
    while started:
        future = next(as_completed(started))
        name = started.pop(future)
        printed = future.result()
        if printed[-1]["exit"] < UNUSABLE:
            begin(name)
        else:
            print(f"{name}: {' '.join(printed[-1]['stderr'][-1:])} (runs after it are left out)")
        yield name, printed


def carry_out(name: str, run: Run, bench: Bench) -> list[dict[str, Any]]:
    """Do the steps of a run in its folder and return what its commands printed."""
    place = bench.folder / "runs" / name
    shutil.rmtree(place, ignore_errors=True)
    begun = _begun(run, bench.folder)
    if begun is None:
        place.mkdir(parents=True)
    else:
        shutil.copytree(begun, place)
    printed = []
    for step in run.steps:
        if callable(step):
            step(place)
        else:
            printed.append(_command(step, place, bench))
            if printed[-1]["exit"] >= UNUSABLE:
                break
    return printed


def _command(step: list[str], place: Path, bench: Bench) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603
        [str(bench.gridgeo), *step],
        cwd=place,
        env={**os.environ, **SURROUNDINGS},
        capture_output=True,
        check=False,
    )
    paths = {str(place): "FOLDER", str(bench.data): "DATA"}
    return {
        "command": plain(shlex.join(["gridgeo", *step]), paths),
        "exit": done.returncode,
        "stdout": plain(done.stdout.decode("utf-8"), paths).splitlines(),
        "stderr": plain(done.stderr.decode("utf-8"), paths).splitlines(),
    }


def plain(text: str, paths: dict[str, str]) -> str:
    """Return what was printed without seconds, memory, `paths` and spaces at the ends of lines."""
    for path, name in paths.items():
        text = text.replace(path, name)
    text = _MEMORY.sub("N MB", _SECONDS.sub(r"N \2", text))
    return "\n".join(line.rstrip() for line in text.splitlines())


def record_files(
    name: str, run: Run, folder: Path, browser: Browser | None
) -> dict[str, dict[str, str]]:
    """Return what is recorded of each file that a run wrote or changed, by its path."""
    place, pictures = folder / "runs" / name, folder / "pictures" / name
    shutil.rmtree(pictures, ignore_errors=True)
    before = _begun(run, folder)
    facts = {}
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        made = path.is_file() and inside.as_posix() not in OURS
        if made and not _same(path, before and before / inside):
            facts[inside.as_posix()] = facts_of(path, pictures / inside, browser)
    return facts


def _begun(run: Run, folder: Path) -> Path | None:
    """Return the folder that a run begins as a copy of."""
    return folder / "runs" / run.after if run.after else SAMPLE if run.sample else None


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and other.is_file() and path.read_bytes() == other.read_bytes()


def tools(gridgeo: Path) -> dict[str, str]:
    """Return what a record was made with: the code, and what draws its pictures."""
    python = gridgeo.with_name("python")
    where = _said(str(python), "-c", "import gridgeo; print(gridgeo.__file__)")
    packages = _said(str(python), "-m", "pip", "freeze", "--exclude-editable")
    fonts = "\n".join(sorted(_said(tool("fc-list")).splitlines()))
    return {
        "code": where,
        "packages": hashlib.sha256(packages.encode()).hexdigest()[:16],
        "fonts": hashlib.sha256(fonts.encode()).hexdigest()[:16],
        "chromium": _said(tool("chromium"), "--version"),
        "poppler": _said(tool("pdftoppm"), "-v").splitlines()[0],
    }


def _said(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, cwd="/")  # noqa: S603
    return (done.stdout or done.stderr).decode("utf-8").strip()


def compare(old: Path, new: Path) -> int:
    """Print what differs between two records and return 1 where anything does."""
    before, after = (json.loads(path.read_text("utf-8")) for path in (old, new))
    for name in sorted(set(before["tools"]) - {"code"}):
        if before["tools"][name] != after["tools"].get(name):
            print(f"note: made with other {name}: what differs may come from that")
    found = list(differences(before, after))
    for line in found:
        print(line)
    shown = len(after["runs"])
    print(f"{len(found)} differences in {shown} runs" if found else f"{shown} runs: all the same")
    if found:
        print(f"files and pictures: {old.with_suffix('')} and {new.with_suffix('')}")
    return int(bool(found))


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Yield what differs, as run, file, what; of a record of some runs alone only these count."""
    old, new = before["runs"], after["runs"]
    names = set(old) | set(new)
    for record in (before, after):
        names &= set(record["runs"]) if record["only"] else names
    for name in sorted(names):
        if name not in old or name not in new:
            yield f"{name}: the run is {'new' if name in new else 'missing'}"
            continue
        yield from _printed(name, old[name]["commands"], new[name]["commands"])
        yield from _files(name, old[name]["files"], new[name]["files"])


def _printed(name: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{name}: {len(old)} commands before, {len(new)} now"
    for was, now in zip(old, new, strict=False):
        command = f"{name}: {now['command'].split()[1]}"
        if was["command"] != now["command"]:
            yield f"{command}: the command was {was['command']}, is {now['command']}"
        if was["exit"] != now["exit"]:
            yield f"{command}: exit code {was['exit']} -> {now['exit']}"
        for stream in ("stdout", "stderr"):
            changed = [
                line
                for line in difflib.unified_diff(was[stream], now[stream], n=0, lineterm="")
                if not line.startswith(("---", "+++", "@@"))
            ]
            if changed:
                more = [f"... {len(changed) - MOST_LINES} more"] if changed[MOST_LINES:] else []
                yield "\n    ".join([f"{command}: {stream}", *changed[:MOST_LINES], *more])


def _files(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path in sorted(set(old) | set(new)):
        if path not in old or path not in new:
            yield f"{name}: {path}: the file is {'new' if path in new else 'missing'}"
            continue
        was, now = old[path], new[path]
        changed = [fact for fact in {**was, **now} if was.get(fact) != now.get(fact)]
        if changed:
            yield f"{name}: {path}: {', '.join(changed)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
