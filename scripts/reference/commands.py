"""``commands.md``: every command with its options, as typer writes them."""

from __future__ import annotations

import re
import subprocess
import sys

from scripts.reference.markdown import NOTE


def commands_page() -> str:
    """Return what ``typer ... utils docs`` says of the command line."""
    docs = [
        sys.executable,
        "-m",
        "typer",
        "gridgeo.cli.commands",
        "utils",
        "docs",
        "--name",
        "gridgeo",
    ]
    told = subprocess.run(docs, check=True, capture_output=True, encoding="utf-8").stdout  # noqa: S603
    told = re.sub(r"^\$ gridgeo .*", _without_braces, told, flags=re.MULTILINE)
    return NOTE + told.replace("# `gridgeo`", "# Commands 命令", 1).rstrip() + "\n"


def _without_braces(usage: re.Match[str]) -> str:
    return usage[0].replace("{", "").replace("}", "")
