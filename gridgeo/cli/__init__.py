"""The command line: the only place that prints and exits."""

from __future__ import annotations

import sys

from gridgeo.cli.commands import app
from gridgeo.cli.console import silence_libraries, warn_of_conflict

__all__ = ["app", "main", "silence_libraries", "warn_of_conflict"]


def main() -> None:
    """Run the command line; consoles that lack a character get a substitute, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    silence_libraries()
    warn_of_conflict()
    app()
