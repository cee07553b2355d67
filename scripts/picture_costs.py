"""Draw what each weight of the cost does: python scripts/picture_costs.py [FOLDER].

One PNG a weight (off, default, strong side by side) for ``docs/costs.md``, of 长安社区 in the
sample of Wuhan, cut into small cells so that there is a choice, and searched with effort
``best``: the weight makes the difference, not the search. The figures under each panel are
printed too.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from playwright.sync_api import sync_playwright

from gridgeo.config import DEFAULT_CUT, AtomRules, Band, OpenGround, Search, Weights, read_settings
from gridgeo.model import Atoms, Bands, Partition
from gridgeo.partition import dissolve, partition_atoms
from gridgeo.pipeline import make_atoms
from gridgeo.pipeline.finer import only_communities
from gridgeo.read import read_layers

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "samples" / "wuhan" / "gridgeo.toml"
COMMUNITY = "长安社区"
BAND = Band(profile="households")
#: small cells: at most 25 households
CELLS = AtomRules(heavy_share=0.1, cell_share=0.05)
#: the streets that the picture of `straddle` takes for a railway
RAILWAY = "local"
WIDTH, HEIGHT, GAP = 280, 330, 12
FILLS = ("#8fb8de", "#f2c28b", "#a9d18e", "#d9a6c4", "#e6dd8a", "#9fd3cd", "#c7b6e6", "#e3a39b")
STREETS = {"arterial": 2.2, "collector": 1.6, "local": 1.0, "rail": 3.0}
SAME_CUT = dict.fromkeys(DEFAULT_CUT, 1.0)
STEEP_CUT = {"arterial": 0.1, "collector": 0.3, "local": 0.8, "none": 4.0}

Panel = tuple[str, Weights, Search, int | None, Atoms]


def panels(atoms: Atoms) -> dict[str, list[Panel]]:
    """Return the panels of each picture: title, weights, search, number of grids, atoms."""
    usual, search = Weights(), Search(effort="best")
    rail = with_railway(atoms)

    def of(told: list[tuple[str, Weights]], ground: Atoms = atoms) -> list[Panel]:
        return [(title, weights, search, None, ground) for title, weights in told]

    return {
        "streets": of(
            [
                ("all classes 1.0", replace(usual, cut=SAME_CUT)),
                ("default", usual),
                ("steep: arterial 0.1, none 4", replace(usual, cut=STEEP_CUT)),
            ]
        ),
        "straddle": of(
            [
                (f"straddle.rail = {w:g}", replace(usual, straddle={"rail": w}))
                for w in (0.0, 1.0, 5.0)
            ],
            rail,
        ),
        "compactness": of(
            [(f"compactness = {w:g}", replace(usual, compactness=w)) for w in (0.0, 0.5, 2.0)]
        ),
        "balance": of(
            [(f"balance_m = {w:g}", replace(usual, balance_m=w)) for w in (0.0, 100.0, 1000.0)]
        ),
        "grids": [(f"grids = {k}", usual, search, k, atoms) for k in (7, 8, 10)],
        "effort": [
            (effort, usual, replace(search, effort=effort), None, atoms)
            for effort in ("fast", "normal", "best")
        ],
    }


def with_railway(atoms: Atoms) -> Atoms:
    """Return the atoms with some streets taken for a railway that can be crossed everywhere."""
    streets = atoms.borders["street_class"]
    classes = streets.mask(streets == RAILWAY, "rail")
    return replace(atoms, borders=atoms.borders.assign(street_class=classes))


def solve(panel: Panel) -> tuple[gpd.GeoDataFrame, Partition]:
    """Return the grids of a panel and their partition."""
    _, weights, search, number, atoms = panel
    place = int(atoms.frame["community"].iloc[0])
    part = partition_atoms(
        atoms,
        band=Bands(usual=BAND, grids={} if number is None else {place: number}),
        weights=weights,
        search=search,
        open_ground=OpenGround(),
    )
    return dissolve(atoms, part), part


def figures(grids: gpd.GeoDataFrame, part: Partition, atoms: Atoms) -> str:
    """Return what is written under a panel."""
    basic = grids[grids["kind"] == "basic"]
    shape = 4 * np.pi * basic.area / basic.length**2
    inner = atoms.borders[atoms.borders["right"] >= 0]
    cut = part.labels[inner["left"]] != part.labels[inner["right"]]
    none = (inner["street_class"] == "none") & cut
    rail = (inner["street_class"] == "rail") & ~cut
    metres = inner["border_m"]
    off = (basic["households"] - (BAND.lower + BAND.upper) / 2).abs().mean()
    length = f"{metres[cut].sum():,.0f} m cut, {metres[none].sum():,.0f} off streets"
    lines = [
        f"{len(basic)} grids, {length}",
        f"mean |h-400| {off:.0f}, Polsby-Popper {shape.median():.2f} (least {shape.min():.2f})",
    ]
    if (inner["street_class"] == "rail").any():
        lines[1] = f"{metres[rail].sum():,.0f} m of railway straddled"
    return "\n".join(lines)


def draw(panel: Panel, at: int) -> Iterator[str]:
    """Yield the SVG of one panel, the one at a place in its row."""
    title, *_, atoms = panel
    grids, part = solve(panel)
    told = figures(grids, part, atoms)
    print(title, "|", told.replace("\n", " | "))
    west, south, east, north = grids.total_bounds
    scale = min((WIDTH - 10) / (east - west), (HEIGHT - 75) / (north - south))
    left = at * (WIDTH + GAP)

    def path(shape: shapely.Geometry) -> str:
        moved = shapely.transform(
            shape, lambda p: np.column_stack([(p[:, 0] - west), (north - p[:, 1])]) * scale
        )
        parts = shapely.get_parts(moved)
        rings = shapely.get_rings(parts) if shapely.get_dimensions(moved) == 2 else parts
        return "".join(
            "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring))
            for ring in rings
        )

    yield f'<g transform="translate({left + 5},28)"><text x="0" y="-10" class="t">{title}</text>'
    for fill, shape in zip(colours(grids), grids.geometry, strict=True):
        yield f'<path d="{path(shape)}" fill="{fill}" fill-rule="evenodd"/>'
    for row in atoms.borders.itertuples():
        if row.right >= 0 and row.street_class in STREETS:
            colour = "#c00" if row.street_class == "rail" else "#fff"
            wide = STREETS[row.street_class]
            yield line(path(row.geometry), colour, wide)
    for shape in grids.geometry:
        yield line(path(shape), "#222", 1.4)
    for grid in grids[grids["kind"] == "basic"].itertuples():
        point = shapely.point_on_surface(grid.geometry)
        x, y = (point.x - west) * scale, (north - point.y) * scale
        yield f'<text x="{x:.0f}" y="{y + 4:.0f}" class="n">{grid.households}</text>'
    for row, text in enumerate(told.split("\n")):
        yield f'<text x="0" y="{HEIGHT - 60 + 15 * row}" class="f">{text}</text>'
    yield "</g>"


def line(path: str, colour: str, wide: float) -> str:
    """Return the SVG of one line."""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{wide}"/>'


def colours(grids: gpd.GeoDataFrame) -> list[str]:
    """Return colours such that neighbours differ where eight colours allow it."""
    shapes = grids.geometry.to_numpy()
    chosen: list[int] = []
    for place, shape in enumerate(shapes):
        near = {chosen[i] for i in range(place) if shapely.dwithin(shape, shapes[i], 1.0)}
        chosen.append(min(set(range(len(FILLS))) - near or {0}))
    return [FILLS[number] for number in chosen]


def page(row: list[Panel]) -> str:
    """Return the page of one picture."""
    width = len(row) * (WIDTH + GAP)
    body = "".join(part for at, panel in enumerate(row) for part in draw(panel, at))
    style = (
        "body{margin:0;background:#fff}text{font-family:sans-serif}.t{font-size:14px;"
        "font-weight:bold}.n{font-size:11px;text-anchor:middle}.f{font-size:11px;fill:#333}"
    )
    return (
        f'<style>{style}</style><svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{HEIGHT}">{body}</svg>'
    )


def main(folder: str = str(ROOT / "docs" / "images")) -> None:
    """Draw all pictures into `folder`."""
    settings = replace(read_settings(SAMPLE), atoms=CELLS)
    atoms = make_atoms(read_layers(settings.read), settings)
    place = atoms.communities["name"].tolist().index(COMMUNITY)
    atoms = only_communities(atoms, [place])
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, row in panels(atoms).items():
            print("==", name)
            size = {"width": len(row) * (WIDTH + GAP), "height": HEIGHT}
            view = browser.new_context(viewport=size, offline=True).new_page()
            view.set_content(page(row))
            view.screenshot(path=str(Path(folder) / f"cost-{name}.png"))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
