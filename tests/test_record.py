"""scripts/record.py tells every change of a result, and where it is."""

import json
import sqlite3
import stat
from contextlib import closing

import pytest
from record import Bench, carry_out, compare, differences, plain, record_files
from recorded_files import facts_of, page_facts, split_code
from recorded_runs import Run, runs_on, with_needed
from verify_cities import CITIES

#: Data of a page, long enough to be taken for it.
LAYER = json.dumps({"features": [{"id": str(n), "xy": [n, n + 0.5]} for n in range(20)]})
PAGE = (
    "<html><style>p {{ color: red }}</style><script>const tools = [1, 2];{code}</script>"
    '<body><p>{text}</p><script type="application/json" id="gg-plan">{plan}</script></body>'
    "<script>map.add({layer}); map.fit([0, 1]);</script></html>"
)
GIVEN = {"code": "", "text": "31 grids", "plan": '{"a": 1, "b": [2]}', "layer": LAYER}


def changed(**parts):
    """Return which facts of the page change with `parts` of it."""
    old, new = page_facts(PAGE.format(**GIVEN)), page_facts(PAGE.format(**GIVEN | parts))
    assert list(old) == list(new)
    return [name for name in old if old[name] != new[name]]


@pytest.mark.parametrize(
    ("parts", "facts"),
    [
        ({"code": "run();"}, ["code"]),
        ({"text": "32 grids"}, ["markup"]),
        ({"plan": '{"a": 1, "b": [3]}'}, ["data gg-plan"]),
        ({"plan": '{"b":[2],\n"a":1}'}, []),
        ({"layer": LAYER.replace("0.5", "0.25")}, ["data in scripts"]),
        ({"layer": LAYER.replace(" ", "")}, []),
        ({"layer": f"{LAYER}, true"}, ["page script"]),
        ({"text": "31\n  grids", "code": " "}, []),
    ],
)
def test_a_page_tells_data_code_and_markup_apart(parts, facts):
    assert changed(**parts) == facts


def test_data_in_code_is_the_outermost_long_literal():
    rest, data = split_code(f"add({{point: {LAYER}, width: [1, 2]}}, 'a [ b'); list([{LAYER}])")
    assert rest == "add({point: , width: [1, 2]}, 'a [ b'); list()"
    assert data == [json.loads(LAYER), [json.loads(LAYER)]]


def record_of(*, only=(), exit_code=0, said=("31 grids",), files=None):
    command = {
        "command": "gridgeo partition",
        "exit": exit_code,
        "stdout": list(said),
        "stderr": [],
    }
    facts = {"plan/plan.gpkg": {"sha256": "a", "table grids": "b"}} if files is None else files
    run = {"commands": [command], "files": facts}
    return {"tools": {"code": "here"}, "only": list(only), "runs": {"city": run}}


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"exit_code": 1}, "city: partition: exit code 0 -> 1"),
        ({"said": ["32 grids"]}, "city: partition: stdout\n    -31 grids\n    +32 grids"),
        ({"files": {}}, "city: plan/plan.gpkg: the file is missing"),
        (
            {"files": {"plan/plan.gpkg": {"sha256": "a", "table grids": "c", "table new": "d"}}},
            "city: plan/plan.gpkg: table grids, table new",
        ),
    ],
)
def test_each_difference_is_named(parts, line):
    assert list(differences(record_of(), record_of(**parts))) == [line]


def test_runs_that_a_partial_record_leaves_out_are_no_difference():
    whole, part = record_of(), record_of(only=["city"])
    whole["runs"]["other"] = whole["runs"]["city"]
    assert list(differences(whole, part)) == []
    assert list(differences(part, whole)) == []
    assert list(differences(whole, record_of())) == ["other: the run is missing"]


def test_compare_exits_with_1_where_anything_differs(tmp_path, capsys):
    old, same, new = (tmp_path / f"{name}.json" for name in ("old", "same", "new"))
    for path, record in ((old, record_of()), (same, record_of()), (new, record_of(exit_code=2))):
        path.write_text(json.dumps(record), "utf-8")
    assert compare(old, same) == 0
    assert capsys.readouterr().out == "1 runs: all the same\n"
    assert compare(old, new) == 1
    assert "1 differences in 1 runs" in capsys.readouterr().out


def test_seconds_memory_and_paths_are_not_compared():
    told = plain(
        "read 0.4 s, 用时 12 秒, 418 MB; /tmp/x/plan  \n31 grids, 300 households", {"/tmp/x": "F"}
    )
    assert told == "read N s, 用时 N 秒, N MB; F/plan\n31 grids, 300 households"


def test_every_city_and_command_has_a_run_and_what_it_needs():
    runs = runs_on("data")
    commands = {step[0] for run in runs.values() for step in run.steps if not callable(step)}
    asked = "verify repair adjust apply diff approve report signs submit partition"
    assert set(asked.split()) <= commands
    assert set(CITIES) <= set(runs)
    assert any("township" in step for step in runs["township"].steps[0])
    assert with_needed(["submit"], runs) == ["sample", "approve", "adjust", "submit"]


def test_a_table_of_a_geopackage_is_named(tmp_path):
    facts = []
    for value in (1, 2):
        path = tmp_path / f"{value}.gpkg"
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE grids (code)")
            db.execute("CREATE TABLE atoms (grid)")
            db.execute("INSERT INTO grids VALUES (?)", [value])
        facts.append(facts_of(path, tmp_path / "picture", None))
    assert [name for name in facts[0] if facts[0][name] != facts[1][name]] == [
        "sha256",
        "table grids",
    ]


def test_a_run_records_what_its_commands_wrote_and_printed(tmp_path):
    command = tmp_path / "gridgeo"
    command.write_text('#!/bin/sh\necho "$PWD/$2"\necho text > "$2"\nexit "$3"\n', "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    bench = Bench(folder=tmp_path / "record", gridgeo=command, data=tmp_path / "data")
    first = Run(steps=(["make", "old.txt", "0"],))
    carry_out("first", first, bench)
    second = Run(steps=(["make", "new.txt", "2"], ["make", "never.txt", "0"]), after="first")
    printed = carry_out("second", second, bench)
    assert [(one["exit"], one["stdout"]) for one in printed] == [(2, ["FOLDER/new.txt"])]
    assert list(record_files("second", second, bench.folder, None)) == ["new.txt"]
