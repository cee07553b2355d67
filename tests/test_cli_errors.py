"""Bad input: one line that names the place and the remedy, exit code 2, nothing written."""

import geopandas as gpd
import numpy as np
import pytest
from builders_city import City, block_city
from typer.testing import CliRunner

from gridgeo.cli import app

VRT = """<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>/etc/passwd</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with the files of a town, and make it the working one."""
    monkeypatch.chdir(tmp_path)
    block_city().write(tmp_path)
    return tmp_path


def gridgeo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def partition(*options, **layers):
    given = {role: f"{role}.gpkg" for role in ("communities", "streets", "households")} | layers
    sources = [part for role, path in given.items() for part in (f"--{role}", path)]
    return gridgeo("partition", *sources, "--out", "out", *options)


def files(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*")}


def refused(folder, run, english, chinese):
    """Assert that `run(*options)` is refused in both languages and leaves the folder as it was."""
    before = files(folder)
    for lang, said in (("en", english), ("zh", chinese)):
        told = run("--lang", lang)
        assert told.exit_code == 2, told.output
        assert told.stdout == ""
        line = told.stderr.strip()
        assert line.count("\n") == 0
        assert line.startswith("error " if lang == "en" else "错误 ")
        for word in said:
            assert word in line
        assert files(folder) == before


def rewritten(folder, role, change, ending="gpkg"):
    """Write the layer of the town again, changed, and return its path."""
    frame = change(block_city().frames[role].copy())
    City({role: frame}).write(folder, ending)
    return f"{role}.{ending}"


def counts(*values):
    def change(frame):
        return frame.assign(户数=np.resize(np.array(values, dtype=object), len(frame)).astype(str))

    return change


def without_geometry(frame):
    return frame.set_geometry(gpd.GeoSeries([None] * len(frame), crs=frame.crs))


BROKEN = {
    "no crs": (
        ("streets", lambda frame: frame.set_crs(None, allow_override=True), "parquet"),
        ("streets.parquet", "--crs streets="),
        ("streets.parquet", "--crs streets="),
    ),
    "no usable geometry": (
        ("streets", without_geometry, "gpkg"),
        ("no row has usable geometry", "streets.gpkg", "meant for streets"),
        ("streets.gpkg", "图层 streets"),
    ),
    "no count column": (
        ("households", lambda frame: frame.drop(columns="户数"), "gpkg"),
        ("households.gpkg", "地址", "--column households.households="),
        ("households.gpkg", "地址", "--column households.households="),
    ),
    "negative counts": (
        ("households", counts(5, -2, -2), "gpkg"),
        ("file households.gpkg", "layer households", "row 2", "field 户数", "value -2"),
        ("文件 households.gpkg", "图层 households", "行 2", "字段 户数", "值 -2", "非负整数"),
    ),
    "counts in words": (
        ("households", counts("三百"), "gpkg"),
        ("row 1", "field 户数", "value 三百"),
        ("行 1", "字段 户数", "值 三百"),
    ),
    "empty layer": (
        ("streets", lambda frame: frame.iloc[:0], "gpkg"),
        ("the layer has no rows", "file streets.gpkg", "Give a layer with content"),
        ("图层没有任何记录", "文件 streets.gpkg", "请提供有内容的图层"),
    ),
    "no 12 digits": (
        ("communities", lambda frame: frame.assign(编码="A1"), "gpkg"),
        ("A1", "12", "plain"),
        ("A1", "12 位", "plain"),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_layers_that_cannot_be_used(folder, case):
    change, english, chinese = BROKEN[case]
    path = rewritten(folder, *change)
    refused(folder, lambda *lang: partition(*lang, **{change[0]: path}), english, chinese)


@pytest.mark.parametrize(
    ("path", "english", "chinese"),
    [
        ("none.gpkg", ("no such file", "none.gpkg"), ("none.gpkg", "文件")),
        (
            "streets.gpkg::roads",
            ("no layer 'roads'", "streets", "PATH::LAYER"),
            ("没有图层“roads”", "路径::图层名"),
        ),
        ("http://example.org/streets.gpkg", ("http://example.org",), ("http://example.org",)),
        ("/vsicurl/http://example.org/a.gpkg", ("/vsicurl/",), ("/vsicurl/",)),
        ("fake.geojson", ("fake.geojson",), ("fake.geojson",)),
        ("fake.vrt", ("fake.vrt",), ("fake.vrt",)),
        ("zero.gpkg", ("zero.gpkg",), ("zero.gpkg",)),
        ("notes.txt", ("notes.txt",), ("notes.txt",)),
    ],
)
def test_files_that_cannot_be_read(folder, path, english, chinese):
    for name, content in (("fake.geojson", VRT), ("fake.vrt", VRT), ("zero.gpkg", "")):
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "notes.txt").write_text("streets", encoding="utf-8")
    refused(folder, lambda *lang: partition(*lang, streets=path), english, chinese)


@pytest.mark.parametrize(
    ("options", "english", "chinese"),
    [
        (
            ("--lower", "600"),
            ("lower limit 600 is above the upper limit 500", "band.lower"),
            ("下限 600 高于上限 500", "请对调或更正"),
        ),
        (("--scheme", "cn20"), ("'cn20'", "cn15, plain"), ("'cn20'", "cn15、plain")),
        (("--profile", "people"), ("either, households",), ("可选：either",)),
        (
            ("--column", "户数"),
            ("'户数' is not NAME=VALUE", "households.households=户数"),
            ("不是“名称=值”的形式", "例如"),
        ),
        (
            ("--column", "household.households=户数"),
            ("household", "Choose one of communities"),
            ("household", "可选"),
        ),
        (("--column", "households.households=总数"), ("总数", "户数"), ("总数", "户数")),
        (("--crs", "street=4490"), ("'street'", "key crs"), ("'street'", "设置项 crs")),
        (("--crs", "streets=abc"), ("abc",), ("abc",)),
        (("--datum", "households=gcj"), ("gcj02, bd09",), ("可选：gcj02、bd09",)),
        (("--encoding", "streets"), ("streets=GBK",), ("streets=GBK",)),
        (("--seed", "-1"), ("-1 is less than 0", "search.seed"), ("-1 小于 0",)),
    ],
)
def test_options_that_make_no_sense(folder, options, english, chinese):
    refused(folder, lambda *lang: partition(*options, *lang), english, chinese)


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        (
            "[band]\nlowr = 3",
            ("unknown setting 'lowr'", "key band.lowr", "Did you mean lower?"),
            ("未知的设置项 'lowr'", "设置项 band.lowr", "是否想写 lower？"),
        ),
        (
            "[band]\nlower = 501",
            ("501 is above the upper limit 500",),
            ("下限 501 高于上限 500",),
        ),
        ("[band", ("cannot be read", "own.toml"), ("无法读取设置", "own.toml")),
        ("[inputs]\nstreets = 3", ("3 is not a path",), ("3 不是路径",)),
    ],
)
def test_settings_files_that_make_no_sense(folder, text, english, chinese):
    (folder / "own.toml").write_text(text, encoding="utf-8")
    refused(folder, lambda *lang: gridgeo("partition", "own.toml", *lang), english, chinese)


def test_a_settings_file_that_is_not_there(folder):
    run = lambda *lang: gridgeo("partition", "none.toml", *lang)  # noqa: E731
    refused(folder, run, ("no such settings file", "none.toml", "gridgeo init"), ("none.toml",))


@pytest.mark.parametrize(
    ("missing", "english", "chinese"),
    [
        ("communities", ("no communities given", "--communities"), ("社区（村）边界",)),
        ("households", ("no households given", "compounds or buildings"), ("户数",)),
    ],
)
def test_layers_that_must_be_given(folder, missing, english, chinese):
    given = {role: f"{role}.gpkg" for role in ("communities", "streets", "households")}
    del given[missing]
    sources = [part for role, path in given.items() for part in (f"--{role}", path)]
    run = lambda *lang: gridgeo("partition", *sources, "--out", "out", *lang)  # noqa: E731
    refused(folder, run, english, chinese)


def test_nothing_at_all_is_given(folder):
    refused(folder, lambda *lang: gridgeo("partition", *lang), ("no communities given",), ("社区",))


# --- the output folder -----------------------------------------------------------------------


def test_an_earlier_plan_needs_overwrite_and_stays_as_it_was(folder):
    assert partition().exit_code == 0
    refused(folder, partition, ("--overwrite",), ("--overwrite",))
    assert partition("--overwrite").exit_code == 0


@pytest.mark.parametrize("options", [(), ("--overwrite",)])
def test_a_folder_of_other_files_is_never_touched(folder, options):
    (folder / "out").mkdir()
    (folder / "out" / "thesis.docx").write_text("years of work", encoding="utf-8")
    run = lambda *lang: partition(*options, *lang)  # noqa: E731
    refused(folder, run, ("other files: thesis.docx",), ("文件夹中有其他文件：thesis.docx",))


def test_an_output_folder_that_is_a_file(folder):
    (folder / "out").write_text("", encoding="utf-8")
    refused(folder, partition, ("output folder is a file",), ("输出文件夹是一个文件",))


def test_the_output_is_checked_before_the_input_is_read(folder):
    (folder / "out").write_text("", encoding="utf-8")
    told = partition("--lang", "en", streets="none.gpkg")
    assert "output folder is a file" in told.stderr


# --- other commands --------------------------------------------------------------------------


def test_an_unknown_language_is_said_in_both(folder):
    told = partition("--lang", "fr")
    assert told.exit_code == 2
    assert "--lang" in told.stderr
    assert "zh" in told.stderr


def test_the_language_of_the_settings_file_holds_for_errors(folder):
    text = 'lang = "en"\n[inputs]\ncommunities = "none.gpkg"'
    (folder / "gridgeo.toml").write_text(text, encoding="utf-8")
    assert "error no such file" in gridgeo("partition").stderr
    assert "error no such file" in gridgeo("verify", "x.gpkg", "--settings", "gridgeo.toml").stderr


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_jobs_is_a_positive_number(folder, number):
    told = partition("--jobs", number)
    assert told.exit_code == 2
    assert "--jobs" in told.stderr


def test_verify_refuses_grids_that_are_not_there(folder):
    run = lambda *lang: gridgeo(  # noqa: E731
        "verify", "none.gpkg", "--communities", "communities.gpkg", "--out", "judged", *lang
    )
    refused(folder, run, ("no such file", "none.gpkg"), ("none.gpkg",))


def test_inspect_refuses_files_that_are_not_there(folder):
    run = lambda *lang: gridgeo("inspect", "none.gpkg", *lang)  # noqa: E731
    refused(folder, run, ("no such file", "none.gpkg"), ("none.gpkg",))


def test_demo_knows_its_samples(folder):
    run = lambda *lang: gridgeo("demo", "atlantis", *lang)  # noqa: E731
    refused(folder, run, ("atlantis", "wuhan", "monaco"), ("atlantis", "wuhan"))
