"""Draw the pictures of the READMEs from the sample of Wuhan: python scripts/pictures.py [FOLDER].

The map page, adjusting in it, the report, a notice sign and the map of changes; each a PNG of 96
colours, below 150 KB. Needs Chromium, and pdftoppm (poppler-utils) for the sign.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from roster import fill_roster
from typer.testing import CliRunner

from gridgeo.cli import app

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "samples" / "wuhan"
COLOURS, LARGEST = 96, 150_000
SIGN = "420102003008001"
#: What is run, in a copy of the sample; the band is narrowed before the fourth.
COMMANDS = (
    "partition --out plan",
    "signs plan --write-roster people.xlsx",
    "signs plan --people people.xlsx --date 2026-11-23 --out signs",
    "adjust plan/plan.gpkg::grids --settings gridgeo.toml --out adjusted",
    "diff plan adjusted --out changes",
)


def prepare() -> None:
    """Run `COMMANDS` in the current folder."""
    for number, line in enumerate(COMMANDS):
        if number == 2:
            fill_roster(Path("people.xlsx"), Path("people.xlsx"))
        if number == 3:
            narrow = Path("gridgeo.toml").read_text("utf-8").replace("upper = 500", "upper = 468")
            Path("gridgeo.toml").write_text(narrow, "utf-8")
        told = CliRunner().invoke(app, line.split())
        if told.exit_code:
            raise RuntimeError(f"{line}: {told.output}") from told.exception


def adjusting(page: Page) -> None:
    """Go to a community, turn adjusting on, and put an atom of one grid into the grid beside it."""
    page.keyboard.press("/")
    page.keyboard.type("长安")
    page.keyboard.press("Enter")
    page.wait_for_timeout(6_500)  # what was found flashes no more
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.mouse.move(424, 300)
    page.keyboard.press("t")
    page.mouse.click(580, 320)


def shoot(browser: Browser, file: str, size: tuple[int, int], act: Callable[[Page], None]) -> bytes:
    """Return what a page shows after `act`, with no network."""
    view = {"width": size[0], "height": size[1]}
    page = browser.new_context(viewport=view, offline=True).new_page()
    page.goto(Path(file).absolute().as_uri())
    page.wait_for_timeout(1500)
    act(page)
    page.wait_for_timeout(800)
    return page.screenshot()


def sign() -> bytes:
    """Return one sign as PNG."""
    pdftoppm = shutil.which("pdftoppm")
    if pdftoppm is None:
        raise FileNotFoundError("pdftoppm: install poppler-utils")
    command = [pdftoppm, "-png", "-r", "70", "-singlefile", f"signs/{SIGN}.pdf", "sign"]
    subprocess.run(command, check=True)  # noqa: S603
    return Path("sign.png").read_bytes()


def save(data: bytes, path: Path) -> None:
    """Write a picture with few colours."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path.name, path.stat().st_size)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} is too large")


def main(folder: str = str(ROOT / "docs" / "images")) -> None:
    """Draw all pictures into `folder`."""
    target = Path(folder).absolute()
    with tempfile.TemporaryDirectory() as work, sync_playwright() as play:
        shutil.copytree(SAMPLE, work, dirs_exist_ok=True)
        with chdir(work):
            prepare()
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            look = (1200, 760)
            save(shoot(browser, "plan/map.html", look, lambda _: None), target / "map.png")
            save(shoot(browser, "plan/map.html", look, adjusting), target / "adjusting.png")
            save(
                shoot(browser, "plan/report.html", (1000, 900), lambda _: None),
                target / "report.png",
            )
            save(
                shoot(browser, "changes/changes.html", look, lambda _: None),
                target / "changes.png",
            )
            save(sign(), target / "sign.png")
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
