"""Plans judged by all checks: our own after a run or after edits, and grids that others drew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.atoms import closed_gaps, prepare_pieces, without_atoms
from gridgeo.config import AtomRules, Codes, Settings
from gridgeo.geometry import polygonal
from gridgeo.model import Finding, Layers, Note, Partition, Plan, bands_of, by_code
from gridgeo.pipeline.context import RunContext
from gridgeo.pipeline.deliver import deliver_existing, in_communities
from gridgeo.pipeline.links import drawn_links, links_joining, links_of
from gridgeo.pipeline.recode import registered
from gridgeo.pipeline.summary import cut_m, search_figures, summarise
from gridgeo.review import assess
from gridgeo.validate import Judgement, Subject, community_of, judge
from gridgeo.wording import Text

if TYPE_CHECKING:
    from gridgeo.model import Atoms


def _judge_facilities(
    layers: Layers, grids: gpd.GeoDataFrame, settings: Settings
) -> gpd.GeoDataFrame | None:
    """Return every facility with the decision that `gridgeo adjust` takes on it, None without any.

    Facilities are chosen on the street blocks, and the ground is cut along streets and the
    outlines of the `grids`, as for a change of these grids. Where households or streets are not
    known, a point takes no block or compound: somebody may live there.

    Returns
    -------
    GeoDataFrame
        Aligned with ``layers.facilities``: kind, name, area_m2, dedicated (bool), reason_en,
        reason_zh, geometry (of a dedicated one the ground that its grid would take).
    """
    if not len(layers.facilities):
        return None
    known = len(layers.households) > 0 or layers.atoms is not None
    rules = settings.dedicated
    if not known or not (len(layers.streets) or layers.atoms is not None):
        rules = replace(rules, point_block_area_m2=0.0)
    context = RunContext(
        layers=layers if known else replace(layers, compounds=layers.compounds.iloc[:0]),
        settings=replace(settings, dedicated=rules, codes=Codes(scheme="plain")),
        mapping={},
        along=_with_valid_rings(grids),
    )
    return _on_atoms(context.atoms())


def _dedicated_of(plan: Plan) -> gpd.GeoDataFrame:
    """Return the facilities of a plan of ours as `_judge_facilities` does, on their grids."""
    ground = dict(zip(plan.grids["code"], plan.grids.geometry, strict=True))
    considered = plan.considered
    taken = [
        shapely.union_all([ground[code] for code in codes.split(";") if code in ground])
        for codes in considered["grid"]
    ]
    outlines = [
        shape if grid.is_empty else grid
        for shape, grid in zip(considered.geometry, taken, strict=True)
    ]
    return considered.set_geometry(
        gpd.GeoSeries(outlines, index=considered.index, crs=considered.crs)
    ).assign(reason_en=considered["reason"], reason_zh=considered["reason"])


def _on_atoms(atoms: Atoms) -> gpd.GeoDataFrame:
    """Return the facilities considered, the dedicated ones on the union of their atoms."""
    considered = atoms.considered
    ground = list(considered.geometry)
    facility, shapes = atoms.frame["facility"].to_numpy(), atoms.frame.geometry.to_numpy()
    for row in np.unique(facility[facility >= 0]).tolist():
        ground[row] = shapely.union_all(shapes[facility == row])
    return considered.set_geometry(
        gpd.GeoSeries(ground, index=considered.index, crs=considered.crs)
    )


def _with_valid_rings(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids that have ground, with valid rings."""
    shapes = grids.geometry.to_numpy()
    flat = np.array([shape is None or not np.isfinite(shape.bounds).all() for shape in shapes])
    kept = grids[~flat]
    valid = shapely.make_valid(kept.geometry.to_numpy(), method="structure")
    return kept.set_geometry(gpd.GeoSeries(valid, index=kept.index, crs=grids.crs))


def check_plan(plan: Plan, layers: Layers, labels: Partition) -> Plan:
    """Return the plan with its findings, figures and soundness."""
    listed = int(plan.households.loc[plan.households["grid"] == "", "households"].sum())
    listed += sum(reject.households for reject in layers.rejects)
    households = {
        "in": layers.households_in,
        "in_grids": int(plan.grids["households"].sum()),
        "listed": listed,
    }
    register = registered(plan.settings.codes, layers.crs)
    judgement = judge_plan(plan, households, layers, register)
    judged = with_judgement(plan, judgement, households)
    figures = {
        "cut_m": cut_m(plan.atoms, plan.borders),
        "search": search_figures(labels, plan.settings.search),
    }
    return assess(replace(judged, summary={**judged.summary, **figures}))


def judge_plan(
    plan: Plan,
    households: Mapping[str, int],
    layers: Layers | None = None,
    register: pd.DataFrame | None = None,
) -> Judgement:
    """Judge a plan of ours by every check.

    Parameters
    ----------
    households
        How many came ``in`` and how many are ``listed`` as in no grid, as far as it is known.
    layers
        For compounds, buildings, parcels, and ground that may be in no grid: a plan keeps none.
    register
        Of the codes, in the CRS of the plan.
    """
    subject = Subject(
        grids=plan.grids,
        communities=plan.communities,
        households=plan.households,
        atoms=plan.atoms,
        streets=plan.streets,
        barriers=plan.barriers,
        compounds=None if layers is None else layers.compounds,
        buildings=None if layers is None else layers.buildings,
        parcels=None if layers is None else layers.parcels,
        allowed_gaps=None if layers is None else layers.allowed_gaps,
        links=links_of(plan),
        link_m=plan.settings.read.link_m,
        facilities=_dedicated_of(plan),
        most_homes=plan.settings.dedicated.homes,
        thin_part_m=plan.settings.atoms.thin_part_m,
        thin_part_m2=plan.settings.atoms.thin_part_m2,
        tolerance_m=plan.settings.tolerance_m,
        households_in=households.get("in"),
        households_listed=households.get("listed"),
        register=register,
    )
    return judge(subject, band=bands_of(plan.settings, plan.communities), codes=plan.settings.codes)


def with_judgement(plan: Plan, judgement: Judgement, households: dict[str, int]) -> Plan:
    """Return the plan with the findings of a judgement after its own, and the figures of both."""
    kept = (one for one in plan.findings if one.rule != "link_joins" or not len(plan.borders))
    findings = (*kept, *links_joining(plan), *judgement.findings)
    summary = summarise(
        settings=plan.settings,
        grids=plan.grids,
        communities=plan.communities,
        atoms=plan.atoms,
        findings=findings,
        households=households,
        street_share=judgement.street_share,
        ground=judgement.ground,
        area_difference_m2=judgement.area_difference_m2,
    )
    lang = plan.settings.lang
    checks = {
        one.rule: {
            "examined": one.count,
            "unit": one.unit,
            "not_checked": None if one.lacking is None else one.lacking.say(lang),
        }
        for one in judgement.examined
    }
    return replace(plan, findings=findings, summary={**summary, "checks": checks})


def judge_drawn(
    grids: gpd.GeoDataFrame,
    layers: Layers,
    settings: Settings,
    *,
    found: tuple[Finding, ...] = (),
) -> Plan:
    """Return grids that somebody drew as a plan with findings and figures, not assessed yet.

    `found` is what reading them found already.

    Where there are ready-made atoms, communities are the unions of their atoms, as `partition`
    takes them.
    """
    communities = layers.communities
    settings = by_code(settings, communities, list(_label(communities)))
    facilities = _judge_facilities(layers, grids, settings)
    layers, atoms = _by_atoms(layers, grids, settings.atoms)
    bands = bands_of(settings, layers.communities)
    met = drawn_links(
        polygonal(grids.geometry.to_numpy()),
        grids["code"].where(grids["code"] != "", grids["name"]).to_numpy(dtype=object),
        layers.links,
        settings.read.link_m,
    )
    plan = replace(
        deliver_existing(grids, layers, settings, bands), findings=(*found, *atoms, *met)
    )
    if facilities is not None:
        reasons = facilities[f"reason_{settings.lang}"].to_numpy()
        plan = replace(plan, considered=plan.considered.assign(reason=reasons))
    subject = Subject(
        grids=grids,
        communities=plan.communities,
        households=layers.households if len(layers.households) else None,
        atoms=plan.atoms if len(plan.atoms) else None,
        streets=plan.streets if len(plan.streets) else None,
        barriers=layers.barriers if len(layers.barriers) else None,
        compounds=layers.compounds,
        buildings=layers.buildings,
        parcels=layers.parcels,
        allowed_gaps=layers.allowed_gaps,
        closed_gaps=closed_gaps(layers.communities, settings.atoms),
        links=layers.links,
        link_m=settings.read.link_m,
        facilities=facilities,
        most_homes=settings.dedicated.homes,
        thin_part_m=settings.atoms.thin_part_m,
        thin_part_m2=settings.atoms.thin_part_m2,
        tolerance_m=settings.tolerance_m,
        register=registered(settings.codes, layers.crs),
    )
    judgement = judge(subject, band=bands, codes=settings.codes)
    plan = in_communities(plan, judgement.parents)
    return with_judgement(plan, judgement, _household_totals(plan, layers))


def _label(communities: gpd.GeoDataFrame) -> pd.Series[str]:
    return communities["code"].where(communities["code"] != "", communities["name"])


def _by_atoms(
    layers: Layers, grids: gpd.GeoDataFrame, rules: AtomRules
) -> tuple[Layers, tuple[Finding, ...]]:
    """Return the layers with communities as unions of ready-made atoms, and findings on them.

    A community without atoms is kept, as it was given, where a grid lies in it.
    """
    if layers.atoms is None:
        return layers, ()
    pieces = prepare_pieces(layers, rules)
    bare = pieces.bare
    every = pd.concat([pieces.communities, bare], ignore_index=True)
    with_atoms = np.arange(len(every)) < len(pieces.communities)
    if len(bare):
        with_atoms[community_of(Subject(grids=grids, communities=every))] = True
    owner = _label(every).to_numpy(dtype=object)[pieces.frame["community"]]
    judged = replace(
        layers,
        communities=every[with_atoms].reset_index(drop=True),
        atoms=pieces.frame.assign(community=owner),
    )
    return judged, (*without_atoms(every[~with_atoms]), *pieces.findings)


def compounds_note(layers: Layers) -> tuple[Note, ...]:
    """Return the note that there are no compounds to check against, none where there are."""
    if len(layers.compounds):
        return ()
    message = Text(
        "no compounds were given: whether grids divide them was not checked (--compounds LAYER)",
        "未提供小区图层，未检查小区是否被网格拆分（可加 --compounds 图层）",
    )
    return (Note("compounds", message),)


def _household_totals(plan: Plan, layers: Layers) -> dict[str, int]:
    """Return households in, in grids and listed, by the points; by the grids without points."""
    if not len(plan.households):
        stated = int(plan.grids["households"].sum())
        return {"in": stated, "in_grids": stated, "listed": 0}
    outside = plan.households["reason"] != ""
    listed = int(plan.households.loc[outside, "households"].sum())
    listed += sum(reject.households for reject in layers.rejects)
    inside = int(plan.households.loc[~outside, "households"].sum())
    return {"in": layers.households_in, "in_grids": inside, "listed": listed}
