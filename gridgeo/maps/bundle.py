"""The ES modules of a page as one script, linked when a page is written.

Browsers do not load modules from a disk, so a page carries one plain script. It is linked here and
not by a bundler of npm: what a page carries is then always what stands in ``assets/src``, no second
copy can be older than its source, and no machine that writes pages needs node. The sources stay
ordinary modules for everything else: ``tsc``, ESLint and the tests in node read them as they are.

The linker knows few forms, and refuses all others rather than guess; ESLint allows no others:

- ``import { a, b as c } from "./other.js";`` and ``export { a } from "./other.js";``
- ``export function``, ``export class``, ``export const``, one name each, and ``export {};``

Each module becomes a function that is called once and returns its exports, after the modules that
it imports; a circle of imports is refused. Comments that fill whole lines stay behind.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

#: What a page with a map runs, and what background tiles add.
MAP = "maps/assets/src/map.js"
TILES = "maps/assets/src/tiles.js"
GCJ02 = "maps/assets/src/gcj02.js"

_NAME = r"[A-Za-z_$][\w$]*"
_IMPORT = re.compile(r'^import \{([^{}]*)\} from "([^"\n]+)";\n', re.MULTILINE)
_REEXPORT = re.compile(r'^export \{([^{}]+)\} from "([^"\n]+)";\n', re.MULTILINE)
_EXPORT = re.compile(rf"^export (?=(?:async )?(?:function|class|const) ({_NAME})\b)", re.MULTILINE)
_NO_EXPORT = re.compile(r"^export \{\};\n", re.MULTILINE)
_ITEM = re.compile(rf"({_NAME})(?: as ({_NAME}))?")
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/[ \t]*|//[^\n]*)\n", re.MULTILINE)
_UNKNOWN = re.compile(r"^[ \t]*(?:import|export)[ \t{*].*|\bimport\(.*|</.*", re.MULTILINE)


class _LinkError(ValueError):
    """A module cannot be linked: it has a form that the linker does not know, or is in a circle."""


@dataclass(frozen=True)
class _Module:
    """A module without its imports and exports, and what they say.

    ``imports`` and ``reexports`` hold the path of the other module, the name there and the name
    here.
    """

    body: str
    imports: tuple[tuple[str, str, str], ...]
    reexports: tuple[tuple[str, str, str], ...]
    exports: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The paths of the modules that must run before, each once."""
        return tuple(dict.fromkeys(path for path, _, _ in (*self.imports, *self.reexports)))


@cache
def linked(name: str, entries: tuple[str, ...]) -> str:
    """Return a script that sets `name` to the exports of `entries`, modules of this package.

    Parameters
    ----------
    entries
        Paths below ``gridgeo``.

    Examples
    --------
    >>> linked("bands", ("maps/assets/src/band.js",)).splitlines()[:3]
    ['var bands = (function () {', '"use strict";', '// maps/assets/src/band.js']
    """
    return _link(name, entries, files("gridgeo"))


def _link(name: str, entries: Iterable[str], root: Traversable) -> str:
    """Return a script that sets `name` to the exports of `entries`, modules below `root`.

    Raises
    ------
    LinkError
        A module has a form that is not known, or imports itself by way of others.
    """
    modules: dict[str, _Module] = {}
    for entry in entries:
        _visit(entry, root, modules, ())
    handles = {path: f"$module{number}" for number, path in enumerate(modules)}
    parts = [_wrapped(path, module, handles) for path, module in modules.items()]
    exports = ", ".join(handles[entry] for entry in entries)
    return "\n".join(
        (
            f"var {name} = (function () {{",
            '"use strict";',
            *parts,
            f"return Object.assign({{}}, {exports});",
            "})();\n",
        )
    )


def _visit(
    path: str, root: Traversable, modules: dict[str, _Module], above: tuple[str, ...]
) -> None:
    """Add a module to `modules` after those that it needs."""
    if path in above:
        raise _LinkError(f"{path}: a circle of imports: {' > '.join((*above, path))}")
    if path in modules:
        return
    module = _parse(path, root.joinpath(*path.split("/")).read_text(encoding="utf-8"))
    for needed in module.needs:
        _visit(needed, root, modules, (*above, path))
    modules[path] = module


def _parse(path: str, source: str) -> _Module:
    """Take the imports and exports out of the source of a module.

    Examples
    --------
    >>> _parse("src/a.js", "export const z = 1;")
    _Module(body='const z = 1;', imports=(), reexports=(), exports=('z',))
    """
    text = _COMMENT.sub("", source)
    imports = _items(path, _IMPORT.findall(text))
    text = _IMPORT.sub("", text)
    reexports = _items(path, _REEXPORT.findall(text))
    text = _NO_EXPORT.sub("", _REEXPORT.sub("", text))
    exports = tuple(_EXPORT.findall(text))
    text = _EXPORT.sub("", text)
    if (unknown := _UNKNOWN.search(text)) is not None:
        raise _LinkError(f"{path}: this cannot be linked: {unknown[0].strip()}")
    text = re.sub(r"\n{3,}", "\n\n", text)
    return _Module(text, imports, reexports, exports)


def _items(path: str, statements: list[tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
    """Return other module, name there and name here of everything that statements name."""
    found = []
    for names, address in statements:
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), address))
        for name in (part.strip() for part in names.split(",")):
            item = _ITEM.fullmatch(name)
            if item is not None:
                found.append((other, item[1], item[2] or item[1]))
            elif name:
                raise _LinkError(f"{path}: this cannot be linked: {name}")
    return tuple(found)


def _wrapped(path: str, module: _Module, handles: dict[str, str]) -> str:
    """Return a module as a function that is called once and returns its exports."""
    lines = [f"// {path}", f"const {handles[path]} = (function () {{"]
    for other in module.needs:
        names = [
            there if there == here else f"{there}: {here}"
            for needed, there, here in module.imports
            if needed == other
        ]
        if names:
            lines.append(f"const {{ {', '.join(names)} }} = {handles[other]};")
    again = [f"{here}: {handles[other]}.{there}" for other, there, here in module.reexports]
    lines += [module.body.strip("\n"), f"return {{ {', '.join((*module.exports, *again))} }};"]
    return "\n".join((*lines, "})();"))
