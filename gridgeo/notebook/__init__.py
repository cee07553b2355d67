"""A map for Jupyter on which edits of a plan are tried (the extra ``notebook``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridgeo.notebook.widget import Editor

__all__ = ["Editor"]


def __getattr__(name: str) -> Any:
    """Import anywidget only for the widget."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("gridgeo.notebook.widget"), name)
