"""Which column keeps houses together (must-link): its values must look like names.

A column that is called ``building`` may hold a type (yes, apartments) or a number that every
compound has again; neither says what belongs together.
"""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from gridgeo.config import ReadRules
from gridgeo.read.columns import find_all, normal, words
from gridgeo.read.context import RawLayer, ReadLog, tally
from gridgeo.read.counts import counts
from gridgeo.read.values import texts
from gridgeo.wording import Text

#: types and answers that are no names of a group of houses
_GENERIC = frozenset(
    words(
        "yes no true false y n t f unknown other others none null na n/a mixed various house "
        "houses residential apartment apartments flat flats detached semidetached "
        "semi-detached terrace terraced building dormitory dorm villa bungalow hut cabin farm "
        "hotel commercial office retail shop industrial warehouse school hospital church "
        "garage shed construction roof public civic high-rise low-rise multi-storey tower "
        "block slab private rented owner 是 否 有 无 不详 未知 其他 其它 混合 普通 一般 住宅 "
        "居住 居民 居民楼 住宅楼 居民住宅 居住用房 居住建筑 商住 商住楼 商住两用 综合 综合楼 "
        "公寓 公寓楼 宿舍 宿舍楼 高层 小高层 多层 中高层 超高层 低层 单层 别墅 联排 平房 楼房 "
        "自建房 农房 民房 民居 私房 公房 出租房 安置房 商品房 商品住宅 回迁房 经济适用房 "
        "廉租房 公租房 办公 办公楼 商业 商铺 门面 厂房 工业 学校 医院 酒店 仓库 车库 砖混 "
        "砖木 框架 框剪 钢混 混合结构 砖混结构 框架结构 土木 危房 在建 已建 拆除 自住 出租 "
        "空置 城镇 农村 城市 乡村 常住 流动 户籍 小区 楼栋 小组 村民小组 居民小组 未命名 未填 待定 "
        "待核 暂无 散户 散居 零散 城中村 拆迁 棚户 民宅 类型 类别 unnamed none tbd"
    )
)
#: what such types end in, or begin with, and are types still: 住宅小区, 非小区, 商品房小区, 类型2
_AROUND_TYPES = re.compile(
    r"(非|无物业|无|其他|其它|老旧?|新建|一般|普通|多层|高层)?(.*?)(小区|区|类|式|用房|房屋|房|楼|户|宅|建筑"
    r"|类?型[\d一二三四五六七八九十]*)?"
)
_WORDS_OF_TYPES = re.compile(r"[a-z]+(_[a-z]+)*")
_NUMBER = re.compile(r"[\d\s./#、,-]+")
_ORDINAL = re.compile(
    r"第?[\d一二三四五六七八九十百]+[\s#-]*(号楼|栋|幢|座|号|单元|楼|building|bldg)?|[a-z](座|栋|幢)?"
    r"|(building|bldg|block|no)\.?\s*[\da-z]+|[a-z]-?\d{1,3}"
    r"|(第?[\da-z一二三四五六七八九十]+[\s#-]*(号楼|栋|幢|座|号|单元|楼|层|室))+"
)
#: columns of these names count houses of one village or community: 1组 is a name there
_OF_PLACE = ("组", "group")
_OF_COMPOUND = ("小区", "compound")


def group_of(raw: RawLayer, rules: ReadRules, log: ReadLog) -> tuple[pd.Series[str], str]:
    """Return of each row the group that stays together (``""``: none), and the column.

    The column of the settings is taken as it is; else the first whose values look like names.
    Building numbers are names together with the compound. What is tied is noted.
    """
    named = rules.columns.get("households.group", "")
    for column in find_all(raw, "group", rules):
        cells = texts(raw, column, log)
        if column == named:
            _note_tied(raw, column, cells, rules, log, guessed=False)
            return cells, column
        groups = _guessed_groups(raw, column, cells, rules, log)
        if groups is not None:
            _note_tied(raw, column, groups, rules, log, guessed=True)
            if groups[groups != ""].duplicated().any():
                log.guessed.append(Text(f"{column} of {raw}", f"{raw.zh}的“{column}”列"))
            return groups, column
    return texts(raw, None, log), ""


def _guessed_groups(
    raw: RawLayer, column: str, cells: pd.Series[str], rules: ReadRules, log: ReadLog
) -> pd.Series[str] | None:
    """Return the groups of a column that was not named; None where its values are no names."""
    is_name = {cell: _looks_like_name(cell, column) for cell in cells.unique()}
    names = cells.map(is_name)
    filled = cells != ""
    if 2 * names.sum() >= filled.sum() and names.any():
        if (filled & ~names).any():
            _warn_generic(raw, column, cells[filled & ~names], log)
        return cells.where(names, "")
    compound = _compound_of(raw, rules, log)
    numbers = cells.map({cell: _is_ordinal(cell) for cell in is_name})
    if compound is not None and 2 * numbers.sum() >= filled.sum() and numbers.any():
        both = numbers & (compound != "")
        return (compound + " " + cells).where(both, compound)
    if filled.any():
        _warn_generic(raw, column, cells[filled], log, unused=True)
    return None


def _compound_of(raw: RawLayer, rules: ReadRules, log: ReadLog) -> pd.Series[str] | None:
    for column in find_all(raw, "group", rules):
        if any(word in normal(column) for word in _OF_COMPOUND):
            cells = texts(raw, column, log)
            names = [_looks_like_name(cell, column) for cell in cells]
            if 2 * sum(names) > len(names):
                return cells
    return None


def _looks_like_name(cell: str, column: str) -> bool:
    """Return whether a value names a group of houses.

    Examples
    --------
    >>> [_looks_like_name(text, "building") for text in ("yes", "3号楼", "东苑3号楼", "East Court")]
    [False, False, True, True]
    >>> _looks_like_name("3组", "小组"), _looks_like_name("3", "小组")
    (True, True)
    """
    plain = unicodedata.normalize("NFKC", cell).strip()
    low = plain.casefold()
    if not plain or _is_type(low) or all(map(_is_type, re.split(r"[;,；，、/]", low))):
        return False
    if any(word in normal(column) for word in _OF_PLACE):
        return True
    return not (_WORDS_OF_TYPES.fullmatch(plain) or _NUMBER.fullmatch(plain) or _is_ordinal(plain))


def _is_type(text: str) -> bool:
    """Return whether a text is a type or an answer, whatever stands around the word for it.

    Examples
    --------
    >>> [_is_type(text) for text in ("住宅小区", "非小区", "类型2", "东苑小区", "yes")]
    [True, True, True, False, True]
    """
    plain = text.strip()
    around = _AROUND_TYPES.fullmatch(plain)
    core = around[2] if around else plain
    bare = around is not None and not core and bool(around[1] or around[3])
    return bool({plain, core} & _GENERIC) or bare


def _is_ordinal(cell: str) -> bool:
    return bool(_ORDINAL.fullmatch(unicodedata.normalize("NFKC", cell).strip().casefold()))


def _warn_generic(
    raw: RawLayer,
    column: str,
    cells: pd.Series[str],
    log: ReadLog,
    *,
    unused: bool = False,
) -> None:
    shown = tally(cells, most=3)
    what = (
        Text("are types or numbers and no names, so it keeps nothing together",
             "是类型或编号，不是名称，故不据此合并房屋")
        if unused
        else Text("are no names and keep nothing together", "不是名称，不据此合并房屋")
    )  # fmt: skip
    log.note(
        "groups",
        Text(
            f"{raw}: values of {column} {what.en}: {shown} (a column of groups is named with "
            "--column households.group=NAME)",
            f"{raw.zh}：“{column}”列的值{what.zh}：{shown}"
            "（可用 --column households.group=列名 指明小组或楼栋列）",
        ),
        warning=True,
    )


def _note_tied(
    raw: RawLayer,
    column: str,
    groups: pd.Series[str],
    rules: ReadRules,
    log: ReadLog,
    *,
    guessed: bool,
) -> None:
    """Note how many groups a column ties and the largest; warn where it is named by a type."""
    rows = groups[groups != ""].value_counts()
    rows = rows[rows > 1]
    if rows.empty:
        return
    ties = pd.DataFrame({"group": groups})
    column_of_counts = find_all(raw, "households", rules)[0]
    ties["households"] = counts(raw, column_of_counts, log).fillna(0)
    tied = ties[ties["group"].isin(rows.index)]
    by_group = tied.groupby("group")["households"].sum()
    sums = {str(name): float(total) for name, total in by_group.items()}
    largest = max(sums, key=lambda name: (sums[name], name))
    undo = Text(
        "; this column was guessed: --column households.group= undoes it",
        "；该列为自动识别，可用 --column households.group= 取消",
    )
    generic = any(name.casefold() in _GENERIC or _WORDS_OF_TYPES.fullmatch(name) for name in sums)
    warning = Text("; its values look like types, not names", "；其值像类型而不像名称")
    log.note(
        "groups",
        Text(
            f"{raw}: {column} keeps houses together in {len(rows)} groups, the largest {largest} "
            f"({rows[largest]} rows, {sums[largest]:,.0f} households)"
            + (undo.en if guessed else "")
            + (warning.en if generic else ""),
            f"{raw.zh}：“{column}”列将房屋合为 {len(rows)} 组，最大的为“{largest}”"
            f"（{rows[largest]} 行，{sums[largest]:,.0f} 户）"
            + (undo.zh if guessed else "")
            + (warning.zh if generic else ""),
        ),
        warning=generic,
    )
