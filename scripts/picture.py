"""Take a picture of a map page: python scripts/picture.py PLAN PICTURE.png [WIDTH HEIGHT]."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def main(folder: str, picture: str, width: str = "1200", height: str = "800") -> None:
    """Open ``map.html`` of a plan in headless Chromium with no network and save what it shows."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        size = {"width": int(width), "height": int(height)}
        page = browser.new_context(viewport=size, offline=True).new_page()
        page.goto((Path(folder).absolute() / "map.html").as_uri())
        page.wait_for_timeout(2000)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
