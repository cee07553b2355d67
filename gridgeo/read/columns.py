"""Which column means what: aliases in Chinese and English, and the settings that override them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from gridgeo.config import ReadRules
from gridgeo.errors import InputError, SettingsError
from gridgeo.read.aliases import ALIASES
from gridgeo.read.context import Journal, RawLayer
from gridgeo.text import Text, join
from gridgeo.words import FIELDS, say_fields, word


def normal(name: str) -> str:
    """Return `name` without case, width, spaces, underscores and remarks in brackets.

    Examples
    --------
    >>> normal("HH_Cnt"), normal("户数（户）"), normal("Ｎame:ZH")
    ('hhcnt', '户数', 'name:zh')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"\(.*?\)|[\s_\-]", "", plain) or plain


def candidates(columns: Sequence[str], aliases: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that one of the `aliases` fits, the best first.

    An exact alias beats one with ``*``, which beats a Chinese name that a shapefile cut to 10
    bytes; then the order of the aliases counts, then the order of the columns.

    Examples
    --------
    >>> candidates(["households_2020", "HH"], ["households", "hh", "households*"])
    ('HH', 'households_2020')
    """
    return tuple(column for *_, column in _ranked(columns, aliases))


def _ranked(columns: Sequence[str], aliases: Sequence[str]) -> list[tuple[int, int, int, str]]:
    ranked = []
    for position, column in enumerate(columns):
        ranks = [rank for alias in enumerate(aliases) if (rank := _rank(normal(column), *alias))]
        if ranks:
            ranked.append((*min(ranks), position, column))
    return sorted(ranked)


def _rank(name: str, position: int, alias: str) -> tuple[int, int] | None:
    wanted = normal(alias)
    if name == wanted:
        return 0, position
    if "*" in alias and fnmatchcase(name, wanted):
        return 1, position
    if not name.isascii() and len(name.encode()) >= 8 and wanted.startswith(name):
        return 2, position
    return None


def check_keys(rules: ReadRules) -> None:
    """Raise SettingsError for a ``role.field`` that no layer knows."""
    known = [f"{role}.{field}" for role, fields in ALIASES.items() for field in fields]
    for key in rules.columns:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            role = key.partition(".")[0]
            listed = near or [name for name in known if name.startswith(f"{role}.")] or known
            raise SettingsError(
                Text(f"there is no column setting {key!r}", f"没有名为 {key!r} 的字段设置"),
                key=f"columns.{key}",
                remedy=Text(
                    f"Did you mean {' or '.join(listed)}?", f"您是否想写 {'、'.join(listed)}？"
                ),
            )


def check_columns(role: str, raws: Sequence[RawLayer], rules: ReadRules) -> None:
    """Raise InputError where a column named in the settings is in none of the layers of a role."""
    for key, column in rules.columns.items():
        if (
            key.partition(".")[0] == role
            and raws
            and not any(column in raw.columns for raw in raws)
        ):
            raise missing_column(raws[0], key.partition(".")[2], column)


def missing_column(raw: RawLayer, field: str, column: str = "") -> InputError:
    """Say that `raw` has no column for `field`, and list the columns that it has."""
    has = ", ".join(raw.columns) or "-"
    key, told = f"{raw.role}.{field}", word(FIELDS, field, "zh")
    named = f" {column!r}" if column else ""
    sought = f"指定为“{told}”的“{column}”列" if column else f"“{told}”列"
    return InputError(
        Text(
            f"no column{named} for {key}; the columns are: {has}",
            f"找不到{sought}；现有的列：{has}",
        ),
        remedy=Text(
            f"Name the right one with --column {key}=NAME, or add such a column",
            f"请用 --column {key}=列名 指明，或在数据中补上该列",
        ),
        **raw.place,
    )


def find_all(raw: RawLayer, field: str, rules: ReadRules) -> tuple[str, ...]:
    """Return the columns of `raw` that may hold `field`, the best first; a setting stands alone."""
    named = rules.columns.get(f"{raw.role}.{field}")
    if named is not None and named in raw.columns:
        return (named,)
    return candidates(raw.columns, ALIASES[raw.role].get(field, ()))


def understand(
    raw: RawLayer, fields: Sequence[str], rules: ReadRules, journal: Journal
) -> dict[str, str]:
    """Return the column of each of the `fields` that `raw` has, and note them."""
    found: dict[str, str] = {}
    doubts: list[tuple[str, Text]] = []
    for field in fields:
        columns = find_all(raw, field, rules)
        if columns:
            found[field] = columns[0]
        ranked = _ranked(columns, ALIASES[raw.role][field])
        rivals = [column for kind, *_, column in ranked[1:] if kind == ranked[0][0]]
        if rivals:
            doubts.append((field, Text(", ".join(rivals), "、".join(rivals))))
    say_columns(raw, found, journal, doubts)
    return found


def say_columns(
    raw: RawLayer,
    found: Mapping[str, str],
    journal: Journal,
    doubts: Sequence[tuple[str, Text]] = (),
) -> None:
    """Note the columns of `raw` as understood, and which others would have fitted."""
    told = say_fields(found) if found else Text("no columns understood", "没有识别出字段")
    also = [Text(f"{field}: ", f"{word(FIELDS, field, 'zh')}：") + rest for field, rest in doubts]
    if also:
        told = told + Text(" (also possible: ", "（也可能是：") + join(also) + Text(")", "）")
    journal.say("columns", Text(f"{raw}: ", f"{raw.zh}：") + told)


def unique_names(names: list[str]) -> list[str]:
    """Return names with numbers where they repeat; NUL and a number where there is none."""
    seen: dict[str, int] = {}
    out = []
    for position, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        repeated = name if seen[name] == 1 else f"{name}_{seen[name]}"
        out.append(repeated if name else f"\0{position}")
    return out
