"""With the profile ``residents`` no household needs to be counted."""

import pytest
from builders_city import City, communities, frame, settings
from shapely import LineString, Point, box

from gridgeo.config import Band, ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.pipeline import run, verify
from gridgeo.report import save_plan

WEST, EAST = box(0, 0, 600, 800), box(600, 0, 1200, 800)
BLOCKS = [box(x, y, x + 100, y + 100) for y in range(0, 800, 100) for x in range(0, 1200, 100)]
STREETS = [LineString([(x, 0), (x, 800)]) for x in (300, 900)] + [
    LineString([(0, 400), (1200, 400)])
]


def rules(folder, profile="residents", **layers):
    files = City({"communities": communities(WEST, EAST), **layers}).write(folder)
    inputs = {role: (Source(path=str(folder / source.path)),) for role, (source,) in files.items()}
    return settings(read=ReadRules(inputs=inputs), band=Band(profile=profile), lang="en")


def layers_of(kind):
    if kind == "atoms":
        return {"atoms": frame(BLOCKS, 人口=85)}
    homes = [Point(x, y) for y in range(25, 800, 50) for x in range(25, 1200, 50)]
    streets = frame(STREETS, highway="residential", name=["纵一路", "纵二路", "横路"])
    return {"streets": streets, "households": frame(homes, 人口=42)}


@pytest.mark.parametrize("kind", ["atoms", "points"])
def test_grids_are_made_by_residents_alone(tmp_path, kind):
    asked = rules(tmp_path, **layers_of(kind))
    plan = run(asked)
    basic = plan.grids[plan.grids["kind"] == "basic"]
    assert basic["residents"].between(800, 1200).all()
    assert basic["residents"].sum() == {"atoms": 85 * 96, "points": 42 * 384}[kind]
    assert set(basic["verdict"]) == {"in_band"}
    assert plan.grids["households"].sum() == plan.atoms["households"].sum() == 0
    assert [note for note in plan.notes if "households are not counted" in note.message.en]
    save_plan(plan, tmp_path / "plan")
    seen = verify(Source(path=str(tmp_path / "plan" / "plan.gpkg"), layer="grids"), asked)
    assert [str(one.message) for one in seen.findings if one.severity == "error"] == []


@pytest.mark.parametrize("profile", ["either", "households"])
def test_other_profiles_need_households(tmp_path, profile):
    with pytest.raises(InputError, match=r"no column for atoms\.households"):
        run(rules(tmp_path, profile, **layers_of("atoms")))


def test_households_that_are_there_are_counted(tmp_path):
    plan = run(rules(tmp_path, atoms=frame(BLOCKS, 人口=85, 户数=30)))
    assert plan.grids["households"].sum() == 30 * 96
