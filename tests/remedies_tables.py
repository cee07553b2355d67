"""Errors of tables: text, web pages and workbooks, their headers and their sheets."""

import struct

import openpyxl
from builders_books import compound, patch, record, write_any
from builders_read import communities, compounds, read_town
from builders_remedies import TOTAL, case, told

from gridgeo.config import ReadRules, Source
from gridgeo.read import read_code_mapping, read_grids, read_layers, read_roster

HOMES = {"crs": {"households": "4548"}}
ROWS = [["户数", "x", "y"], [120, 500020, 4000040], [80, 500050, 4000040], [7, 500080, 4000040]]


def book(path, rows=ROWS, **more):
    return write_any(path, {"住户": rows, **more})


def text(rows=ROWS):
    return "\n".join(",".join(map(str, row)) for row in rows) + "\n"


def written(path, content):
    raw = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(raw)
    return path


# Files that are no tables


@case(r"the file is a PDF \[file .*a.xls\]. Open it and save the table as .xlsx")
def a_pdf(folder):
    path = written(folder / "a.xls", "%PDF-1.7")
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(folder / "a.xlsx"))


@case(
    r"the file is a web archive \(MHTML\) \[file .*a.xls\]. Open it in Excel and save it as .xlsx"
)
def a_web_archive(folder):
    path = written(folder / "a.xls", "MIME-Version: 1.0\nContent-Type: multipart/related")
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(folder / "a.xlsx"))


@case(r"a web page without a table \[file .*a.xls\]. Open it and save the table as .xlsx")
def a_page_without_table(folder):
    path = written(folder / "a.xls", "<html><body>no table</body></html>")
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(folder / "a.xlsx"))


XML = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">{}</Workbook>'
)


def xml_sheet(name):
    rows = "".join(
        "<Row>" + "".join(f"<Cell><Data>{cell}</Data></Cell>" for cell in row) + "</Row>"
        for row in ROWS
    )
    return f'<Worksheet ss:Name="{name}"><Table>{rows}</Table></Worksheet>'


@case(r"the XML cannot be read \(.*\) \[file .*a.xls\]. Open it in Excel and save it as .xlsx")
def broken_xml(folder):
    path = written(folder / "a.xls", XML.format(xml_sheet("住户"))[:-30])
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(folder / "a.xlsx"))


@case(r"sheets with content: 住户, 旧 \[file .*a.xls\]. Name one as PATH::SHEET")
def sheets_of_xml(folder):
    path = written(folder / "a.xls", XML.format(xml_sheet("住户") + xml_sheet("旧")))
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=f"{path}::住户")


@case(r"no sheet '新'; the sheets are: 住户, 旧 \[file .*a.xls\]. Name one as PATH::SHEET")
def no_such_sheet_of_xml(folder):
    path = written(folder / "a.xls", XML.format(xml_sheet("住户") + xml_sheet("旧")))
    yield lambda: read_town(folder, HOMES, households=f"{path}::新")
    yield lambda: read_town(folder, HOMES, households=f"{path}::旧")


@case(r"2 sheets with content: 住户, 旧 \[file .*a.xlsx\]. Name one as PATH::SHEET")
def no_sheet_named(folder):
    path = book(folder / "a.xlsx", 旧=ROWS)
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=f"{path}::住户")


@case(r"no sheet '新'; the sheets are: 住户, 旧 \[file .*a.ods\]. Name one as PATH::SHEET")
def wrong_sheet_named(folder):
    path = book(folder / "a.ods", 旧=ROWS)
    yield lambda: read_town(folder, HOMES, households=f"{path}::新")
    yield lambda: read_town(folder, HOMES, households=f"{path}::旧")


@case(r"the workbook cannot be read \(.*\) \[file .*a.xlsx\].*save it again as .xlsx")
def torn_workbook(folder):
    path = book(folder / "a.xlsx")
    path.write_bytes(path.read_bytes()[:-60])
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(path))


@case(r"the workbook is protected by a password \[file .*a.xls\]. Remove the password")
def locked_workbook(folder):
    path = book(folder / "a.xls")
    raw = path.read_bytes()
    codepage = record(0x42, struct.pack("<H", 1200))
    locked = record(0x2F, struct.pack("<H", 1))  # in place of the code page
    path.write_bytes(raw.replace(codepage, locked))
    yield lambda: read_town(folder, HOMES, households=path)
    path.write_bytes(raw)
    yield lambda: read_town(folder, HOMES, households=path)


@case(r"the workbook is protected by a password \[file .*a.xlsx\]. Remove the password")
def locked_xlsx(folder):
    path = written(folder / "a.xlsx", compound(b"x" * 5000, "EncryptedPackage"))
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(path))


@case(r"the workbook is protected by a password \[file .*a.ods\]. Remove the password")
def locked_ods(folder):
    path = book(folder / "a.ods")
    patch(path, "<manifest:manifest", "<manifest:manifest encryption-data=''",
          "META-INF/manifest.xml")  # fmt: skip
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, HOMES, households=book(path))


@case(
    r"cell XFD1048576 stands far from the table.* \[file .*a.xlsx, layer 住户, value XFD1048576\]"
)
def a_cell_far_away(folder):
    path = book(folder / "a.xlsx")
    content = openpyxl.load_workbook(path)
    content.active["XFD1048576"] = "x"
    content.save(path)
    yield lambda: read_town(folder, HOMES, households=path)
    content.active["XFD1048576"] = None
    content.save(path)
    yield lambda: read_town(folder, HOMES, households=path)


# Text


@case(
    r"most of the text is no utf-8 \[file .*a.csv\]. Save the file as UTF-8.*leave --encoding out"
)
def wrong_encoding_of_text(folder):
    rows = [[*ROWS[0], "名称"], *([*row, "光谷花园东区"] for row in ROWS[1:])]
    path = written(folder / "a.csv", text(rows).encode("gb18030"))
    given = HOMES | {"encoding": {"households": "utf-8"}}
    yield lambda: read_town(folder, given, households=path)
    yield lambda: read_town(folder, HOMES, households=path)
    yield lambda: read_town(folder, given, households=written(path, text(rows)))


@case(r"a quotation mark is opened in this row and not closed \[file .*a.csv, row 3\]. Close the")
def open_quote(folder):
    rows = [[*ROWS[0], "名称"], *([*row, "东苑"] for row in ROWS[1:])]
    good = text(rows)
    lines = good.splitlines(keepends=True)
    path = written(folder / "a.csv", "".join([*lines[:2], lines[2].replace("东", '"东'), lines[3]]))
    yield lambda: read_town(folder, HOMES, households=path)
    for mended in ('"东苑"', "东苑", '"""东苑"'):
        line = lines[2].replace("东苑", mended)
        content = "".join([*lines[:2], line, lines[3]])
        yield lambda content=content: read_town(folder, HOMES, households=written(path, content))


@case(r"text follows a closing quotation mark \[file .*a.csv, row 2\]. Close the mark")
def text_after_quote(folder):
    path = folder / "a.csv"
    rows = [[*ROWS[0], "名称"], *([*row, '"东"苑'] for row in ROWS[1:])]
    yield lambda: read_town(folder, HOMES, households=written(path, text(rows)))
    for mended in ("东苑", '"""东""苑"'):
        content = text(rows).replace('"东"苑', mended)
        yield lambda content=content: read_town(folder, HOMES, households=written(path, content))


@case(r"the row has more cells than there are columns: '4000040' \[file .*a.csv, row 2\]. Put text")
def cell_too_many(folder):
    path = folder / "a.csv"
    rows = [ROWS[0], ["1,20", *ROWS[1][1:]], ["80", *ROWS[2][1:]], ["7", *ROWS[3][1:]]]
    yield lambda: read_town(folder, HOMES, households=written(path, text(rows)))
    content = text(rows).replace("1,20", '"120"')
    yield lambda: read_town(folder, HOMES, households=written(path, content))


@case(r"no row of column names found \[file .*a.csv\]. The table needs one to four rows of column")
def no_header(folder):
    path = folder / "a.csv"
    yield lambda: read_town(folder, HOMES, households=written(path, "120\n80\n7\n"))
    yield lambda: read_town(folder, HOMES, households=written(path, text()))


# Tables beside the layers


def codes(path, rows):
    return book(path, [["名称", "编码"], *rows])


@case(r"a code table is a CSV or a workbook \[file .*a.gpkg\]. Save it as CSV or XLSX")
def codes_as_a_layer(folder):
    written(folder / "a.gpkg", "x")
    yield lambda: read_code_mapping(str(folder / "a.gpkg"))
    path = codes(folder / "a.xlsx", [["甲社区", "370102001001"]])
    yield lambda: read_code_mapping(str(path))


@case(r"no column of names and 12-digit codes: 名称, 序号 \[file .*a.csv\]. Give two columns, name")
def codes_without_column(folder):
    path = written(folder / "a.csv", "名称,序号\n甲社区,1\n")
    yield lambda: read_code_mapping(str(path))
    written(path, "name,code12\n甲社区,370102001001\n")
    yield lambda: read_code_mapping(str(path))


@case(r"the code is not 12 digits \[file .*a.xlsx, row 3, field 编码, value 3701.*Store the column")
def code_too_short(folder):
    rows = [["甲社区", "370102001001"], ["乙社区", "3701020010"], ["丙社区", "370102001003"]]
    path = codes(folder / "a.xlsx", rows)
    yield lambda: read_code_mapping(str(path))
    rows[1][1] = "370102001002"
    yield lambda: read_code_mapping(str(codes(path, rows)))


@case(r"a roster is a CSV or a workbook \[file .*a.gpkg\]. Save it as CSV or XLSX")
def roster_as_a_layer(folder):
    written(folder / "a.gpkg", "x")
    yield lambda: read_roster(str(folder / "a.gpkg"))
    yield lambda: read_roster(str(written(folder / "a.csv", "网格编码,网格员\n1,张三\n")))


@case(r"no column of grid codes or names: 网格员, 职责 \[file .*a.csv\]. Use the template that")
def roster_without_grids(folder):
    path = written(folder / "a.csv", "网格员,职责\n张三,巡查\n")
    yield lambda: read_roster(str(path))
    written(
        path,
        "网格编码,网格名称,网格员,职责\n1,东苑,张三,巡查\n",
    )
    yield lambda: read_roster(str(path))


@case(r"the phone was stored as a number and lost digits \[file .*a.xlsx, row 2, field 网格员电话")
def phone_rounded(folder):
    rows = [["网格编码", "网格员电话"], ["1", "1.38E+10"]]
    path = book(folder / "a.xlsx", rows)
    yield lambda: read_roster(str(path))
    rows[1][1] = "13812345678"
    yield lambda: read_roster(str(book(path, rows)))


@case(r"the cell is an error of a formula \[file .*a.xlsx, row 2, field 网格员, value #REF!\]")
def person_not_calculated(folder):
    rows = [["网格编码", "网格员"], ["1", "#REF!"]]
    path = book(folder / "a.xlsx", rows)
    yield lambda: read_roster(str(path))
    rows[1][1] = "张三"
    yield lambda: read_roster(str(book(path, rows)))


# Grids that are only a table


def read_table(folder, column="小区", rules=None, **layers):
    """Read a table of two grids, each with the name of a compound of the town."""
    path = book(folder / "t.xlsx", [["网格编码", column], ["1", "东苑"], ["2", "西苑"]])
    layers["communities"] = communities()
    for role, frame in layers.items():
        frame.to_file(folder / f"{role}.gpkg")
    inputs = {role: (Source(path=str(folder / f"{role}.gpkg")),) for role in layers}
    told_so = ReadRules(inputs=inputs, **(rules or {}))
    ground = read_layers(told_so, partial=True)
    grids = read_grids(str(path), crs=ground.crs, rules=told_so, ground=ground).grids
    assert not grids.geometry.isna().any()


@case(
    r"no shapes, and no column of places .*are: 网格编码, 住处 \[file .*t.xlsx.*grids.compound=NAME"
)
def grids_without_places(folder):
    given = {"compounds": compounds()}
    error = yield lambda: read_table(folder, "住处", **given)
    yield lambda: read_table(folder, "住处", told(error, grids_compound="住处"), **given)
    compounds(网格编码=["1", "2"]).to_file(folder / "g.gpkg")
    yield lambda: read_grids(str(folder / "g.gpkg"), rules=ReadRules())


@case(r"the grids are a table, and no layer has the places.* \[file .*t.xlsx.*Give --compounds")
def grids_without_layers(folder):
    yield lambda: read_table(folder)
    yield lambda: read_table(folder, compounds=compounds())


@case(r"no name of the table is known.*t.xlsx.*row 2, field 小区, value 东苑.*compounds.name=NAME")
def grids_of_unknown_names(folder):
    given = {"compounds": compounds(代号=["东苑", "西苑"])}
    error = yield lambda: read_table(folder, **given)
    rules = told(error, grids_compound="小区", compounds_name="代号")
    yield lambda: read_table(folder, rules=rules, **given)


assert sum(row[0] for row in ROWS[1:]) == TOTAL
