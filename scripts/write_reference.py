"""Write ``docs/reference`` from the code: python -m scripts.write_reference."""

from __future__ import annotations

import tempfile
from pathlib import Path

from scripts.reference.checks import checks_page
from scripts.reference.commands import commands_page
from scripts.reference.folders import write_folders
from scripts.reference.outputs import outputs_page
from scripts.reference.python import python_pages
from scripts.reference.settings import settings_page

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def pages(folder: Path) -> dict[str, str]:
    """Return every page by its path; `folder` is an empty one to work in."""
    write_folders(folder)
    return {
        "checks.md": checks_page(),
        "commands.md": commands_page(),
        "outputs.md": outputs_page(folder),
        "settings.md": settings_page(),
        **{f"python/{name}.md": text for name, text in python_pages().items()},
    }


def main() -> None:
    """Write all pages, and remove those that are no more."""
    with tempfile.TemporaryDirectory() as folder:
        written = pages(Path(folder))
    for path in FOLDER.rglob("*.md"):
        if path.relative_to(FOLDER).as_posix() not in written:
            path.unlink()
    for name, text in written.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
