"""A table as a layer: what of it is read is said, and rows of totals and hidden ones are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from gridgeo.config import ReadRules, Source
from gridgeo.read.columns import ALIASES, candidates, find_all
from gridgeo.read.context import RawLayer, ReadLog, rows_text
from gridgeo.read.coordinates import axes_of, points_from
from gridgeo.read.counts import parse_numbers
from gridgeo.read.shape_cells import with_shapes
from gridgeo.read.tables import Table, load_table
from gridgeo.read.text_cells import note_judgement
from gridgeo.read.totals import without_totals
from gridgeo.tables import multiplier_of
from gridgeo.wording import Text

_KINDS = {
    "html": Text("a web page", "网页（HTML）"),
    "xml": Text("XML of Excel 2003", "Excel 2003 的 XML"),
    "text": Text("text", "文本"),
    "book": Text("a workbook", "工作簿"),
}


def load_table_layer(
    path: Path, source: Source, role: str, rules: ReadRules, log: ReadLog
) -> RawLayer:
    """Return the table of a file as a layer, without rows that are empty or totals."""
    named = {name for key, name in rules.columns.items() if key.startswith(f"{role}.")}
    table = load_table(
        path,
        source.layer,
        rules.encoding.get(role, ""),
        _header_test(role, named),
        counts=frozenset(rules.columns[key] for key in _counts_of(role) if rules.columns.get(key)),
        skip_hidden=rules.hidden == "skip",
    )
    _note_reading(str(source), table, log)
    _warn_of_hidden_columns(str(source), role, table, rules, log)
    raw = RawLayer(
        role=role, frame=table.frame[(table.frame != "").any(axis=1)], file=source.path,
        layer=table.sheet.name, kind=source.kind,
        encoding=table.encoding.encoding if table.encoding else "",
    )  # fmt: skip
    if table.encoding is not None:
        note_judgement(raw, table.encoding, log, given=rules.encoding.get(role, ""))
    raw = without_totals(raw, log)
    _warn_of_unread(raw, log)
    raw = _hidden_rows(raw, table, rules, log)
    axes = axes_of(raw, rules)
    if axes is None:
        return with_shapes(raw, rules, log)
    return points_from(raw, axes, rules, log) if role in _POINTS else raw


#: roles whose tables become points at once; rows of households are counted first
_POINTS = ("facilities", "addresses")


def _counts_of(role: str) -> tuple[str, ...]:
    return f"{role}.households", f"{role}.residents"


def _header_test(role: str, named: set[str]) -> Callable[[str], bool]:
    """Return the test for a cell of a header row: an alias of `role`, or named in the settings."""
    aliases = [alias for names in ALIASES[role].values() for alias in names if "*" not in alias]
    return cache(lambda cell: cell in named or bool(candidates([cell], aliases)))


def _note_reading(source: str, table: Table, log: ReadLog) -> None:
    """Note how the table was found in its file."""
    rows = table.header.stop - table.header.start
    names = [name for name in table.header.names if name]
    if rows > 1:
        log.note(
            "tables",
            Text(
                f"{source}: the header stands in {_ENGLISH[rows]} rows, read as: "
                f"{', '.join(names)}",
                f"{source}：表头为{_CHINESE[rows]}行，合并后的字段为：{'、'.join(names)}",
            ),
        )
    if table.kind:
        what = _KINDS[table.kind]
        log.note(
            "tables",
            Text(
                f"{source}: the file is {what.en}, whatever its name says; its table is read",
                f"{source}：文件内容是{what.zh}，与扩展名不符，已按其中的表格读取",
            ),
        )
    if table.header.unit and not any(multiplier_of(name) > 1 for name in names):
        unit = table.header.unit
        log.note(
            "tables",
            warning=True,
            message=Text(
                f"{source}: a title gives the unit {unit}; counts are read as they stand. Where it "
                "holds for them, write it into the header of the column: 户数(百户)",
                f"{source}：表题注明单位为“{unit}”，数值仍按原样读取；如确为该单位，"
                "请写入列名，如“户数（百户）”",
            ),
        )
    if table.sheet.more_tables:
        more = table.sheet.more_tables
        log.note(
            "tables",
            warning=True,
            message=Text(
                f"{source}: the web page has {more} more tables, which are not read",
                f"{source}：网页中还有 {more} 个表格未读取，只读取最大的一个",
            ),
        )
    for name, tops in table.once.items():
        listed_rows = rows_text(tops)
        log.note(
            "tables",
            warning=True,
            message=Text(
                f"{source}: {name} is merged over several rows {len(tops)} times; each number "
                f"counts once, in its first row: {listed_rows}",
                f"{source}：“{name}”有 {len(tops)} 处合并单元格，数值只在其首行计一次："
                f"第 {listed_rows} 行",
            ),
        )


_ENGLISH = {2: "two", 3: "three", 4: "four", 5: "five"}
_CHINESE = {2: "两", 3: "三", 4: "四", 5: "五"}


_UNREAD = re.compile(r"=.*|#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!)", re.DOTALL)


def _warn_of_unread(raw: RawLayer, log: ReadLog) -> None:
    """Warn of cells with errors, and of formulas whose value is not in the file."""
    for name, cells in raw.frame.items():
        signed = {cell for cell in cells.tolist() if cell[:1] in ("=", "#")}
        odd = sorted(cell for cell in signed if _UNREAD.fullmatch(cell))
        rows = [int(at) for at in cells.index[cells.isin(odd)]] if odd else []
        if rows:
            what = (
                Text("formulas without a stored value", "公式没有存储计算结果")
                if all(cell[0] == "=" for cell in odd)
                else Text(
                    "errors or formulas without a stored value", "单元格为错误值或未计算的公式"
                )
            )
            log.note(
                "tables",
                warning=True,
                message=Text(
                    f"{raw}: column {name} holds {what.en} in rows {rows_text(rows)}: "
                    f"{', '.join(odd[:3])}",
                    f"{raw.zh}：“{name}”列第 {rows_text(rows)} 行{what.zh}：{'、'.join(odd[:3])}",
                ),
            )


def _warn_of_hidden_columns(
    source: str, role: str, table: Table, rules: ReadRules, log: ReadLog
) -> None:
    """Name the hidden columns whose name means something to the layer: they are read like any."""
    names = table.header.names
    unseen = [names[n] for n in sorted(table.sheet.unseen_columns) if n < len(names)]
    raw = RawLayer(role=role, frame=table.frame)
    used = {column for field in ALIASES[role] for column in find_all(raw, field, rules)[:1]}
    listed = [name for name in unseen if name in used]
    if listed:
        log.note(
            "tables",
            warning=True,
            message=Text(
                f"{source}: hidden columns are read like any: {', '.join(listed)}; another column "
                f"is chosen with --column {role}.FIELD=NAME",
                f"{source}：隐藏的列照常读取：{'、'.join(listed)}；可用 --column {role}.字段=列名 "
                "改用其他列",
            ),
        )


def _hidden_rows(raw: RawLayer, table: Table, rules: ReadRules, log: ReadLog) -> RawLayer:
    """Warn of what is hidden; leave hidden rows out where the settings say so."""
    sheet = table.sheet
    if sheet.beside:
        listed = Text(", ".join(sheet.beside), "、".join(sheet.beside))
        log.note(
            "tables",
            warning=True,
            message=Text(
                f"{raw.file}: hidden sheets are not read: {listed.en}",
                f"{raw.file}：隐藏的工作表未读取：{listed.zh}",
            ),
        )
    rows = raw.frame.index if sheet.hidden else raw.frame.index[raw.frame.index.isin(sheet.unseen)]
    if not len(rows):
        return raw
    column = next(iter(find_all(raw, "households", rules)), "")
    hidden = raw.frame.loc[rows]
    number = int(parse_numbers(hidden[column])[0].sum()) if column else 0
    where = Text(f"sheet {sheet.name} is hidden", f"工作表“{sheet.name}”是隐藏的")
    if not sheet.hidden:
        listed_rows = rows_text([int(at) for at in rows])
        where = Text(
            f"{len(rows)} rows are hidden ({listed_rows})",
            f"有 {len(rows)} 行被隐藏或筛选（第 {listed_rows} 行）",
        )
    skipped = rules.hidden == "skip" and not sheet.hidden
    done = (
        Text("they are left out", "已略去")
        if skipped
        else Text(
            'they count (hidden = "skip" under [read] leaves hidden rows out)',
            '照常计入（在 [read] 中设 hidden = "skip" 可略去隐藏行）',
        )
    )
    log.note(
        "tables",
        warning=True,
        message=Text(
            f"{raw}: {where.en}, with {number:,} households: {done.en}",
            f"{raw.zh}：{where.zh}，共 {number:,} 户：{done.zh}",
        ),
    )
    if not skipped:
        return raw
    values = hidden[column] if column else [""] * len(rows)
    log.reject(raw, rows, field=column, values=values, reason=_HIDDEN)
    return replace(raw, frame=raw.frame.drop(index=rows))


_HIDDEN = Text("the row is hidden, and hidden rows are left out", "该行被隐藏，按设置略去")
