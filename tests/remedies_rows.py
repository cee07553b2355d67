"""Errors of rows and cells: counts, codes, coordinates, of which most or all cannot be used."""

from builders_books import write_any
from builders_read import communities, households, read_town
from builders_remedies import case, told

HOMES = {"crs": {"households": "4548"}}
X, Y = [500020, 500050, 500080], [4000040, 4000040, 4000040]


def saved(folder, name, frame):
    path = folder / f"{name}.gpkg"
    frame.to_file(path, layer=name)
    return path


def book(path, **columns):
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    return write_any(path, {"住户": rows})


@case(r"2 rows hold no whole number of at least 0: .*layer h, row 1, field 户数, value 约百户\]")
def no_counts(folder):
    frame = households(户数=["约百户", "不详", "7"], 实数=["120", "80", "7"])
    error = yield lambda: read_town(folder, households=saved(folder, "h", frame))
    right = frame.assign(户数=frame["实数"])
    yield lambda: read_town(folder, households=saved(folder, "right", right))
    rules = told(error, households_households="实数")
    yield lambda: read_town(folder, rules, households=saved(folder, "h", frame))


@case(r"2 rows hold an error of a formula: .*layer 住户, row 2, field 户数, value #REF!\]")
def errors_for_counts(folder):
    path = folder / "a.xlsx"
    cells = {"x": X, "y": Y}
    yield lambda: read_town(
        folder, HOMES, households=book(path, 户数=["#REF!", "#REF!", 7], **cells)
    )
    yield lambda: read_town(folder, HOMES, households=book(path, 户数=[120, 80, 7], **cells))


@case(r"3 rows hold a formula without a stored value: .*row 2, field 户数, value =1\+119\]")
def formulas_for_counts(folder):
    path = folder / "a.xlsx"
    formulas = {"户数": ["=1+119", "=8*10", "=10-3"], "x": X, "y": Y}
    yield lambda: read_town(folder, HOMES, households=book(path, **formulas))
    # Excel calculates when it opens a workbook, and stores values when it saves it
    values = formulas | {"户数": [120, 80, 7]}
    yield lambda: read_town(folder, HOMES, households=book(path, **values))


@case(r"2 of 3 rows have no household count \[file .*layer h, field 户数\]. Name the right column")
def mostly_empty(folder):
    path = saved(folder, "h", households(户数=[None, None, 207], 实数=[120, 80, 7]))
    error = yield lambda: read_town(folder, households=path)
    rules = told(error, households_households="实数")
    yield lambda: read_town(folder, {"columns": rules["columns"]}, households=path)
    rules = {"missing_households": told(error)["missing_households"]}
    yield lambda: read_town(folder, rules, households=path)


@case(r"1 atoms have no household count \[file .*layer a, row 2, field 户数\]. Fill them, or set")
def empty_atoms(folder):
    given = {"streets": None, "households": None}
    frame = communities(户数=[207, None], 社区=["甲社区", "乙社区"])
    path = saved(folder, "a", frame)
    error = yield lambda: read_town(folder, atoms=path, **given)
    yield lambda: read_town(folder, told(error), atoms=path, **given)
    filled = saved(folder, "filled", frame.assign(户数=[200, 7]))
    yield lambda: read_town(folder, atoms=filled, **given)


@case(r"no row holds any household \[file .*h.gpkg, layer h.*\]. Name the right column")
def nobody(folder):
    path = saved(folder, "h", households(户数=[0, 0, 0], 实数=[120, 80, 7]))
    error = yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, told(error, households_households="实数"), households=path)


@case(r"a long code was stored as a number and lost digits \[file .*c.gpkg, layer c, row 1, field")
def code_rounded(folder):
    frame = communities(编码=[37010200100100001.0, 37010200100100002.0], 名称=["甲", "乙"])
    yield lambda: read_town(folder, communities=saved(folder, "c", frame))
    text = frame.assign(编码=["37010200100100001", "37010200100100002"])
    yield lambda: read_town(folder, communities=saved(folder, "d", text))


@case(r"3 of 3 rows have no coordinates that can be read .*row 2, field x, y, value 东门, 北\]")
def no_coordinates(folder):
    words = {"x": ["东门", "西门", "南门"], "y": ["北", "北", "北"], "东": X, "北": Y}
    path = book(folder / "a.xlsx", 户数=[120, 80, 7], **words)
    error = yield lambda: read_town(folder, HOMES, households=path)
    rules = told(error, households_x="东", households_y="北")
    yield lambda: read_town(folder, HOMES | rules, households=path)
    degrees = households().to_crs(4326).geometry
    path = book(folder / "b.xlsx", 户数=[120, 80, 7], x=degrees.x, y=degrees.y)
    yield lambda: read_town(folder, {"crs": {"households": "4326"}}, households=path)
