"""The order of rows decides nothing: grids that overlap are settled by their codes."""

import geopandas as gpd
import pytest
from builders_adjust import LARGE, NORTH, SMALL, outlines, town
from shapely import box

from gridgeo.adjust import adjust_grids
from gridgeo.config import Source
from gridgeo.errors import InputError

OVERLAPS = {
    "beside": [box(0, 0, 600, 200), LARGE, *NORTH],
    "nested": [SMALL, LARGE, *NORTH, box(600, 0, 800, 200)],
    "same": [SMALL, LARGE, *NORTH, NORTH[0]],
}


def result(grids, rules):
    try:
        told = adjust_grids(grids, rules)
    except InputError as error:
        return str(error.message)
    findings = sorted((one.rule, one.severity, one.message.en) for one in told.plan.findings)
    return outlines(told.plan.grids), told.proposals["id"].tolist(), findings


@pytest.mark.parametrize("name", OVERLAPS)
def test_overlapping_grids_in_any_order_are_adjusted_alike(tmp_path, name):
    grids, rules = town(tmp_path, *OVERLAPS[name])
    frame = gpd.read_file(grids.path)
    first = result(grids, rules)
    for number, rows in enumerate((frame.index[::-1], [*frame.index[2:], *frame.index[:2]])):
        other = tmp_path / f"other{number}.gpkg"
        frame.loc[rows].to_file(other)
        assert result(Source(path=str(other)), rules) == first


def test_a_code_twice_is_told_with_its_row(tmp_path):
    grids, rules = town(tmp_path, SMALL, LARGE, *NORTH, 编码=["2", "1", "3", "1"])
    with pytest.raises(InputError, match=r"two grids have one code .*row 4"):
        adjust_grids(grids, rules)
