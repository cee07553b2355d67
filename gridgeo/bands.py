"""The band of each community: the usual one, or its own by the settings."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gridgeo.errors import SettingsError
from gridgeo.text import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.config import Band, Settings


@dataclass(frozen=True, kw_only=True)
class Bands:
    """The band of each community by position, and its number of basic grids where that is fixed.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> bands = Bands(usual=Band(), own={3: Band(lower=290)}, grids={3: 2})
    >>> bands.of(0).lower, bands.of(3).lower, bands.grids.get(0)
    (300, 290, None)
    """

    usual: Band
    own: Mapping[int, Band] = field(default_factory=dict)
    grids: Mapping[int, int] = field(default_factory=dict)

    def of(self, community: int) -> Band:
        """Return the band of the community at a position, -1 for none."""
        return self.own.get(int(community), self.usual)

    def each(self, change: Callable[[Band], Band]) -> Bands:
        """Return these bands, each changed."""
        own = {community: change(band) for community, band in self.own.items()}
        return replace(self, usual=change(self.usual), own=own)


def bands_of(settings: Settings, communities: gpd.GeoDataFrame, codes: Sequence[str] = ()) -> Bands:
    """Return the bands of communities (code, name) by the settings.

    Parameters
    ----------
    codes
        Further codes of the communities, as their grids will bear them; none where they have
        only their own.

    Raises
    ------
    SettingsError
        The table of a community names none, or several.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridgeo.config import Override, Settings
    >>> town = gpd.GeoDataFrame({"code": ["420102001001", "420102001002"], "name": ["甲", "乙"]})
    >>> bands_of(Settings(community={"乙": Override(upper=540)}), town).of(1).upper
    540
    """
    columns = [list(communities["code"]), list(communities["name"]), list(codes)]
    own, grids = {}, {}
    for key, override in settings.community.items():
        position = _find(key, columns)
        own[position] = override.of(settings.band)
        if override.grids is not None:
            grids[position] = override.grids
    return Bands(usual=settings.band, own=own, grids=grids)


def _find(key: str, columns: list[list[Any]]) -> int:
    for column in columns:
        found = [position for position, value in enumerate(column) if value == key]
        if len(found) == 1:
            return found[0]
        if found:
            raise SettingsError(
                Text(
                    f"{len(found)} communities are called {key!r}",
                    f"有 {len(found)} 个社区名为“{key}”",
                ),
                key=f"community.{key}",
                remedy=Text("Name it by its code", "请改用社区编码"),
            )
    known = sorted({str(value) for column in columns for value in column if value})
    near = difflib.get_close_matches(key, known, n=1) or known[:5]
    raise SettingsError(
        Text(f"there is no community {key!r}", f"没有社区“{key}”"),
        key=f"community.{key}",
        remedy=Text(f"Did you mean {', '.join(near)}?", f"是否想写 {'、'.join(near)}？"),
    )
