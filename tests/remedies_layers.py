"""Errors of layers: which are given, their columns, their reference systems, their keys."""

import warnings

import geopandas as gpd
import pandas as pd
import shapely
from builders_read import (
    X,
    Y,
    buildings,
    communities,
    compounds,
    households,
    read,
    read_town,
    streets,
    town,
)
from builders_remedies import case, told
from shapely import box

from gridgeo.config import ReadRules, Source
from gridgeo.read import layers_from_frames


def saved(folder, name, frame):
    path = folder / f"{name}.gpkg"
    with warnings.catch_warnings(action="ignore"):  # of layers without a CRS
        frame.to_file(path, layer=name)
    return path


def labelled(frame, crs):
    return frame.set_crs(crs, allow_override=True)


def table(folder, **columns):
    path = folder / "table.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


# Which layers, and which columns


@case(r"no households given. Give --households: or compounds or buildings with a household count")
def no_households(folder):
    yield lambda: read_town(folder, households=None)
    yield lambda: read_town(folder, households=saved(folder, "h", households()))
    path = saved(folder, "c", compounds(小区名称=["东苑", "西苑"], 户数=[200, 7]))
    yield lambda: read_town(folder, households=None, compounds=path)


@case(r"there is no layer 'street'. Did you mean streets\?")
def unknown_layer(_):
    frames = town()
    frames["street"] = frames.pop("streets")
    yield lambda: layers_from_frames(frames, ReadRules())
    frames["streets"] = frames.pop("street")
    yield lambda: layers_from_frames(frames, ReadRules())


@case(r"no column for households.households; the columns are: 备注, N \[file .*h.gpkg, layer h\]")
def no_such_column(folder):
    frame = households(备注=["", "", ""], N=[120, 80, 7])
    path = saved(folder, "h", frame)
    error = yield lambda: read_town(folder, households=path)
    rules = told(error, households_households="N")
    yield lambda: read_town(folder, rules, households=path)
    path = saved(folder, "more", frame.assign(户数=frame["N"]))
    yield lambda: read_town(folder, households=path)


@case(r"there is no column setting 'households.househods'.* Did you mean households.households\?")
def unknown_column_setting(folder):
    path = saved(folder, "h", households(N=[120, 80, 7]))
    wrong = {"columns": {"households.househods": "N"}}
    yield lambda: read_town(folder, wrong, households=path)
    yield lambda: read_town(folder, {"columns": {"households.households": "N"}}, households=path)


@case(
    r"the layer has no geometry \[file .*table.csv.*\]. Give it as GeoPackage or Shapefile, or add"
)
def no_geometry(folder):
    path = table(folder, 编码=["1", "2"], 名称=["甲社区", "乙社区"])
    yield lambda: read_town(folder, communities=path)
    yield lambda: read_town(folder, communities=saved(folder, "c", communities()))
    shapes = shapely.to_wkt(communities().geometry.to_numpy())
    wkt = table(folder, 名称=["甲社区", "乙社区"], wkt=shapes)
    yield lambda: read_town(folder, {"crs": {"communities": "4548"}}, communities=wkt)


@case(r"'zoo2' is no category of facilities \[file .*f.gpkg, layer f\]. Choose one of office, ")
def no_category(folder):
    path = saved(folder, "f", buildings())
    given = Source(path=str(path), kind="zoo2")
    error = yield lambda: read_town(folder, facilities=given)
    kind = error.remedy.en.removeprefix("Choose one of ").split(", ")[0]
    yield lambda: read_town(folder, facilities=Source(path=str(path), kind=kind))


@case(
    r"'hedgehog' is no kind of barrier \[file .*b.gpkg, layer b\]. Choose one of water, rail, wall"
)
def no_kind_of_barrier(folder):
    path = saved(folder, "b", buildings())
    yield lambda: read_town(folder, barriers=Source(path=str(path), kind="hedgehog"))
    for kind in ("water", "rail", "wall"):
        yield lambda kind=kind: read_town(folder, barriers=Source(path=str(path), kind=kind))


@case(r"no row says whether it is water, rail or wall \[file .*b.gpkg, layer b\]. Say it for the")
def barriers_of_no_class(folder):
    path = saved(folder, "b", buildings(N=["river", "lake", "river"]))
    error = yield lambda: read_town(folder, barriers=path)
    yield lambda: read_town(folder, barriers=Source(path=str(path), kind="water"))
    rules = told(error, barriers_class="N")
    yield lambda: read_town(folder, {"columns": rules["columns"]}, barriers=path)


@case(
    r"no value of 'n' is a community \[file .*a.gpkg, layer a, field n\]. Name the column.*--column"
)
def atoms_of_no_community(folder):
    path = saved(folder, "a", communities(户数=[200, 7], n=["x", "y"], 所在=["甲社区", "乙社区"]))
    given = {"streets": None, "households": None, "atoms": path}
    wrong = {"columns": {"atoms.community": "n"}}
    error = yield lambda: read_town(folder, wrong, **given)
    yield lambda: read_town(folder, told(error, atoms_community="所在"), **given)


# Reference systems


@case(r"the layer has no coordinate reference system \[file .*h.gpkg, layer h\]. Say which it is")
def no_crs(folder):
    path = saved(folder, "h", labelled(households().to_crs(4490), None))
    error = yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, told(error), households=path)


@case(r"no such coordinate reference system: 99 \[setting crs.households|no such coordinate .*: 99")
def unknown_crs(folder):
    path = saved(folder, "h", labelled(households().to_crs(4490), None))
    error = yield lambda: read_town(folder, {"crs": {"households": "99"}}, households=path)
    right = error.remedy.en.rpartition(" ")[2]
    yield lambda: read_town(folder, {"crs": {"households": right}}, households=path)


@case(r"are not where EPSG:4549 .* \[file .*layer s, rows 1, 2\]. Declare .*--crs streets=4548")
def wrong_crs(folder):
    path = saved(folder, "s", labelled(streets(), 4549))
    error = yield lambda: read_town(folder, streets=path)
    yield lambda: read_town(folder, told(error), streets=path)


@case(r"are not where EPSG:4549 .*Leave out --crs streets: the file says EPSG:4548")
def needless_crs(folder):
    path = saved(folder, "s", streets())
    yield lambda: read_town(folder, {"crs": {"streets": "4549"}}, streets=path)
    yield lambda: read_town(folder, streets=path)


@case(r"swapped.* \[file .*h.gpkg, layer h, rows 1, 2, 3\]. Swap longitude and latitude")
def swapped(folder):
    right = households().to_crs(4490)
    turned = shapely.transform(right.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    path = saved(folder, "h", right.set_geometry(gpd.GeoSeries(turned, crs=4490)))
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=saved(folder, "mended", right))


@case(r"are not where .* \[file .*h.gpkg, layer h, rows 1, 2, 3\]. Correct the coordinates, or")
def another_town(folder):
    far = households().to_crs(4490)
    path = saved(folder, "h", far.set_geometry(far.translate(8, -3)))
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=saved(folder, "mended", households()))


# Keys


@case(r"no coordinates, and no layer has a key .*\[file .*table.csv.*--compounds, --buildings or")
def nothing_to_join(folder):
    path = table(folder, 小区=["东苑", "西苑"], 户数=[200, 7])
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=path, compounds=saved(folder, "c", compounds()))
    numbered = saved(folder, "b", buildings(楼栋=["东苑", "西苑", "北苑"]))
    yield lambda: read_town(folder, households=path, buildings=numbered)
    degrees = households().to_crs(4326).geometry
    more = table(folder, 户数=[120, 80, 7], lon=degrees.x, lat=degrees.y)
    yield lambda: read_town(folder, households=more)


@case(r"no coordinates, and no key .*the columns are: 院, 户数 \[file .*table.csv.*key=NAME")
def no_key(folder):
    path, places = (
        table(folder, 院=["东苑", "西苑"], 户数=[200, 7]),
        saved(folder, "c", compounds()),
    )
    error = yield lambda: read_town(folder, households=path, compounds=places)
    rules = told(error, households_key="院")
    yield lambda: read_town(folder, rules, households=path, compounds=places)


@case(
    r"no key of the table is known to any layer \[file .*table.csv, .*row 2, field 小区, value 1\]"
)
def no_key_fits(folder):
    path = table(folder, 小区=["1", "2"], 院=["东苑", "西苑"], 户数=[200, 7])
    frame = buildings(楼栋=["a", "b", "c"], 标牌=["东苑", "西苑", "北苑"])
    places = saved(folder, "b", frame)
    error = yield lambda: read_town(folder, households=path, buildings=places)
    rules = told(error, households_key="院", buildings_key="标牌")
    yield lambda: read_town(folder, rules, households=path, buildings=places)


# Shapes


@case(
    r"no row has usable geometry: Point 3 \[file .*h.gpkg, layer h\].*meant for streets.*[lL]ines"
)
def wrong_layer(folder):
    path = saved(folder, "h", households())
    yield lambda: read_town(folder, streets=path)
    yield lambda: read_town(folder, streets=saved(folder, "s", streets()))


@case(r"communities have the same code: 1 甲 / 1 乙 \[file .*c.gpkg, rows 1, 2\]. Delete the copy,")
def communities_of_one_code(folder):
    frame = communities(编码=["1", "1"], 名称=["甲", "乙"])
    yield lambda: read_town(folder, communities=saved(folder, "c", frame))
    yield lambda: read_town(folder, communities=saved(folder, "d", frame.assign(编码=["1", "2"])))
    whole = frame.dissolve("编码").reset_index()
    yield lambda: read_town(folder, communities=saved(folder, "e", whole))


@case(r"communities have the same outline: .* \[file .*c.gpkg, rows 1, 3\]. Delete the copy")
def communities_of_one_outline(folder):
    frame = communities()
    twice = pd.concat([frame, frame.iloc[:1].assign(编码="370102001003")], ignore_index=True)
    yield lambda: read_town(folder, communities=saved(folder, "c", twice))
    yield lambda: read_town(folder, communities=saved(folder, "d", twice.iloc[:2]))


@case(
    r"the polygon crosses itself; a repair would change its area.*\[file .*c.gpkg, layer c, row 1\]"
)
def crossing(folder):
    tie = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    frame = communities()
    shapes = gpd.GeoSeries([tie, frame.geometry.iloc[1]], crs=frame.crs)
    yield lambda: read_town(folder, communities=saved(folder, "c", frame.set_geometry(shapes)))
    drawn = gpd.GeoSeries([box(X, Y, X + 100, Y + 100), shapes.iloc[1]], crs=frame.crs)
    yield lambda: read_town(folder, communities=saved(folder, "d", frame.set_geometry(drawn)))


@case(
    r"1 rows have coordinates that are no numbers .*layer households, rows 2\]. Correct or delete"
)
def no_numbers(_):
    good = households()
    shapes = good.geometry.tolist()
    shapes[1] = shapely.Point(float("inf"), 1)
    bad = good.set_geometry(gpd.GeoSeries(shapes, crs=good.crs))
    yield lambda: read(households=bad)
    yield lambda: read(households=good)
    yield lambda: read(households=bad.drop(index=1).assign(户数=[200, 7]))
