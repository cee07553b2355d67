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

if TYPE_CHECKING:
    from gridgeo.adjust import adjust, repair
    from gridgeo.model import Layers, Plan
    from gridgeo.pipeline import partition, run, verify
    from gridgeo.read import read_layers
    from gridgeo.report import load_plan as load
    from gridgeo.settings_file import read_settings

__all__ = [
    "GridgeoError",
    "InputError",
    "Layers",
    "OutputError",
    "Plan",
    "Settings",
    "SettingsError",
    "adjust",
    "load",
    "partition",
    "read_layers",
    "read_settings",
    "repair",
    "run",
    "verify",
]

#: Packages that can be called: importing anything from them puts them here.
_CALLABLE = ("adjust", "partition")
_LAZY = {
    "Layers": ("gridgeo.model", "Layers"),
    "Plan": ("gridgeo.model", "Plan"),
    "load": ("gridgeo.report", "load_plan"),
    "read_layers": ("gridgeo.read", "read_layers"),
    "read_settings": ("gridgeo.settings_file", "read_settings"),
    "repair": ("gridgeo.adjust", "repair"),
    "run": ("gridgeo.pipeline", "run"),
    "verify": ("gridgeo.pipeline", "verify"),
}


def __getattr__(name: str) -> Any:
    """Import the heavy parts only when they are asked for."""
    if name in _CALLABLE:
        return import_module(f"gridgeo.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)
