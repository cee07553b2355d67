"""The register: only grows, says which row is wrong, and is the same in every kind of file."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridgeo.codes import (
    Register,
    as_first_numbering,
    code_at,
    continue_codes,
    empty_register,
    issue_codes,
    overlap_of_grids,
    read_register,
    record,
    states_at,
    successors_at,
    write_register,
)
from gridgeo.config import Codes
from gridgeo.errors import InputError, OutputError, SettingsError

PARENT = "420102001001"
A, B, C = (PARENT + number for number in ("001", "002", "003"))
CRS = 32650
FORMS = ("register.csv", "register.gpkg", "register.parquet")


def grids_of(codes, boxes):
    return gpd.GeoDataFrame(
        {"code": codes, "scheme": "cn15", "kind": "basic", "community_code": PARENT},
        geometry=[shapely.box(*bounds) for bounds in boxes],
        crs=CRS,
    )


WAS = grids_of([A, B], [(0, 0, 4, 1), (4, 0, 8, 1)])
IS_ = grids_of([None] * 3, [(0, 0, 4, 1), (4, 0, 6.5, 1), (6.5, 0, 8, 1)])


def split(was=WAS, is_=IS_, used=(A, B), **options):
    shared = overlap_of_grids(
        was.geometry.to_numpy(), is_.geometry.to_numpy(), households=np.full(len(was), 400)
    )
    return continue_codes(was, is_, shared, used=used, rules=Codes(), **options)


def history(*, ground=True):
    start = empty_register(crs=CRS if ground else None)
    first = record(start, as_first_numbering(WAS), date="2024-01-01", reason="首次编码")
    return record(first, split(), date="2026-03-01", reason="户数超限", reasons={C: "=新建, 分出"})


def broken(**cells):
    """Return the table of a history with cells replaced: name_row=value."""
    table = pd.DataFrame(history(ground=False).table)
    for place, value in cells.items():
        name, _, row = place.rpartition("_")
        table.loc[int(row), name] = value
    return table


def test_a_split_ends_a_state_and_appends_two():
    table = history().table
    shown = ["code", "valid_from", "valid_to", "status", "predecessors", "successors", "change"]
    assert table[shown].to_numpy().tolist() == [
        [A, "2024-01-01", "", "active", "", "", "new"],
        [B, "2024-01-01", "2026-03-01", "changed", "", f"{B};{C}", "new"],
        [B, "2026-03-01", "", "active", B, "", "split"],
        [C, "2026-03-01", "", "active", B, "", "split"],
    ]
    assert table["reason"].tolist() == ["首次编码", "首次编码", "户数超限", "=新建, 分出"]
    assert table["version"].tolist() == [1, 1, 2, 2]


def test_recording_changes_nothing_that_was_given():
    first = record(
        empty_register(crs=CRS), as_first_numbering(WAS), date="2024-01-01", reason="首次编码"
    )
    before = first.table.copy()
    record(first, split(), date="2026-03-01", reason="户数超限")
    pd.testing.assert_frame_equal(first.table, before)


def test_days_decide_which_code_holds():
    register = history()
    place = np.array([shapely.Point(7.5, 0.5), shapely.Point(99, 0)])
    told = {day: code_at(register, place, day).tolist() for day in ("2023-12-31", "2024-01-01")}
    assert told == {"2023-12-31": ["", ""], "2024-01-01": [B, ""]}
    assert code_at(register, place, "2026-02-28").tolist() == [B, ""]
    assert code_at(register, place, "2026-03-01").tolist() == [C, ""]
    assert states_at(register, "2026-02-28")["code"].tolist() == [A, B]


def test_successors_are_followed_without_ground():
    register = history(ground=False)
    assert successors_at(register, B, since="2024-01-01", date="2026-02-28") == (B,)
    assert successors_at(register, B, since="2024-01-01", date="2026-03-01") == (B, C)
    assert successors_at(register, C, since="2024-01-01", date="2026-03-01") == ()
    with pytest.raises(InputError, match="2024-01-01 lies before 2026-03-01"):
        successors_at(register, B, since="2026-03-01", date="2024-01-01")
    with pytest.raises(InputError, match="the register has no geometry"):
        code_at(register, np.array([shapely.Point(0, 0)]), "2026-03-01")


@pytest.mark.parametrize(
    ("name", "ground"), [*((name, False) for name in FORMS), *((name, True) for name in FORMS[1:])]
)
def test_a_register_comes_back_as_it_was_and_in_the_same_bytes(tmp_path, name, ground):
    register = history(ground=ground)
    path = write_register(register, tmp_path / name)
    back = read_register(path)
    pd.testing.assert_frame_equal(pd.DataFrame(back.table), pd.DataFrame(register.table))
    assert isinstance(back.table, gpd.GeoDataFrame) == ground
    bytes_ = path.read_bytes()
    write_register(back, path)
    assert path.read_bytes() == bytes_
    assert [left.name for left in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", FORMS)
def test_an_empty_register_comes_back(tmp_path, name):
    path = write_register(empty_register(), tmp_path / name)
    assert read_register(path).version == 0


def test_cells_that_look_like_formulas_are_text_in_a_csv(tmp_path):
    path = write_register(history(ground=False), tmp_path / "register.csv")
    assert '"\'=新建, 分出"' in path.read_text(encoding="utf-8-sig")
    assert read_register(path).table["reason"].iloc[3] == "=新建, 分出"


def test_a_csv_saved_by_wps_in_gb18030_is_read(tmp_path):
    path = write_register(history(ground=False), tmp_path / "register.csv")
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("gb18030"))
    assert read_register(path).table["reason"].iloc[0] == "首次编码"


def test_a_register_only_grows(tmp_path):
    path = tmp_path / "register.csv"
    first = record(empty_register(), as_first_numbering(WAS), date="2024-01-01", reason="首次编码")
    write_register(first, path)
    write_register(history(ground=False), path)
    with pytest.raises(InputError, match=rf"code {B}: the row would be lost or changed .*row 2"):
        write_register(first, path)
    other = record(empty_register(), as_first_numbering(WAS), date="2024-01-02", reason="首次编码")
    with pytest.raises(InputError, match=rf"code {A}: the row would be lost"):
        write_register(other, path)
    assert len(read_register(path).table) == 4


def test_ground_does_not_go_into_a_csv(tmp_path):
    with pytest.raises(OutputError, match="a CSV cannot hold"):
        write_register(history(), tmp_path / "register.csv")


def test_files_that_are_no_register_are_told(tmp_path):
    with pytest.raises(InputError, match=r"a register is a \.csv, \.gpkg, \.parquet file"):
        read_register(tmp_path / "register.xlsx")
    with pytest.raises(InputError, match="the register cannot be read"):
        read_register(tmp_path / "missing.gpkg")
    (tmp_path / "half.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="the register cannot be read"):
        read_register(tmp_path / "half.parquet")
    (tmp_path / "other.csv").write_text("code,name\n1,甲\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"lacks scheme, valid_from.*it has code, name"):
        read_register(tmp_path / "other.csv")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OutputError, match="the register cannot be written"):
        write_register(history(ground=False), tmp_path / "no" / "register.csv")


@pytest.mark.parametrize(
    ("cells", "said", "row", "field"),
    [
        ({"code_1": None}, "empty or of another type", 2, "code"),
        ({"reason_0": 7}, "empty or of another type", 1, "reason"),
        ({"code_0": ""}, "the code is missing", 1, "code"),
        ({"code_0": f"{A} "}, "no blanks around it", 1, "code"),
        ({"code_0": "12"}, "12-digit community code", 1, "code"),
        ({"scheme_0": "cn16"}, "no scheme 'cn16'", 1, "scheme"),
        ({"status_0": "gone"}, "one of active, changed, retired", 1, "status"),
        ({"valid_from_0": "2024-1-1"}, "should be a date", 1, "valid_from"),
        ({"valid_to_1": "2026-02-30"}, "should be a date", 2, "valid_to"),
        ({"valid_to_1": "2024-01-01"}, "ends before it begins", 2, "valid_to"),
        ({"status_0": "retired"}, "active as long as it has no end", 1, "status"),
        ({"successors_0": B}, "has not ended has successors", 1, "successors"),
        ({"version_2": 4, "version_3": 4}, "records are missing", 3, "version"),
        ({"version_0": 0}, "records are missing", 1, "version"),
        ({"valid_from_2": "2023-01-01"}, "out of order", 3, "valid_from"),
        ({"valid_from_3": "2026-04-01"}, "out of order", 4, "valid_from"),
        ({"status_1": "retired"}, "retired, and is given out again", 3, "code"),
        ({"valid_to_1": "2026-04-01"}, "before its state in the row before", 3, "valid_from"),
        ({"valid_to_1": "2026-02-01"}, "a gap after its state", 3, "valid_from"),
        ({"change_2": "new"}, "a later one of reshaped", 3, "change"),
        ({"change_0": "merged"}, "a first state is one of new, split", 1, "change"),
        ({"predecessors_3": ""}, "does not name it as predecessor", 2, "successors"),
        ({"successors_1": B}, "does not name it as successor", 4, "predecessors"),
    ],
)
def test_each_rule_names_the_row(cells, said, row, field):
    with pytest.raises(InputError) as caught:
        Register(broken(**cells))
    assert said in str(caught.value)
    assert caught.value.place["row"] == row
    assert caught.value.place["field"] == field


def test_a_state_that_should_be_followed_is_told():
    table = broken().drop(index=[2, 3]).reset_index(drop=True)
    with pytest.raises(InputError, match="a later state should follow"):
        Register(table)


def test_a_state_without_polygon_is_told():
    table = history().table.copy()
    table.loc[2, "geometry"] = None
    with pytest.raises(InputError, match=r"it has no polygon .*row 3"):
        Register(table)


def test_a_broken_file_is_named_with_its_row(tmp_path):
    broken(code_3=B).to_csv(tmp_path / "r.csv", index=False)
    with pytest.raises(InputError, match=r"code .*002: .*file .*r\.csv, layer register, row 4"):
        read_register(tmp_path / "r.csv")


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2026-02-01", "the last record is of 2026-03-01"),
        ("2026-03-01", f"code {B} changed on 2026-03-01 already"),
        ("1.4.2026", "'1.4.2026' is no date"),
    ],
)
def test_dates_that_do_not_fit_are_told(date, said):
    register = history()
    now = states_at(register, "2026-03-01")
    whole = grids_of([None] * 2, [(0, 0, 4, 1), (4, 0, 8, 1)])
    changes = split(now, whole, used=register.codes)
    with pytest.raises(InputError, match=said):
        record(register, changes, date=date, reason="合并")


def test_codes_that_are_not_in_use_are_told():
    with pytest.raises(InputError, match=rf"code {B} is not in the register"):
        record(empty_register(crs=CRS), split(), date="2026-03-01", reason="")
    register = history()
    now = states_at(register, "2026-03-01")
    whole = grids_of([None] * 2, [(0, 0, 4, 1), (4, 0, 8, 1)])
    merged = record(register, split(now, whole, register.codes), date="2026-04-01", reason="合并")
    assert merged.table["status"].tolist().count("retired") == 1
    with pytest.raises(InputError, match=rf"code {C} was retired"):
        record(merged, split(now, whole, register.codes), date="2026-05-01", reason="")


def test_a_code_that_was_given_out_is_not_given_out_again():
    with pytest.raises(InputError, match=rf"code {A} was given out before"):
        record(history(), as_first_numbering(WAS), date="2026-05-01", reason="")


def test_grids_in_another_crs_are_told():
    with pytest.raises(InputError, match=r"the grids are in EPSG:32650, the register in EPSG:4547"):
        record(empty_register(crs=4547), as_first_numbering(WAS), date="2026-05-01", reason="")


def test_grids_without_or_with_one_code_are_told():
    with pytest.raises(InputError, match=r"two grids have one code .*row 2"):
        as_first_numbering(WAS.assign(code=A))
    with pytest.raises(InputError, match=r'a grid has no code .*row 1.*columns=."grids.code": '):
        as_first_numbering(WAS.assign(code=""))


def test_a_kind_that_is_not_known_is_told():
    with pytest.raises(InputError, match=r"one of basic, dedicated, open .*row 1.*micro"):
        split(is_=IS_.assign(kind="micro"))


def test_a_grid_that_becomes_another_kind_on_other_ground_gets_a_number_of_that_kind():
    is_ = IS_.assign(kind=["dedicated", "basic", "dedicated"])
    codes = split(is_=is_).grids["code"].tolist()
    assert codes == [A, B, PARENT + "801"]


def test_codes_of_another_form_are_replaced():
    changes = split(WAS.assign(code=["甲1", B]))
    assert changes.grids["code"].tolist() == [C, B, PARENT + "004"]
    assert changes.grids["predecessors"].tolist()[0] == ("甲1",)


def test_codes_of_another_form_stay_where_that_is_asked_for():
    changes = split(WAS.assign(code=["甲1", B]), keep_foreign=True)
    assert changes.grids["code"].tolist() == ["甲1", B, PARENT + "003"]


def test_the_number_of_an_undivided_community_goes_when_it_is_divided():
    rules = Codes(scheme="cjt349", object_code="010100", dedicated_start=0, open_start=0)
    one = grids_of([None], [(0, 0, 8, 1)])
    nothing = overlap_of_grids(np.zeros(0, object), one.geometry.to_numpy())
    first = continue_codes(pd.DataFrame({"code": []}), one, nothing, used=(), rules=rules)
    assert first.grids["code"].tolist() == ["010100" + PARENT + "00"]
    shared = overlap_of_grids(
        one.geometry.to_numpy(), IS_.geometry.to_numpy(), households=np.array([900])
    )
    later = continue_codes(first.grids, IS_, shared, used=first.grids["code"], rules=rules)
    assert [code[-2:] for code in later.grids["code"]] == ["01", "02", "03"]
    assert later.old["change"].tolist() == ["retired"]


def test_numbers_go_on_and_holes_are_left_until_the_end():
    rules = Codes(dedicated_start=5, open_start=8)
    used = [PARENT + number for number in ("001", "003", "006")]
    assert issue_codes(used, PARENT, 1, rules=rules) == (PARENT + "004",)
    assert issue_codes(used, PARENT, 2, rules=rules) == (PARENT + "004", PARENT + "002")
    assert issue_codes(used, PARENT, 1, kind="dedicated", rules=rules) == (PARENT + "007",)
    assert issue_codes(used, PARENT, 1, kind="open", rules=rules) == (PARENT + "008",)
    with pytest.raises(InputError, match=r"needs 3 new numbers and has 2 left"):
        issue_codes(used, PARENT, 3, rules=rules)
    with pytest.raises(InputError, match="'12' is no community code of scheme cn15"):
        issue_codes(used, "12", 1, rules=rules)


def test_plain_numbers_have_no_end_and_keep_their_width():
    rules = Codes(scheme="plain", dedicated_start=0, open_start=0)
    assert issue_codes(["A-0007"], "A", 1, rules=rules) == ("A-0008",)
    assert issue_codes(["A-99"], "A", 1, rules=rules) == ("A-100",)


@pytest.mark.parametrize(
    ("kind", "code"), [("basic", "A-001"), ("dedicated", "A-801"), ("open", "A-901")]
)
def test_a_community_without_codes_gets_the_digits_of_a_first_numbering(kind, code):
    assert issue_codes(["B-07"], "A", 1, kind=kind, rules=Codes(scheme="plain")) == (code,)


def test_a_scheme_of_ones_own_is_kept_in_a_register():
    rules = replace(Codes(), scheme="template", template="{village:3}/{sequence:2}")
    changes = continue_codes(
        pd.DataFrame({"code": []}),
        IS_.assign(community_code="001"),
        overlap_of_grids(np.zeros(0, object), IS_.geometry.to_numpy()),
        used=(),
        rules=replace(rules, dedicated_start=0, open_start=0),
    )
    register = record(empty_register(), changes, date="2026-01-01", reason="首次编码")
    assert register.table["code"].tolist() == ["001/01", "001/02", "001/03"]
    assert register.table["scheme"].unique().tolist() == ["template"]
    with pytest.raises(SettingsError):
        replace(rules, template="{village:3}")
