"""What a setting must be: of the type of its annotation, in its range; mappings are frozen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from gridgeo.errors import SettingsError
from gridgeo.wording import Text

V = TypeVar("V")


class FrozenMapping(Mapping[str, V]):
    """A mapping that does not change: it hashes, pickles and compares by its content.

    Examples
    --------
    >>> FrozenMapping({"water": 0.2}) == {"water": 0.2}
    True
    """

    __slots__ = ("_content",)

    def __init__(self, content: Mapping[str, V]) -> None:
        self._content = dict(content)

    def __getitem__(self, key: str) -> V:
        return self._content[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __hash__(self) -> int:
        return hash(frozenset(self._content.items()))

    def __repr__(self) -> str:
        return repr(self._content)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (self._content,)


def check_fields(settings: Any, table: str) -> None:
    """Refuse what is not of the type of its field; freeze mappings and sequences.

    Parameters
    ----------
    settings
        A dataclass that is being made: call this first in its ``__post_init__``.
    table
        Its place in the settings, ``""`` at the top.

    Raises
    ------
    SettingsError
        With the key of the field and a value that would do.
    """
    kind: Any = type(settings)
    hints = _hints_of(kind)
    for field in fields(settings):
        given = getattr(settings, field.name)
        key = f"{table}.{field.name}" if table else field.name
        value = typed(hints[field.name], given, key, such_as=field.default)
        if value is not given:
            object.__setattr__(settings, field.name, value)


_hints_of = lru_cache(get_type_hints)


def typed(hint: Any, value: Any, key: str, *, such_as: object = MISSING) -> Any:
    """Return a value of the type that `hint` says: numbers of NumPy as Python's, paths as text.

    Raises
    ------
    SettingsError
        The value is of another type. A truth value is no number, and 300.0 no whole number.

    Examples
    --------
    >>> typed(int, "300", "band.lower")
    Traceback (most recent call last):
    gridgeo.errors.SettingsError: '300' is not a whole number [key band.lower, value 300]. Write ...
    """
    inner = get_args(hint)
    kind = get_origin(hint) or hint
    if kind in (UnionType, Union):
        if value is None:
            return None
        (only,) = (one for one in inner if one is not NoneType)
        return typed(only, value, key, such_as=such_as)
    if kind is Literal:
        one_of(key, value, inner)
    if kind in (Any, Literal):
        return value
    if kind is Mapping and isinstance(value, Mapping):
        content = {
            typed(str, name, key): typed(inner[1], one, f"{key}.{name}")
            for name, one in value.items()
        }
        return value if isinstance(value, FrozenMapping) else FrozenMapping(content)
    if kind is tuple and isinstance(value, tuple | list):
        return tuple(typed(inner[0], one, key) for one in value)
    found = _plain(kind, value)
    if found is None:
        raise _wrong_type(kind, value, key, such_as)
    return found


def _plain(kind: Any, value: Any) -> Any:
    """Return `value` as `kind`, None where it is of another type."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, bool):
        return value if kind is bool else None
    if kind in (int, float) and isinstance(value, Integral):
        return int(value)
    if kind is float and isinstance(value, Real):
        return float(value)
    return value if isinstance(value, kind) else None


_KINDS: dict[Any, Text] = {
    int: Text("a whole number", "整数"),
    float: Text("a number", "数值"),
    str: Text("text", "文字"),
    bool: Text("true or false", "是或否（true、false）"),
    tuple: Text("a list", "一个列表"),
    Mapping: Text("a table", "一个表"),
}


def _wrong_type(kind: Any, value: object, key: str, such_as: object) -> SettingsError:
    wanted = _KINDS.get(kind) or Text(f"a {kind.__name__}", f" {kind.__name__}")
    shown = such_as not in (MISSING, None, "") and not is_dataclass(such_as)
    example = Text(f", such as {such_as!r}", f"，例如 {such_as!r}") if shown else Text("", "")
    return SettingsError(
        Text(f"{value!r} is not {wanted.en}", f"{value!r} 不是{wanted.zh}"),
        key=key,
        value=value,
        remedy=Text("Write ", "请写") + wanted + example,
    )


def one_of(key: str, value: object, known: tuple[str, ...]) -> None:
    """Refuse a value that is not known."""
    if value not in known:
        raise SettingsError(
            Text(f"{value!r} is not known here", f"此处不认识 {value!r}"),
            key=key,
            remedy=Text(f"Choose one of {', '.join(known)}", f"可选：{'、'.join(known)}"),
        )


def at_least(key: str, value: float, least: float) -> None:
    """Refuse a number that is less than `least`, and one that is none."""
    if not value >= least:
        raise SettingsError(
            Text(f"{value} is less than {least}", f"{value} 小于 {least}"), key=key, value=value
        )
