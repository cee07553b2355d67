"""What `gridgeo init` writes (settings and workbook), and where the samples are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from gridgeo.cli.options import DEFAULT_FILE
from gridgeo.errors import OutputError, SettingsError
from gridgeo.storage import save_reproducibly
from gridgeo.wording import Lang, Text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

TEMPLATE_NAMES = Text("households-template.xlsx", "户数模板.xlsx")
SHEET = Text("households", "户数")
#: header, width, format of the cells: text stays text, counts are whole numbers
COLUMNS = (
    (Text("compound", "小区名称"), 26, "@"),
    (Text("building", "楼栋"), 14, "@"),
    (Text("households", "户数"), 12, "0"),
    (Text("residents", "常住人口"), 12, "0"),
)
#: what each column means, and two example rows
HELP = (
    (
        Text("compound", "小区名称"),
        Text(
            "required; the name as it is written in the layer of compounds",
            "必填，须与小区图层中的名称一致",
        ),
        Text("Sunshine Garden", "阳光花园"),
        Text("Sunshine Garden", "阳光花园"),
    ),
    (
        Text("building", "楼栋"),
        Text("may stay empty; keeps the building in one grid", "可不填；同一楼栋不会拆到两个网格"),
        Text("1", "1栋"),
        Text("2", "2栋"),
    ),
    (
        Text("households", "户数"),
        Text("required; resident households, a whole number", "必填，常住户数，整数"),
        Text("96", "96"),
        Text("128", "128"),
    ),
    (
        Text("residents", "常住人口"),
        Text("may stay empty", "可不填，整数"),
        Text("281", "281"),
        Text("370", "370"),
    ),
)
HELP_HEADER = (
    Text("column", "列名"),
    Text("how to fill it in", "怎么填"),
    Text("example 1", "示例一"),
    Text("example 2", "示例二"),
)
NOTES = (
    Text(
        "One row per building, or per compound. Fill in the first sheet; leave its header as it "
        "is. Rows that match no compound are listed in the report, never dropped.",
        "每个楼栋（或每个小区）一行，填在第一张表，表头请勿改动。对不上小区的行会在报告中逐条列出，不会丢失。",
    ),
    Text(
        'Then write in gridgeo.toml: households = "households-template.xlsx::households"',
        '填好后在 gridgeo.toml 中写：households = "户数模板.xlsx::户数"',
    ),
)
LAST_ROW = 20_000


def write_template(path: Path, lang: Lang) -> None:
    """Write the workbook: a sheet with headers and cell formats only, and a sheet of advice.

    The headers are names that reading understands; counts admit whole numbers from 0 only.
    """
    book = Workbook()
    del book[book.sheetnames[0]]
    _households(book.create_sheet(SHEET.say(lang)), lang)
    _advice(book.create_sheet(Text("how to", "填写说明").say(lang)), lang)
    save_reproducibly(book, path)


def _households(sheet: Worksheet, lang: Lang) -> None:
    _header(sheet, [title.say(lang) for title, _, _ in COLUMNS])
    rule = DataValidation(
        type="whole",
        operator="greaterThanOrEqual",
        formula1="0",
        allow_blank=True,
        showErrorMessage=True,
        error=Text("a whole number, 0 or more", "请填 0 或正整数").say(lang),
    )
    for letter, (_, width, cell_format) in zip("ABCD", COLUMNS, strict=True):
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = cell_format
        if cell_format == "0":
            rule.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.add_data_validation(rule)
    sheet.freeze_panes = "A2"


def _advice(sheet: Worksheet, lang: Lang) -> None:
    _header(sheet, [title.say(lang) for title in HELP_HEADER])
    for line in HELP:
        sheet.append([text.say(lang) for text in line])
    sheet.append([])
    for note in NOTES:
        sheet.append([note.say(lang)])
        sheet.merge_cells(
            start_row=sheet.max_row, end_row=sheet.max_row, end_column=4, start_column=1
        )
        sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[sheet.max_row].height = 48
    for letter, width in zip("ABCD", (16, 52, 18, 18), strict=True):
        sheet.column_dimensions[letter].width = width


def _header(sheet: Worksheet, titles: Sequence[str]) -> None:
    sheet.append(list(titles))
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor="FF2F4858")
        cell.alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 22


_PACKAGE = Path(__file__).resolve().parents[1]
#: in an installed wheel, and in a checkout
_SAMPLES = (_PACKAGE / "samples", _PACKAGE.parent / "data" / "samples")


def write_starter(folder: Path, *, overwrite: bool, lang: Lang = "zh") -> tuple[Path, ...]:
    """Write a settings file with every setting explained, and a workbook to fill in.

    Parameters
    ----------
    folder
        Where to; made when it is not there.
    overwrite
        Whether files of these names there may be replaced.
    lang
        Of the workbook; the settings file speaks both languages.

    Returns
    -------
    tuple of Path
        ``gridgeo.toml`` and the workbook.

    Raises
    ------
    OutputError
        One of the files is there and `overwrite` is false (then none is written), or the folder
        cannot be written to.
    """
    settings, workbook = folder / DEFAULT_FILE, folder / TEMPLATE_NAMES.say(lang)
    if not overwrite:
        for path in (settings, workbook):
            _refuse_existing(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings.write_bytes(files("gridgeo.cli").joinpath("template.toml").read_bytes())
        write_template(workbook, lang)
    except OSError as error:
        raise OutputError(
            Text(f"cannot write here: {error.strerror}", f"无法写入：{error.strerror}"),
            file=str(error.filename or folder),
            remedy=Text(
                "Choose another folder, or close the file where it is open",
                "请换一个文件夹，或关闭正在打开该文件的程序",
            ),
        ) from error
    return settings, workbook


def sample_settings(name: str) -> Path:
    """Return the settings file of a sample that comes with gridgeo.

    Raises
    ------
    SettingsError
        There is no such sample; the message lists those there are.

    Examples
    --------
    >>> sample_settings("monaco").name
    'gridgeo.toml'
    """
    samples = {
        path.parent.name: path
        for folder in reversed(_SAMPLES)
        for path in sorted(folder.glob(f"*/{DEFAULT_FILE}"))
    }
    if name not in samples:
        raise SettingsError(
            Text(f"there is no sample {name!r}", f"没有名为 {name!r} 的样例"),
            remedy=Text(f"Choose one of {', '.join(samples)}", f"可选：{'、'.join(samples)}"),
        )
    return samples[name]


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise OutputError(
            Text("the file is there already", "文件已存在"),
            file=str(path),
            remedy=Text(
                "Give --overwrite to replace it, or another folder",
                "如需替换请加 --overwrite，或换一个文件夹",
            ),
        )
