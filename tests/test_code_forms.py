"""Codes as spreadsheets spoil them are read as the codes they were, in every layer and table."""

import re

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
from builders_read import CRS
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from gridgeo.config import ReadRules
from gridgeo.read import read_code_mapping, read_grids, read_roster
from gridgeo.read.values import plain_code

CODES = ["420102001001001", "420102001001002"]
VILLAGE = CODES[0][:12]
FORMS = {
    "decimals": lambda code: code + ".0",
    "many decimals": lambda code: code + ".000",
    "full width": lambda code: "".join(chr(ord(digit) + 0xFEE0) for digit in code),
    "full width with a point": lambda code: "".join(chr(ord(x) + 0xFEE0) for x in code + ".0"),
    "apostrophe": lambda code: "'" + code,
    "curved apostrophe": lambda code: "’" + code,
    "quoted": lambda code: f'"{code}"',
    "formula of text": lambda code: f'="{code}"',
    "groups": lambda code: f"{code[:6]} {code[6:12]}\u00a0{code[12:]}",
    "all at once": lambda code: "　'" + code[:6] + " " + code[6:] + ".0 ",
}


@pytest.mark.parametrize("form", FORMS)
def test_codes_of_grids_are_read_in_every_form_and_it_is_said(form):
    cells = {
        "网格编码": [FORMS[form](code) for code in CODES],
        "社区编码": FORMS[form](VILLAGE),
    }
    frame = gpd.GeoDataFrame(cells, geometry=[box(0, 0, 9, 9), box(9, 0, 18, 9)], crs=CRS)
    told = read_grids(frame, crs=pyproj.CRS(CRS), rules=ReadRules())
    assert told.grids["code"].tolist() == CODES
    assert set(told.grids["community"]) == {VILLAGE}
    if form != "groups":
        assert any(
            re.search("2 codes of 网格编码 are read", note.message.en) for note in told.notes
        )


@given(st.sampled_from(sorted(FORMS)), st.from_regex(r"[0-9]{6,15}", fullmatch=True))
def test_a_plain_code_stays_itself(form, code):
    assert plain_code(FORMS[form](code)) == code == plain_code(code)


@pytest.mark.parametrize("code", ["A-01", "甲-1.0", "1.5", "S01006506", "01.02"])
def test_what_is_no_number_keeps_its_characters(code):
    assert plain_code(code) == code


@pytest.mark.parametrize("form", FORMS)
def test_tables_of_codes_are_read_so_too(form, tmp_path):
    code = FORMS[form](CODES[0])
    mapping = pd.DataFrame({"名称": ["甲社区"], "编码": [FORMS[form](VILLAGE)]})
    mapping.to_csv(tmp_path / "codes.csv", index=False)
    assert read_code_mapping(str(tmp_path / "codes.csv")) == {"甲社区": VILLAGE}
    roster = pd.DataFrame({"网格编码": [code], "网格员": ["王"]})
    roster.to_csv(tmp_path / "roster.csv", index=False)
    assert read_roster(str(tmp_path / "roster.csv"))["code"].tolist() == [CODES[0]]
