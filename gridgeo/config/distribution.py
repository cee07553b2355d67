"""The distribution that gridgeo is installed from: its version, and how to install it.

It is named ``gridgeo-partition`` and is on no public index: a wheel or a clone is installed. The
distribution ``gridgeo`` on the public index is another project, for grids of ocean models, and has
files in the same folder: whichever is installed last replaces ``gridgeo/__init__.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gridgeo.wording import Text

_NAME = "gridgeo-partition"
_OTHER = "gridgeo"


def gridgeo_version() -> str:
    """Return the version of gridgeo that is installed."""
    return _installed(_NAME)


def how_to_install(extra: str = "") -> Text:
    """Return what to type to install gridgeo with an extra, from its wheel or in a clone.

    Examples
    --------
    >>> how_to_install("cluster").en.partition(" in a clone")[0]
    'pip install ".[cluster]"'
    """
    extras = f"[{extra}]" if extra else ""
    file = f"{_NAME.replace('-', '_')}-{gridgeo_version()}-py3-none-any.whl"
    wheel = f'pip install "FOLDER/{file}{extras}"'
    clone = f'pip install ".{extras}"'
    return Text(
        f"{clone} in a clone of gridgeo, or {wheel} with the folder of its wheel",
        f"在 gridgeo 的克隆目录中运行 {clone}，或用安装包所在的文件夹运行 {wheel}",
    )


def conflict() -> Text | None:
    """Return a warning where the other project is installed here, too.

    Looking for its folder first saves importing ``importlib.metadata`` at every start.
    """
    if not any(any(Path(folder).glob(f"{_OTHER}-*-info")) for folder in sys.path):
        return None
    found, again = f"{_OTHER} {_installed(_OTHER)}", how_to_install()
    return Text(
        f"Warning: {found}, a package of another project, is installed here and has files in the "
        f"same folder as {_NAME}. Run pip uninstall {_OTHER}, then install {_NAME} again, with "
        f"--force-reinstall --no-deps: {again.en}",
        f"警告：此环境中还装有另一个项目的软件包 {found}，它与 {_NAME} 的文件在同一文件夹中。"
        f"请先运行 pip uninstall {_OTHER}，再加上 --force-reinstall --no-deps 重新安装 {_NAME}："
        f"{again.zh}",
    )


def _installed(name: str) -> str:
    from importlib.metadata import version as installed  # noqa: PLC0415  (takes 20 ms)

    return installed(name)
