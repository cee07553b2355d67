"""A partition laid on atoms, and the least change of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridgeo.adjust.exceptions import Exceptions, hold, leave_gaps, refuse_facilities
from gridgeo.adjust.groups import Groups, group_changes
from gridgeo.adjust.inherited import Old, inherit, keep_dedicated, sound
from gridgeo.bands import by_code
from gridgeo.codes import Changes, community_codes, follow
from gridgeo.job import Job
from gridgeo.partition import Halt, adjust_atoms, dissolve, inherit_grids
from gridgeo.pipeline import band_of, mapping_of
from gridgeo.ties import ties_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from gridgeo.config import Settings
    from gridgeo.model import Atoms, Layers
    from gridgeo.partition.adjust import Adjusted
    from gridgeo.provenance import Clock


@dataclass(frozen=True, kw_only=True)
class Town:
    """Old grids and new ones on the same atoms, and what changes together.

    ``drawn``: the old grids as the file has them. ``owners``: the codes of the communities by
    position, as grid codes bear them.
    """

    layers: Layers
    drawn: gpd.GeoDataFrame
    settings: Settings
    atoms: Atoms
    old: Old
    new: Adjusted
    groups: Groups
    owners: list[str]


def lay_town(
    layers: Layers,
    drawn: gpd.GeoDataFrame,
    settings: Settings,
    *,
    exceptions: Exceptions,
    clock: Clock,
    jobs: int,
) -> Town:
    """Lay the drawn grids on atoms and find the least change that leaves `exceptions` alone.

    Raises
    ------
    InputError
        See `gridgeo.adjust.adjust`.
    """
    mapping = mapping_of(settings)
    scheme = settings.codes.code_scheme
    with clock.stage("atoms"):
        grids = sound(drawn)
        layers = leave_gaps(layers, grids, exceptions.gaps)
        own = community_codes(layers.communities, scheme, mapping=mapping)
        settings = by_code(settings, layers.communities, own)
        job = Job(layers=layers, settings=settings, mapping=mapping, along=grids)
        atoms = refuse_facilities(job.atoms(), exceptions)
        placed = inherit_grids(atoms, grids)
        atoms = keep_dedicated(atoms, grids, placed.previous)
        bands = job.bands(atoms).each(lambda band: band_of(atoms, band))
        old = inherit(atoms, grids, placed, bands)
    with clock.stage("partition"), Halt().after(settings.search.seconds) as halt:
        new = adjust_atoms(
            atoms,
            old.previous,
            band=bands,
            weights=settings.weights,
            search=settings.search,
            open_ground=settings.open_ground,
            ties=hold(ties_of(layers, atoms), old, exceptions.grids),
            jobs=jobs,
            on_progress=clock.advance,
            halt=halt,
        )
    return Town(
        layers=layers,
        drawn=drawn,
        settings=settings,
        atoms=atoms,
        old=old,
        new=new,
        groups=group_changes(atoms, old, new.partition, new.shared),
        owners=community_codes(atoms.communities, scheme, mapping=mapping),
    )


def follow_codes(town: Town, used: Iterable[str]) -> Changes:
    """Return the codes that the new grids would have if every proposal were taken.

    So a code that a proposal shows is the code that its grid gets, whatever else is taken.
    """
    grids = dissolve(town.atoms, town.new.partition)
    owner = [town.owners[place] for place in grids["community"]]
    was = town.old.grids[["code", "kind"]]
    unknown = was["kind"] == ""
    known = was[["code"]] if unknown.all() else was.assign(kind=was["kind"].mask(unknown, "basic"))
    return follow(
        known,
        grids.assign(community_code=owner, kind=grids["kind"].to_numpy(dtype=object)),
        town.new.shared,
        used=used,
        rules=town.settings.codes,
        keep_foreign=True,
    )
