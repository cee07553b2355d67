"""The folder of a plan is written whole or not at all, and never over what is not ours."""

import os
import sqlite3
import time
from contextlib import closing

import pytest
from builders_plan import build_plan

from gridgeo.errors import OutputError
from gridgeo.report import check_target, save_plan
from gridgeo.storage import atomic_folder, replace_folder

OUTPUTS = ["plan.gpkg", "summary.json"]


def write_database(plan, path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE plan (lang TEXT)")
        database.execute("INSERT INTO plan VALUES (?)", (plan.settings.lang,))
        database.commit()


def write_text(plan, path):
    path.write_text(plan.settings.lang)


@pytest.fixture(autouse=True)
def _light_writers(monkeypatch):
    """What is written does not matter here; small files keep these tests quick."""
    writers = [("plan.gpkg", write_database), ("summary.json", write_text)]
    monkeypatch.setattr("gridgeo.report.save.WRITERS", writers)


def digests(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lang_of(folder):
    return (folder / "summary.json").read_text()


def test_an_existing_plan_needs_overwrite(tmp_path):
    save_plan(build_plan(), tmp_path / "out")
    with pytest.raises(OutputError, match="already holds a plan"):
        save_plan(build_plan(), tmp_path / "out")
    save_plan(build_plan(lang="en"), tmp_path / "out", overwrite=True)
    assert lang_of(tmp_path / "out") == "en"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_with_other_files_is_never_touched(tmp_path, overwrite):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match=r"other files: thesis\.docx"):
        check_target(tmp_path, overwrite=overwrite)
    save_plan(build_plan(), tmp_path / "out")
    (tmp_path / "out" / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match=r"other files: thesis\.docx"):
        save_plan(build_plan(), tmp_path / "out", overwrite=overwrite)
    assert (tmp_path / "out" / "thesis.docx").exists()


def test_what_qgis_leaves_behind_is_replaced(tmp_path):
    folder = save_plan(build_plan(), tmp_path / "out")
    (folder / "plan.gpkg-wal").write_bytes(b"")
    save_plan(build_plan(), folder, overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == OUTPUTS


def test_an_empty_folder_and_new_parents_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    save_plan(build_plan(), tmp_path / "empty")
    save_plan(build_plan(), tmp_path / "县" / "a b" / "方案")
    assert (tmp_path / "县" / "a b" / "方案" / "plan.gpkg").exists()


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        check_target(tmp_path / "out")
    with pytest.raises(OutputError, match="nothing can be written"):
        check_target(tmp_path / "out" / "deeper")


@pytest.mark.parametrize("failing", OUTPUTS)
def test_a_failure_leaves_the_old_plan_and_nothing_else(tmp_path, monkeypatch, failing):
    before = digests(save_plan(build_plan(), tmp_path / "out"))

    def fail(plan, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    light = [("plan.gpkg", write_database), ("summary.json", write_text)]
    writers = [(name, fail if name == failing else write) for name, write in light]
    monkeypatch.setattr("gridgeo.report.save.WRITERS", writers)
    with pytest.raises(OutputError, match="the disk is full"):
        save_plan(build_plan(lang="en"), tmp_path / "out", overwrite=True)
    assert digests(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_bug_in_a_writer_is_not_hidden_and_leaves_nothing(tmp_path, monkeypatch):
    def broken(plan, path):
        raise ZeroDivisionError

    monkeypatch.setattr("gridgeo.report.save.WRITERS", [("plan.gpkg", broken)])
    with pytest.raises(ZeroDivisionError):
        save_plan(build_plan(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_killed_runs_left_is_swept(tmp_path):
    stale, fresh = tmp_path / ".out.gridgeo-new-aa", tmp_path / ".out.gridgeo-new-bb"
    other = tmp_path / ".other.gridgeo-new-cc"
    for folder in (stale, fresh, other):
        folder.mkdir()
    for folder in (stale, other):
        os.utime(folder, (time.time() - 7200, time.time() - 7200))
    save_plan(build_plan(), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".other.gridgeo-new-cc",
        ".out.gridgeo-new-bb",
        "out",
    ]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_is_replaced_whatever_the_system_can_do(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr("gridgeo.storage.atomic._exchange", lambda *_: False)
    for number in ("1", "2"):
        with atomic_folder(tmp_path / "out") as folder:
            (folder / number).write_text(number, encoding="utf-8")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "2"]


def test_a_folder_that_cannot_be_replaced_stands_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr("gridgeo.storage.atomic._exchange", lambda *_: False)
    target = tmp_path / "out"
    with atomic_folder(target) as folder:
        (folder / "1").write_text("1", encoding="utf-8")
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "missing", target)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "1"]


def test_a_plan_moved_aside_by_a_killed_run_comes_back_first(tmp_path):
    folder = save_plan(build_plan(), tmp_path / "out")
    folder.rename(tmp_path / ".out.gridgeo-old-aa")
    with pytest.raises(OutputError, match="already holds a plan"):
        save_plan(build_plan(lang="en"), folder)
    assert lang_of(folder) == "zh"
