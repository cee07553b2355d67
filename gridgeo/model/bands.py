"""The band of each community: the usual one, or its own by the settings."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gridgeo.errors import SettingsError
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.config import Band, Override, Settings


@dataclass(frozen=True, kw_only=True)
class Bands:
    """The band of each community by position, and its number of basic grids where that is fixed.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> bands = Bands(usual=Band(), overrides={3: Band(lower=290)}, grids={3: 2})
    >>> bands.of(0).lower, bands.of(3).lower, bands.grids.get(0)
    (300, 290, None)
    """

    usual: Band
    overrides: Mapping[int, Band] = field(default_factory=dict)
    grids: Mapping[int, int] = field(default_factory=dict)

    def of(self, community: int) -> Band:
        """Return the band of the community at a position, -1 for none."""
        return self.overrides.get(int(community), self.usual)

    def each(self, change: Callable[[Band], Band]) -> Bands:
        """Return these bands, each changed."""
        overrides = {community: change(band) for community, band in self.overrides.items()}
        return replace(self, usual=change(self.usual), overrides=overrides)


def bands_of(settings: Settings, communities: gpd.GeoDataFrame, codes: Sequence[str] = ()) -> Bands:
    """Return the bands of communities (code, name) by the settings; see `by_code`.

    Parameters
    ----------
    codes
        The codes of the communities as their grids bear them; none where the frame has these.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridgeo.config import Override, Settings
    >>> town = gpd.GeoDataFrame({"code": ["420102001001", "420102001002"], "name": ["甲", "乙"]})
    >>> bands_of(Settings(community={"乙": Override(upper=540)}), town).of(1).upper
    540
    """
    places = _positions(communities, codes)
    chosen = {
        places[key][0]: override for key, override in settings.community.items() if key in places
    }
    return Bands(
        usual=settings.band,
        overrides={position: override.of(settings.band) for position, override in chosen.items()},
        grids={
            position: override.grids
            for position, override in chosen.items()
            if override.grids is not None
        },
    )


def by_code(settings: Settings, communities: gpd.GeoDataFrame, codes: Sequence[str]) -> Settings:
    """Return the settings with the table of each community under the code that grids bear.

    Raises
    ------
    SettingsError
        A table names no community (the error lists the nearest name), or several.
    """
    places = _positions(communities, codes)
    chosen: dict[str, Override] = {}
    for key, override in settings.community.items():
        override.of(settings.band)
        found = places.get(key, [])
        if len(found) != 1:
            raise _unknown(key, found, list(places))
        chosen[codes[found[0]]] = override
    return replace(settings, community=chosen)


def only_communities(settings: Settings, communities: gpd.GeoDataFrame) -> Settings:
    """Return settings `by_code` with the tables of these communities only."""
    there = set(communities["code"])
    kept = {code: override for code, override in settings.community.items() if code in there}
    return replace(settings, community=kept)


def _positions(communities: gpd.GeoDataFrame, codes: Sequence[str]) -> dict[str, list[int]]:
    """Return the positions of the communities that each code or name stands for."""
    places: dict[str, list[int]] = {}
    for column in (codes, communities["code"], communities["name"]):
        by_code: dict[str, list[int]] = {}
        for position, value in enumerate(column):
            by_code.setdefault(value, []).append(position)
        places = {**by_code, **places}
    return {key: found for key, found in places.items() if key}


def _unknown(key: str, found: list[int], known: list[str]) -> SettingsError:
    if found:
        return SettingsError(
            Text(
                f"{len(found)} communities are called {key!r}",
                f"有 {len(found)} 个社区名为“{key}”",
            ),
            key=f"community.{key}",
            remedy=Text("Name it by its code", "请改用社区编码"),
        )
    near = difflib.get_close_matches(key, known, n=1) or sorted(known)[:5]
    return SettingsError(
        Text(f"there is no community {key!r}", f"没有社区“{key}”"),
        key=f"community.{key}",
        remedy=Text(f"Did you mean {', '.join(near)}?", f"是否想写 {'、'.join(near)}？"),
    )
