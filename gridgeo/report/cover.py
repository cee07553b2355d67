"""The cover of a package: one A4 page that is printed, signed and sent with it."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from gridgeo.approval import APPROVED, DRAFT
from gridgeo.maps.escape import visible
from gridgeo.maps.style import CHANGE_COLOURS, CHANGE_MARK, GRID_LINE, KIND_COLOURS
from gridgeo.report.figures import on_paper, path_of
from gridgeo.report.page import PAGES
from gridgeo.rulebook import CARDS
from gridgeo.submission import Submission
from gridgeo.text import Text
from gridgeo.words import CHANGES, KINDS, word

_WIDTH, _HEIGHT = 680.0, 320.0
#: Retired grids are among the old ones.
_SIDE = {"retired": "old"}
_FILES = {
    ".gpkg": Text("grids, crosswalk (master)", "网格、编码对照（主文件）"),
    ".shp": Text("grids, shapefile", "网格图形（shp）"),
    ".shx": Text("shapefile, index", "shp 索引"),
    ".dbf": Text("shapefile, attributes", "shp 属性"),
    ".prj": Text("shapefile, CRS", "shp 坐标系"),
    ".cpg": Text("shapefile, encoding", "shp 编码"),
    ".xlsx": Text("workbook", "工作簿"),
    ".json": Text("facts for machines", "机读摘要"),
}


def cover_page(told: Submission, sums: Mapping[str, str]) -> str:
    """Return the cover of a package as an HTML page without script or network.

    Parameters
    ----------
    sums
        The SHA-256 of each file of the package, by name.
    """
    lang = told.settings.lang
    summary = told.told.summary
    return PAGES.get_template("cover.html.j2").render(
        lang=lang,
        say=lambda en, zh: Text(en, zh).say(lang),
        text=visible,
        told=told,
        state=(DRAFT if told.approval is None else APPROVED).say(lang),
        summary=summary,
        counts=_counts(told),
        households=int(told.grids["households"].sum()),
        recoded=0 if told.first else _recoded(told),
        crs="" if told.grids.crs is None else told.grids.crs.name,
        drawing=drawing(told),
        cards=[
            {
                "title": word(CARDS, card["card"], lang),
                "before": _card(card, "before", told),
                "after": _card(card, "after", told),
            }
            for card in told.scorecard
        ],
        files=[(name, _FILES["." + name.partition(".")[2]].say(lang), sums[name]) for name in sums],
    )


def _recoded(told: Submission) -> int:
    """Return how many of the grids changed nothing but their code."""
    grids = told.grids
    return int(((grids["change"] == "unchanged") & (grids["code"] != grids["old_code"])).sum())


def _counts(told: Submission) -> list[tuple[str, int, str]]:
    """Return label, number and colour: of kinds at first, then of what became of the grids."""
    lang, summary = told.settings.lang, told.told.summary
    if told.first:
        kinds = told.grids["kind"].value_counts()
        return [
            (word(KINDS, kind, lang), int(kinds.get(kind, 0)), colour)
            for kind, colour in KIND_COLOURS.items()
        ]
    return [
        (word(CHANGES, change, lang), summary[_SIDE.get(change, "new")][change], colour)
        for change, colour in CHANGE_COLOURS.items()
    ]


def _card(card: Mapping[str, object], side: str, told: Submission) -> str:
    state, count = card[f"state_{side}"], card[f"count_{side}"]
    found = Text(f"{count} open", f"{count} 项")
    words = {
        "green": Text("✓", "✓"),
        "amber": found,
        "red": found,
        "unknown": Text("not checked", "未检查"),
    }
    return words.get(str(state), Text("—", "—")).say(told.settings.lang)


def drawing(told: Submission) -> Markup:
    """Return a drawing of the grids by what became of them, with ground that changed hatched."""
    rows = told.told.changes
    rows = rows[(rows["new_code"] != "") & ~rows.geometry.is_empty]
    if rows.empty:
        return Markup("")
    west, south, east, north = rows.total_bounds
    scale = min(_WIDTH / max(east - west, 1), _HEIGHT / max(north - south, 1))
    drawn = on_paper(rows.geometry.to_numpy(), west, north, scale)
    walk = told.told.crosswalk
    moved = walk[walk["moved"] & ~walk.geometry.is_empty & (walk["old_code"] != "")]
    patch = Markup('<path d="{}" fill="{}" stroke="{}" stroke-width="0.5"/>')
    colours = KIND_COLOURS if told.first else CHANGE_COLOURS
    kinds = rows["kind" if told.first else "change"].to_numpy()
    patches = [
        patch.format(path_of(drawn[kinds == kind]), colour, GRID_LINE)
        for kind, colour in colours.items()
        if (kinds == kind).any()
    ]
    if len(moved):
        ground = on_paper(moved.geometry.to_numpy(), west, north, scale)
        patches.append(patch.format(path_of(ground), "url(#hatch)", CHANGE_MARK))
    return Markup(
        '<svg class="map" role="img" viewBox="-2 -2 {:.0f} {:.0f}" stroke-linejoin="round"><defs>'
        '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="5" stroke="{}" '
        'stroke-width="1.4"/></pattern></defs>{}</svg>'
    ).format(
        (east - west) * scale + 4,
        (north - south) * scale + 4,
        CHANGE_MARK,
        Markup("").join(patches),
    )
