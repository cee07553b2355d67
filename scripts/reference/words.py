"""What the files, layers and columns on ``outputs.md`` are for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_PROVINCE = """`parts/ID/` holds every layer of a part as GeoParquet (`gridgeo.province.load_chunk`
reads it as a plan), `input/` what was read for it; both let a run go on where it stopped
([scale.md](../scale.md))."""
_VERIFY = """With `--out`: the files of `gridgeo partition` about the grids as they are. The
ledger of findings (CSV) stays where it is, beside the grids."""
_APPROVE = """The plan stays in its folder, sealed. With `--codes` the register is written; a
`.csv` or `.parquet` has the same columns, a `.csv` no geometry."""
#: For each command where its files stand in the folders of this page, and a word about them. Files
#: that another command described are not told again.
FOLDERS: Mapping[str, tuple[tuple[str, ...], str]] = MappingProxyType(
    {
        "partition": (("plan/*",), ""),
        "partition --by township": (("province/*.*",), _PROVINCE),
        "verify": ((), _VERIFY),
        "review": (
            (
                "review/round-1/ledger*.csv",
                "review/round-1/findings.xlsx",
                "review/round-1/sample.*",
                "review/round-1/round.json",
            ),
            "In `round-1/`, `round-2/` and so on: the files of `gridgeo verify --out`, and:",
        ),
        "review report": (("review/round-1/review.*",), "Beside the others of the last round:"),
        "repair": (("mended/repaired.gpkg",), "And `run.json`."),
        "adjust": (("adjusted/proposals.*",), "The files of `gridgeo partition`, and:"),
        "diff": (("changes/changes.*",), "And `summary.json`, `run.json`."),
        "approve": (("codes.gpkg",), _APPROVE),
        "submit": (("upward/*",), ""),
        "signs": (("signs/signs.*", "signs/420102003008001.pdf"), ""),
    }
)
#: What each file is for; of the same name in another folder where its path stands here.
FILES: Mapping[str, str] = MappingProxyType(
    {
        "map.html": "looking and adjusting by hand, without network ([map.md](../map.md))",
        "report.html": "reading and printing ([report.md](../report.md))",
        "grids.xlsx": "Excel and WPS",
        "plan.gpkg": "QGIS, and every other command",
        "grids.geojson": "other systems: the layer `grids` in EPSG:4326",
        "summary.json": "figures for machines",
        "run.json": "seconds, memory, versions, hashes of the inputs: how this run went",
        "province/report.html": "parts and districts, what broke a rule, failed parts",
        "province/grids.gpkg": "all grids, communities and findings in one file",
        "grids.parquet": "all grids as GeoParquet, for analysis",
        "manifest.json": "the parts with the SHA-256 of their files: what is done already",
        "ledger.csv": "the findings of the review, with who corrects and verifies them",
        "ledger-before.csv": "the ledger at the end of the round before",
        "round.json": "the record of the round: number, day, by whom, the sample",
        "findings.xlsx": "filling in who corrects, corrected, verified, exceptions; goes back in "
                         "with `gridgeo review fill`",
        "sample.xlsx": "filling in what was seen on the street; goes back in as well",
        "sample.pdf": "a page a grid, with a map, to take to the street",
        "review.docx": "the report, to be finished in Word or WPS and signed",
        "review.pdf": "the same report on paper",
        "repaired.gpkg": "the mended grids with all columns they came with, and an account",
        "proposals.xlsx": "deciding: column 决定; goes back in with `--decisions`",
        "proposals.gpkg": "the proposals in QGIS",
        "changes.gpkg": "changes and crosswalk in QGIS",
        "changes.xlsx": "changes and crosswalk in Excel",
        "changes.html": "a map of what moved, without network",
        "codes.gpkg": "the register: every state of every code, kept for good "
                      "([codes.md](../codes.md))",
        "cover.html": "one page to print and sign",
        "grids.gpkg": "master of the package",
        "grids.shp": "the same grids; field names in the sheet shp字段对照",
        "grids.shx": "belongs to grids.shp",
        "grids.dbf": "belongs to grids.shp",
        "grids.prj": "belongs to grids.shp",
        "grids.cpg": "belongs to grids.shp",
        "submission.xlsx": "the same as a workbook",
        "submission.json": "state, scope and figures for machines",
        "manifest.sha256": "`sha256sum -c manifest.sha256` checks every file",
        "signs.pdf": "all signs in one file",
        "signs.json": "every sign that holds: version, date, token, fingerprint of its content",
        "420102003008001.pdf": "one sign, named by the grid's code",
    }
)  # fmt: skip
#: What one row of a layer is.
LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "grids": "a grid",
        "communities": "a community with its verdict; the effective outline",
        "atoms": "a piece that grids are made of",
        "borders": "the border between two atoms",
        "households": "a household point, with its grid",
        "considered": "a facility, dedicated or not, with the reason",
        "streets": "a street as read",
        "barriers": "a barrier as read",
        "findings": "a finding, at its place",
        "findings_before": "a finding before the repair",
        "findings_after": "a finding after it",
        "rejects": "a row of the input that could not be used",
        "notes": "something said on the way: columns, CRS, gaps closed",
        "settings": "a setting of the run",
        "approval": "a fact of the approval: state, version, by whom, when, seal",
        "layer_styles": "a QGIS style",
        "repairs": "a change, or a defect left with the reason",
        "accounts": "a figure before and after: nothing is lost",
        "proposals": "a proposal",
        "before": "a grid as it was",
        "after": "a grid as proposed",
        "crosswalk": "what an old and a new grid share",
        "changes": "a new grid, or one that is gone",
        "register": "one state of a code, from a day to a day",
        "retired": "a grid that is no more; its code is never used again",
    }
)
#: Columns that no workbook shows, so that `gridgeo.wording.headers` does not know them.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "about": "the check that could not be made, of rule `not_checked`",
        "after": "figure after the repair",
        "after_m2": "area of the grid after the repair",
        "before": "figure before the repair",
        "before_m2": "area of the grid before the repair",
        "border_m": "length of the border in metres",
        "cuts": "whether the street cuts the ground (tunnels do not)",
        "done": "whether it was mended; where not, `reason` says why",
        "effect_en": "the effect in English",
        "effect_zh": "the effect in Chinese",
        "goes_on_as": "code of the grid that continues it",
        "group": "compound or other group that stays whole",
        "follows": "what the border follows: street, path, rail, wall, water, compound, parcel, "
        "building_gap or open; empty on the rim off the streets",
        "follows_name": "name of what the border follows off the streets; of gaps and open ground, "
        "of the nearest building or compound",
        "beside_street_m": "metres through open ground although a street lies beside it",
        "item": "what is counted",
        "link": "whether the row is a link (a bridge, a village road): its line, 0 m of border",
        "left": "row of the atom on the left of the line",
        "message_en": "the message in English",
        "message_zh": "the message in Chinese",
        "advice_en": "what to do, in English, where it is not what the rule suggests",
        "advice_zh": "the same in Chinese",
        "number": "running number",
        "others": "the other grids that the change touches",
        "passable": "False where a barrier is not crossed by any street",
        "reason_en": "the reason in English",
        "reason_zh": "the reason in Chinese",
        "right": "row of the atom on the right; -1 on the outer rim",
        "street_class": "water, rail, motorway, arterial, collector, local, wall, lane or none",
        "street_name": "name of the street",
        "topic": "what the note is about",
        "valid_from": "the day from which the state holds",
        "valid_to": "the first day on which it no longer holds; empty while it does",
        "version": "number of the record that appended it",
        "what": "ring, gap, overlap, outside, part or vertices",
        "x": "easting of the place, in the CRS of the plan",
        "y": "northing of the place",
    }
)
