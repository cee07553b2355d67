"""``gridgeo.toml``: tables of settings become `Settings`; an unknown key is an error."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from gridgeo.config.checks import typed
from gridgeo.config.cutting import CATEGORIES, Override, Threshold
from gridgeo.config.settings import ROLES, Codes, ReadRules, Settings, Source
from gridgeo.errors import SettingsError, why
from gridgeo.wording import Text

#: Tables of the file that together make `ReadRules`, beside ``[read]``.
READ_TABLES = ("inputs", "columns", "crs", "datum", "encoding")


def read_settings(path: str | Path) -> Settings:
    """Return the settings of a TOML file; paths in it are relative to the file.

    Raises
    ------
    SettingsError
        The file is not there, is not TOML, contains an unknown key (the nearest known one is
        named), a value of the wrong type, or values that contradict each other.
    """
    file = Path(path)
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(
            Text("no such settings file", "找不到设置文件"),
            file=str(path),
            remedy=Text("Write one with: gridgeo init", "可用 gridgeo init 生成"),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            Text("the settings cannot be read: ", "无法读取设置：") + why(error),
            file=str(path),
        ) from error
    return settings_from(document, folder=file.parent)


def settings_from(document: Mapping[str, Any], *, folder: Path = Path()) -> Settings:
    """Return the settings of a parsed document.

    Examples
    --------
    >>> settings_from({"band": {"lower": 200, "upper": 400}}).band.lower
    200
    """
    tables = {name: value for name, value in document.items() if name not in READ_TABLES}
    read = dict(_table(tables.pop("read", {}), "read"))
    for name in READ_TABLES:
        if name in document:
            read[name] = _READ[name](_table(document[name], name), folder)
    known = [*(f.name for f in fields(Settings)), *READ_TABLES]
    for name in document:
        _known(name, known, "")
    parts = {name: _setting(name, value, folder) for name, value in tables.items()}
    return Settings(read=_part(ReadRules, read, "read"), **parts)


def _setting(name: str, value: Any, folder: Path) -> Any:
    """Return a setting of the document itself: a plain value, or a table as its dataclass."""
    if name == "community":
        tables = _table(value, name).items()
        return {key: _part(Override, table, f"{name}.{key}") for key, table in tables}
    if name not in _PARTS:
        return _value(_HINTS[name], value, name)
    part = _part(_HINTS[name], value, name)
    if isinstance(part, Codes) and part.mapping:
        part = replace(part, mapping=str(folder / part.mapping))
    if isinstance(part, Codes) and part.register:
        part = replace(part, register=str(folder / part.register))
    return part


def _inputs(table: Mapping[str, Any], folder: Path) -> dict[str, tuple[Source, ...]]:
    inputs: dict[str, tuple[Source, ...]] = {}
    for role, given in table.items():
        _known(role, ROLES, "inputs")
        by_kind = given if isinstance(given, Mapping) else {"": given}
        inputs[role] = tuple(
            _source(text, kind, folder)
            for kind, texts in by_kind.items()
            for text in (texts if isinstance(texts, list) else [texts])
        )
    return inputs


def _source(text: Any, kind: str, folder: Path) -> Source:
    if not isinstance(text, str):
        raise SettingsError(
            Text(f"{text!r} is not a path, PATH::LAYER", f"{text!r} 不是路径或 路径::图层"),
            key="inputs",
            value=text,
        )
    source = Source.parse(text, kind=kind)
    return Source(path=str(folder / source.path), layer=source.layer, kind=kind)


def _flat(table: Mapping[str, Any], _: Path) -> dict[str, str]:
    """Return ``{"role.field": column}`` from nested or quoted keys."""
    flat: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{field}": str(column) for field, column in value.items()}
        else:
            flat[name] = str(value)
    return flat


def _texts(table: Mapping[str, Any], _: Path) -> dict[str, str]:
    return {name: str(value) for name, value in table.items()}


_READ = {
    "inputs": _inputs,
    "columns": _flat,
    "crs": _texts,
    "datum": _texts,
    "encoding": _texts,
}
_HINTS = get_type_hints(Settings)
_PARTS = {name for name, hint in _HINTS.items() if is_dataclass(hint)}


def _part(kind: Any, table: Any, name: str) -> Any:
    """Return the dataclass `kind` from a table, every value of the type of its field."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in _table(table, name).items():
        _known(key, list(hints), name)
        values[key] = _value(hints[key], value, f"{name}.{key}")
    return kind(**values)


def _value(hint: Any, value: Any, key: str) -> Any:
    if key == "dedicated.thresholds":
        for category in _table(value, key):
            _known(category, CATEGORIES, key)
        return {c: _part(Threshold, table, f"{key}.{c}") for c, table in value.items()}
    if get_origin(hint) is Mapping:
        inner = get_args(hint)[1]
        if inner is float:
            return {k: _value(float, v, f"{key}.{k}") for k, v in _table(value, key).items()}
        return value
    allowed = get_args(hint) or (hint,)
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return typed(hint, value, key)


def _table(value: Any, key: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = typed(Mapping[str, Any], value, key)
    return table


def _known(name: str, known: Any, table: str) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    choices = ", ".join(known)
    remedy = (
        Text(f"Did you mean {near[0]}?", f"是否想写 {near[0]}？")
        if near
        else Text(f"Known here: {choices}", f"可用的有：{choices}")
    )
    raise SettingsError(
        Text(f"unknown setting {name!r}", f"未知的设置项 {name!r}"),
        key=f"{table}.{name}" if table else name,
        remedy=remedy,
    )
