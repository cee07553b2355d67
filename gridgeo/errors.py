"""The errors that gridgeo raises.

::

    GridgeoError
     +-- InputError       a file, layer, row or value cannot be used
     +-- SettingsError    a setting is unknown, of the wrong type or contradicts another
     +-- OutputError      the results cannot be written where they should go

All of them end the command line with exit code 2. Every error states what was wrong in both
languages, where it stood and what to do about it.
"""

from __future__ import annotations

import errno
import json
import re
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from gridgeo.wording import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")


class GridgeoError(Exception):
    """An error with a message in two languages, a place and a remedy.

    ``str(error)`` is for Python: in the language of the settings where they were known, English
    elsewhere, with arguments in place of the options of the command line.

    Parameters
    ----------
    message
        What is wrong.
    remedy
        What the reader can do about it.
    place
        Where it stands, in the order to be printed: ``file``, ``layer``, ``row``, ``field``,
        ``value``, ``rule`` or ``key``. Entries that are None are left out.

    Examples
    --------
    >>> error = InputError(Text("negative count", "户数为负"), file="a.csv", row=3, value=-5)
    >>> str(error)
    'negative count [file a.csv, row 3, value -5]'
    >>> error.say("zh")
    '户数为负〔文件 a.csv，行 3，值 -5〕'
    """

    #: the language of ``str(error)``
    lang: Lang = "en"

    def __init__(self, message: Text, *, remedy: Text | None = None, **place: object) -> None:
        self.message = message
        self.remedy = remedy
        self.place = {name: value for name, value in place.items() if value is not None}
        super().__init__(self.say("en"))

    def __str__(self) -> str:
        return _OPTION.sub(_argument, self.say(self.lang))

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes."""
        return _same, (type(self), self.message, self.remedy, self.place), {"lang": self.lang}

    @property
    def full(self) -> Text:
        """Message, place and remedy in both languages."""
        return Text(self.say("en"), self.say("zh"))

    def say(self, lang: Lang) -> str:
        """Return message, place and remedy as one line in `lang`."""
        where = [f"{_PLACES.get(n, Text(n, n)).say(lang)} {v}" for n, v in self.place.items()]
        text = self.message.say(lang)
        if where:
            text += f" [{', '.join(where)}]" if lang == "en" else f"〔{'，'.join(where)}〕"
        if self.remedy:
            text += f". {self.remedy.en}" if lang == "en" else f"。{self.remedy.zh}"
        return text


#: an option of the command line, and what it is given
_OPTION = re.compile(
    r"(?<![\w-])--([a-z][a-z-]*)"
    r"(?: ([a-z_]+(?:\.[a-z_]+)?)=([^\s,;()，；（）]+)| ([A-Z]+)\b| ([a-z_]+(?:\.[a-z_]+)?)\b)?"
)
#: arguments and settings that have another name than their option
_ARGUMENTS = {"column": "columns", "codes": "register"}
_FLAGS = ("overwrite", "full")
#: options that say something of one layer or field, and those that take one of several words
_BY_LAYER = ("column", "crs", "datum", "encoding")
_OF_WORDS = ("by", "scheme", "profile")


def _argument(option: re.Match[str]) -> str:
    """Return an option of the command line as Python writes it.

    Examples
    --------
    >>> _OPTION.sub(_argument, "name it with --column streets.class=NAME, or add --overwrite")
    'name it with columns={"streets.class": "NAME"}, or add overwrite=True'
    >>> _OPTION.sub(_argument, "leave out --crs streets, or use --by tile and a smaller tile")
    'leave out crs["streets"], or use by="tile" and a smaller tile'
    """
    flag, key, value, place, word = option.groups()
    name = _ARGUMENTS.get(flag, flag.replace("-", "_"))
    if key:
        return f'{name}={{"{key}": "{value}"}}'
    if place:
        return f"{name}={place}"
    if word and flag in _OF_WORDS:
        return f'{name}="{word}"'
    if word and flag in _BY_LAYER and word != "out":
        return f'{name}["{word}"]'
    return (f"{name}=True" if flag in _FLAGS else name) + (f" {word}" if word else "")


def speaks_language_of_settings(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let the errors of a function speak the language of its argument ``settings``."""
    parameters = signature(function)

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except GridgeoError as error:
            settings = parameters.bind(*args, **kwargs).arguments.get("settings")
            error.lang = getattr(settings, "lang", error.lang)
            raise

    return call


def why(error: Exception) -> Text:
    """Return what an error of the system or of a reader says, in words of ours where we have them.

    Examples
    --------
    >>> why(FileNotFoundError(2, "No such file or directory", "a.json")).zh
    '文件不存在'
    """
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return _ERRNO[error.errno]
    if isinstance(error, json.JSONDecodeError):
        return Text(
            f"no valid JSON at line {error.lineno}, column {error.colno}: {error.msg}",
            f"不是有效的 JSON，第 {error.lineno} 行第 {error.colno} 列有误",
        )
    if isinstance(error, UnicodeDecodeError):
        return Text(f"the text is not {error.encoding}", f"文字编码不是 {error.encoding.upper()}")
    return Text(str(error), str(error))


def _same(
    kind: type[GridgeoError], message: Text, remedy: Text | None, place: dict[str, Any]
) -> GridgeoError:
    return kind(message, remedy=remedy, **place)


class InputError(GridgeoError):
    """A file, layer, row or value cannot be used."""


class SettingsError(GridgeoError):
    """A setting is unknown, of the wrong type or contradicts another."""


class OutputError(GridgeoError):
    """The results cannot be written where they should go."""


_PLACES = {
    "file": Text("file", "文件"),
    "layer": Text("layer", "图层"),
    "row": Text("row", "行"),
    "rows": Text("rows", "行"),
    "field": Text("field", "字段"),
    "value": Text("value", "值"),
    "rule": Text("rule", "规则"),
    "key": Text("key", "设置项"),
}
_ERRNO = {
    errno.ENOENT: Text("there is no such file", "文件不存在"),
    errno.EACCES: Text("no permission", "没有权限"),
    errno.EPERM: Text("no permission", "没有权限"),
    errno.EISDIR: Text("it is a folder", "这是文件夹，不是文件"),
    errno.ENOTDIR: Text("part of the path is no folder", "路径中有一段不是文件夹"),
    errno.EROFS: Text("the disk is read-only", "磁盘为只读"),
    errno.ENOSPC: Text("the disk is full", "磁盘已满"),
}
