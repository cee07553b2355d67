"""docs/tutorial.md is true: its commands run, and what it shows is what they print."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from typer.testing import CliRunner

from gridgeo.cli import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
STEPS = re.findall(r"^```(sh|text|python)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
#: The first step copies the sample: here into a temporary folder.
COPY = "cp -r data/samples/wuhan tour\ncd tour\n"


def run(line):
    """Run one line of the tutorial and return what it prints."""
    if not line.startswith("gridgeo "):
        subprocess.run(["/bin/sh", "-c", line], check=True)
        return ""
    told = CliRunner().invoke(app, shlex.split(line)[1:])
    assert told.exit_code == 0, (line, told.output)
    return told.output


def squeezed(text):
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]


def test_the_commands_print_what_is_shown(tmp_path, monkeypatch):
    assert STEPS[0] == ("sh", COPY)
    shutil.copytree(ROOT / "data" / "samples" / "wuhan", tmp_path / "tour")
    monkeypatch.chdir(tmp_path / "tour")
    printed: list[str] = []
    for kind, text in STEPS[1:]:
        if kind == "sh":
            printed = [out for line in text.splitlines() for out in squeezed(run(line))]
        elif kind == "text":
            rest = iter(printed)
            for line in squeezed(text):
                assert any(out.startswith(line) for out in rest), (line, printed)
        else:
            exec(compile(text, "tutorial.md", "exec"), {})
    named = set(re.findall(r"`((?:plan|first|changes)/[\w.]+|upward/|people\.xlsx)`", TEXT))
    assert {"plan/map.html", "changes/changes.html", "upward/"} <= named
    assert [name for name in sorted(named) if not Path(name).exists()] == []
