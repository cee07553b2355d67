"""The register of codes as the pipeline uses it: codes that carry on, and what to check against."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridgeo.codes import Register, continue_codes, in_use, overlap_of_grids, read_register
from gridgeo.config import Codes
from gridgeo.errors import InputError
from gridgeo.geometry import points_of
from gridgeo.model import Atoms, Note
from gridgeo.wording import Text


def carry_codes(
    coded: gpd.GeoDataFrame, atoms: Atoms, codes: list[str], rules: Codes
) -> tuple[gpd.GeoDataFrame, pd.DataFrame | None]:
    """Return grids with codes that follow the households from those in ``rules.register``.

    With them the crosswalk of codes (`gridgeo.codes.crosswalk_of`), None where there are no old
    ones.

    Parameters
    ----------
    coded
        The grids as `gridgeo.codes.assign_codes` numbers them for the first time; they come back
        so where the register has no codes yet.
    codes
        The code of each community of `atoms`.

    Raises
    ------
    InputError
        The register cannot be read, or is kept without the grids' ground.
    """
    register = read_register(rules.register)
    if not register.codes:
        return coded, None
    if not isinstance(register.table, gpd.GeoDataFrame):
        raise InputError(
            Text("the register has no geometry", "编码登记表没有图形"),
            file=rules.register,
            remedy=Text("Keep it as a .gpkg file", "请将登记表保存为 .gpkg"),
        )
    old = in_use(register, atoms.communities.assign(code=codes), rules.code_scheme)
    points = points_of(atoms.frame)
    shared = overlap_of_grids(
        old.geometry.to_numpy(), coded.geometry.to_numpy(), household_points=points
    )
    changes = continue_codes(old[["code"]], coded, shared, used=register.codes, rules=rules)
    return coded.assign(code=changes.grids["code"].to_numpy()), changes.crosswalk


def issued_codes(rules: Codes, register: Register | None) -> frozenset[str]:
    """Return every code that was ever given out: of `register`, else of the one that `rules` name.

    None where there is neither.

    Raises
    ------
    InputError
        The register that the rules name cannot be read.
    """
    if register is None and rules.register:
        register = read_register(rules.register)
    return frozenset() if register is None else register.codes


def registered(rules: Codes, crs: CRS) -> pd.DataFrame | None:
    """Return the table of the register with its ground in `crs`; None where there is none."""
    if not rules.register:
        return None
    table = read_register(rules.register).table
    if isinstance(table, gpd.GeoDataFrame) and table.crs is not None:
        return table.to_crs(crs)
    return table


def register_note(rules: Codes) -> tuple[Note, ...]:
    """Return the note that there is no register to check against, none where there is one."""
    if rules.register:
        return ()
    message = Text(
        "no register was given: whether retired codes came back was not checked (--codes REGISTER)",
        "未提供编码登记表，未检查停用编码是否被重新使用（可加 --codes 登记表）",
    )
    return (Note("codes", message),)
