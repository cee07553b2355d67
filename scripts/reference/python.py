"""``python/*.md``: what can be imported, from its docstrings, as griffe reads them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import griffe

from scripts.reference.markdown import NOTE, code, prose, table

ROOT = Path(__file__).parents[2]
#: The pages: what they are about, and the modules whose names they list. Of a module without
#: ``__all__`` the names are given.
PAGES: Mapping[str, tuple[str, Mapping[str, Sequence[str]]]] = MappingProxyType(
    {
        "gridgeo": ("The whole job", {"gridgeo": ()}),
        "model": (
            "Values that travel between stages",
            {
                "gridgeo.model.values": (
                    *("Atoms", "Constraints", "Partition", "Finding", "Reject", "Note", "Repaired"),
                ),
                "gridgeo.wording.text": ("Text",),
            },
        ),
        "config": ("Settings as values", {"gridgeo.config": ()}),
        "partition": (
            "The solver alone",
            {
                "gridgeo.partition": ("BandedRegions", "partition_atoms", "dissolve"),
                "gridgeo.partition.estimator": ("ComponentVerdict",),
            },
        ),
        "validate": ("Checks on any partition", {"gridgeo.validate": ()}),
        "codes": (
            "Codes, their schemes and the register",
            {
                "gridgeo.codes": (),
                "gridgeo.config.schemes": ("CodeScheme", "GridCode", "SCHEMES", "scheme_of"),
            },
        ),
        "adjust": ("Changing a partition that is there", {"gridgeo.adjust": ()}),
        "report": ("Saving, loading and drawing", {"gridgeo.report": (), "gridgeo.maps": ()}),
        "notebook": ("Adjusting in Jupyter", {"gridgeo.notebook": ()}),
        "signs": ("Notice signs", {"gridgeo.signs": ()}),
        "province": ("Chunked runs of large areas", {"gridgeo.province": ()}),
    }
)
#: Where something new is added: one function (or value) and one line.
SEAMS: Mapping[str, str] = MappingProxyType(
    {
        "gridgeo.validate.checks.CHECKS": "a check: from a case to findings",
        "gridgeo.wording.rules.RULEBOOK": "its title, source and suggestion",
        "gridgeo.config.schemes.SCHEMES": "a code scheme (or `[codes] template` in the settings)",
        "gridgeo.report.save.WRITERS": "a file of the plan's folder",
        "gridgeo.model.schema.SCHEMA": "a column of a layer",
        "gridgeo.wording.headers.COLUMNS": "its header in workbook and report",
        "gridgeo.report.workbook.SHEETS": "a sheet of the workbook",
        "gridgeo.report.styles.STYLES": "a QGIS style",
        "gridgeo.maps.page.LAYERS": "a layer of the map page",
    }
)


LONGEST = 88
STARS = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}


def python_pages() -> dict[str, str]:
    """Return the pages by name, an index among them."""
    package = griffe.load(
        "gridgeo", docstring_parser="numpy", search_paths=[ROOT], resolve_aliases=True
    )
    pages = {
        name: NOTE + "".join(_page(package, title, modules))
        for name, (title, modules) in PAGES.items()
    }
    return {"README": NOTE + _index(package), **pages}


def _index(package: griffe.Object) -> str:
    rows = [
        [f"[{', '.join(modules)}]({name}.md)", title] for name, (title, modules) in PAGES.items()
    ]
    seams = [[code(path), what] for path, what in SEAMS.items() if package[_inside(path)]]
    return (
        "# Python\n\nWritten from the docstrings; their examples run as tests. Text that users "
        "read is a pair of\nEnglish and Chinese (`gridgeo.wording.text.Text`). Nothing changes its "
        "arguments.\n\n"
        + table(["module", "what"], rows)
        + "\n## Where to add something\n\nA new one is one function or value, and one line in:\n\n"
        + table(["registry", "holds"], seams)
    )


def _inside(path: str) -> str:
    return path.removeprefix("gridgeo").removeprefix(".")


def _page(
    package: griffe.Object, title: str, modules: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    yield f"# {title}\n"
    for path, names in modules.items():
        module = package[_inside(path)] if _inside(path) else package
        yield f"\n## `{path}`\n"
        if not names:
            yield "\n" + prose(module.docstring.value)
        for name in names or sorted(map(str, module.exports)):
            yield f"\n### `{name}`\n\n" + "".join(_member(_found(package, module, name), name))


def _found(package: griffe.Object, module: griffe.Object, name: str) -> griffe.Object:
    """Return a name of a module, as griffe knows it where it was written."""
    value = getattr(import_module(module.path), name)
    home = getattr(value, "__module__", None)
    if callable(value) and home and home.startswith("gridgeo."):
        return package[f"{_inside(home)}.{value.__qualname__}"]
    found = module.members[name]
    return found.final_target if found.is_alias else found


def _member(thing: griffe.Object, name: str) -> Iterator[str]:
    if thing.is_attribute:
        yield f"```python\n{name}: {thing.annotation}\n```\n\n"
    elif signature := _signature(thing, name):
        yield f"```python\n{signature}\n```\n\n"
    yield from _docstring(thing)
    if thing.is_class:
        for inner, member in thing.members.items():
            public = not inner.startswith("_") and not member.is_alias
            if public and (member.is_function or "property" in member.labels):
                yield f"\n#### `{name}.{inner}`\n\n" + "".join(_member(member, inner))


def _signature(thing: griffe.Object, name: str) -> str:
    if "property" in thing.labels:
        return f"{name}: {thing.annotation}"
    if thing.is_class and "__init__" not in thing.all_members:
        return f"class {name}({', '.join(str(base) for base in thing.bases)})"
    text: str = thing.signature(return_type=thing.is_function, name=name)
    return text if len(text) <= LONGEST else _folded(thing, name)


def _folded(thing: griffe.Object, name: str) -> str:
    """Return a long signature with a line for each parameter."""
    init = thing.all_members["__init__"] if thing.is_class else thing
    lines: list[str] = []
    for one in init.parameters:
        if one.name == "self":
            continue
        if one.kind is griffe.ParameterKind.keyword_only and "*," not in lines:
            lines.append("*,")
        default = "" if one.default is None else f" = {one.default}"
        stars = STARS.get(one.kind, "")
        lines.append(f"{stars}{one.name}: {one.annotation}{default},")
    returns = f" -> {thing.returns}" if thing.is_function else ""
    return f"{name}(\n" + textwrap.indent("\n".join(lines), "    ") + f"\n){returns}"


def _docstring(thing: griffe.Object) -> Iterator[str]:
    if thing.docstring is None:
        return
    for section in thing.docstring.parsed:
        yield _section(section)


def _section(section: griffe.DocstringSection) -> str:
    kind = section.kind.value
    if kind == "text":
        return prose(section.value)
    if kind == "examples":
        return "\n" + "\n".join(prose(text) for _, text in section.value)
    if kind in {"parameters", "attributes"}:
        rows = [[code(one.name), one.description.replace("``", "`")] for one in section.value]
        return "\n" + table([kind.capitalize(), ""], rows)
    if kind in {"returns", "raises"}:
        rows = [
            [code(str(one.annotation).strip("()")), one.description.replace("``", "`")]
            for one in section.value
        ]
        return "\n" + table([kind.capitalize(), ""], rows)
    return f"\n**{section.title}.** " + prose(section.value.contents)
