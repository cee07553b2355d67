"""gridgeo cuts a city into its governance grids (网格).

>>> import gridgeo as gg
>>> gg.Settings().band.upper
500
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gridgeo.config import Settings
from gridgeo.errors import GridgeoError, InputError, OutputError, SettingsError
from gridgeo.model import CONVENIENCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridgeo.adjust import adjust_grids, repair_grids
    from gridgeo.config import read_settings
    from gridgeo.model import Layers, Plan
    from gridgeo.pipeline import partition_layers, run, verify
    from gridgeo.read import read_layers
    from gridgeo.report import load_plan as load

__all__ = [
    "GridgeoError",
    "InputError",
    "Layers",
    "OutputError",
    "Plan",
    "Settings",
    "SettingsError",
    "adjust_grids",
    "load",
    "partition_layers",
    "read_layers",
    "read_settings",
    "repair_grids",
    "run",
    "verify",
]

_LAZY = {
    "adjust_grids": ("gridgeo.adjust", "adjust_grids"),
    "Layers": ("gridgeo.model", "Layers"),
    "Plan": ("gridgeo.model", "Plan"),
    "load": ("gridgeo.report", "load_plan"),
    "partition_layers": ("gridgeo.pipeline", "partition_layers"),
    "read_layers": ("gridgeo.read", "read_layers"),
    "read_settings": ("gridgeo.config", "read_settings"),
    "repair_grids": ("gridgeo.adjust", "repair_grids"),
    "run": ("gridgeo.pipeline", "run"),
    "verify": ("gridgeo.pipeline", "verify"),
}


_RENAMED = {
    "adjust": "adjust_grids",
    "partition": "partition_layers",
    "repair": "repair_grids",
}


def _later(module: str, name: str) -> Callable[..., Any]:
    """Return a function of a room that is imported when it is first called."""

    def call(*values: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*values, **options)

    return call


CONVENIENCES.update(
    save=_later("gridgeo.report", "save_plan"),
    explore=_later("gridgeo.maps", "build_map"),
    card=_later("gridgeo.report", "plan_card"),
    graph=_later("gridgeo.model", "graph_of"),
    findings_frame=_later("gridgeo.report", "plan_findings"),
)


def __getattr__(name: str) -> Any:
    """Import the heavy parts only when they are asked for."""
    if name in _RENAMED:  # reached only where the package of that name was not imported yet
        raise AttributeError(f"gridgeo.{name}(...) is now gridgeo.{_RENAMED[name]}(...)")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """List the public names and nothing else."""
    return sorted(__all__)
