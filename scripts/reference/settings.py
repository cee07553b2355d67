"""``settings.md``: every setting with its type and default from the code and its comment."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin, get_type_hints

from gridgeo.config import Override, ReadRules, Settings, Threshold
from gridgeo.config.settings_file import _READ_TABLES
from scripts.reference.markdown import NOTE, code, prose, table

INTRO = """# Settings 设置项

`gridgeo init` writes a `gridgeo.toml` in which all of this stands as comments
([template.toml](../../gridgeo/cli/template.toml)); what is not set keeps the default below. A key
that is not known is an error that names the nearest known one. Options of the command line go
before the file. In Python the same values are `gridgeo.Settings` and its parts
([gridgeo.config](python/config.md)).
"""
TYPES = {str: "text", int: "whole number", float: "number"}
_EXAMPLE = re.compile(r"\[|\w+ = ")
_KEY = re.compile(r"#(?P<key>[\w.]+) = (?P<value>.+)")


@dataclass
class Entry:
    """Settings that share one comment, with the values that the template gives them."""

    comment: list[str]
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Section:
    """One table of the file."""

    name: str
    prose: list[str]
    entries: list[Entry] = field(default_factory=list)


def settings_page() -> str:
    """Return the page."""
    return NOTE + INTRO + "".join(_sections())


def _sections() -> Iterator[str]:
    text = files("gridgeo.cli").joinpath("template.toml").read_text(encoding="utf-8")
    for title, lines in _chapters(text):
        yield f"\n## {title}\n"
        for section in _parsed(lines):
            yield _said(section)


def _chapters(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the headlines of the template and the lines below each."""
    pieces = re.split(r"^# -{20,} (.+)$", text, flags=re.MULTILINE)
    head = pieces[0].split("\n\n", 1)[1]
    yield "全局 of the whole file", head.splitlines()
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        yield title, body.splitlines()


def _parsed(lines: list[str]) -> list[Section]:
    sections = [Section("", [])]
    comment: list[str] = []
    for line in lines:
        if line.startswith("["):
            sections.append(Section(line.strip("[]"), comment))
            comment = []
        elif found := _KEY.fullmatch(line):
            if comment or not sections[-1].entries:
                sections[-1].entries.append(Entry(comment))
                comment = []
            sections[-1].entries[-1].values[found["key"]] = found["value"]
        elif line.startswith("# "):
            comment.append(line[2:])
        elif comment and not sections[-1].entries:
            sections[-1].prose += comment
            comment = []
    if comment:
        sections[-1].prose += comment
    return [section for section in sections if section.prose or section.entries or section.name]


def _said(section: Section) -> str:
    name, part = section.name, _part_of(section.name)
    told = f"\n### `[{name}]`\n" if name else ""
    told += "".join(f"\n{line}\n" for line in section.prose if not _EXAMPLE.match(line))
    examples = [line for line in section.prose if _EXAMPLE.match(line)]
    if examples:
        told += "\n```toml\n" + "\n".join(examples) + "\n```\n"
    if is_dataclass(part) and part is not Settings and part is not Threshold:
        told += "\n" + prose(inspect.getdoc(part) or "")
    if section.entries:
        told += "\n" + _table(section, part)
    return told


def _part_of(name: str) -> Any:
    """Return the dataclass that holds the keys of a section, None where they are the user's."""
    if name in _READ_TABLES:
        return None
    special = {"": Settings, "read": ReadRules, "community": Override}
    if name in special:
        return special[name]
    part: Any = Settings
    for step in name.split("."):
        part = get_type_hints(part)[step]
    return part


def _table(section: Section, part: Any) -> str:
    typed = get_type_hints(part) if is_dataclass(part) and part is not Threshold else {}
    typed = {
        key: hint for key, hint in typed.items() if any(key in e.values for e in section.entries)
    }
    rows = [
        [
            "<br>".join(column)
            for column in zip(*(_row(key, text, part, typed) for key, text in some), strict=True)
        ]
        + [" ".join(entry.comment)]
        for entry in section.entries
        for some in _together(entry)
    ]
    last = "example" if section.name in _READ_TABLES else "default"
    return table(["setting", *(["type"] if typed else []), last, "说明 what it is"], rows)


def _together(entry: Entry) -> list[list[tuple[str, str]]]:
    """Return the settings of an entry by rows: one row where they share a comment."""
    values = list(entry.values.items())
    return [values] if entry.comment else [[value] for value in values]


def _row(key: str, text: str, part: Any, typed: dict[str, Any]) -> list[str]:
    unset = key in typed and getattr(part(), key) is None
    return [code(key), *([_type(typed[key])] if typed else []), "not set" if unset else code(text)]


def _type(hint: Any) -> str:
    options = [one for one in get_args(hint) if one is not type(None)]
    if get_origin(hint) is Literal:
        return " | ".join(options)
    return _type(options[0]) if options else TYPES[hint]
