"""Judge plans: our own after a run or after edits, and grids that somebody drew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gridgeo.assessment import assess
from gridgeo.atoms import lay_pieces, without_atoms
from gridgeo.bands import bands_of, by_code
from gridgeo.config import Settings
from gridgeo.delivery import deliver_existing, in_communities
from gridgeo.deserving import dedicated_of, judge_facilities
from gridgeo.model import Finding, Layers, Note, Partition, Plan
from gridgeo.recode import registered
from gridgeo.summary import cut_m, search_figures, summarise
from gridgeo.text import Text
from gridgeo.validate import Judgement, Subject, community_of, judge


def check_plan(plan: Plan, layers: Layers, labels: Partition) -> Plan:
    """Return the plan with its findings, figures and soundness."""
    listed = int(plan.households.loc[plan.households["grid"] == "", "households"].sum())
    listed += sum(reject.households for reject in layers.rejects)
    households = {
        "in": layers.households_in,
        "in_grids": int(plan.grids["households"].sum()),
        "listed": listed,
    }
    judgement = judge_own(plan, households, layers)
    judged = with_judgement(plan, judgement, households)
    figures = {
        "cut_m": cut_m(plan.atoms, plan.borders),
        "search": search_figures(labels, plan.settings.search),
    }
    return assess(replace(judged, summary={**judged.summary, **figures}))


def judge_own(plan: Plan, households: Mapping[str, int], layers: Layers | None = None) -> Judgement:
    """Judge a plan of ours by every check.

    Parameters
    ----------
    households
        How many came ``in`` and how many are ``listed`` as in no grid, as far as it is known.
    layers
        For compounds, and ground that may belong to no grid; a plan keeps neither.
    """
    subject = Subject(
        grids=plan.grids,
        communities=plan.communities,
        households=plan.households,
        atoms=plan.atoms,
        streets=plan.streets,
        barriers=plan.barriers,
        compounds=None if layers is None else layers.compounds,
        allowed_gaps=None if layers is None else layers.allowed_gaps,
        facilities=dedicated_of(plan),
        households_in=households.get("in"),
        households_listed=households.get("listed"),
    )
    return judge(subject, band=bands_of(plan.settings, plan.communities), codes=plan.settings.codes)


def with_judgement(plan: Plan, judgement: Judgement, households: dict[str, int]) -> Plan:
    """Return the plan with the findings of a judgement after its own, and the figures of both."""
    findings = (*plan.findings, *judgement.findings)
    summary = summarise(
        settings=plan.settings,
        grids=plan.grids,
        communities=plan.communities,
        atoms=plan.atoms,
        findings=findings,
        households=households,
        street_share=judgement.street_share,
        area_difference_m2=judgement.area_difference_m2,
    )
    return replace(plan, findings=findings, summary=summary)


def judge_drawn(grids: gpd.GeoDataFrame, layers: Layers, settings: Settings) -> Plan:
    """Return grids that somebody drew as a plan with findings and figures, not assessed yet.

    Where there are ready-made atoms, communities are the unions of their atoms, as `partition`
    takes them.
    """
    communities = layers.communities
    settings = by_code(settings, communities, list(_called(communities)))
    facilities = judge_facilities(layers, grids, settings)
    layers, atoms = _by_atoms(layers, grids)
    bands = bands_of(settings, layers.communities)
    plan = replace(deliver_existing(grids, layers, settings, bands), findings=atoms)
    if facilities is not None:
        told = facilities[f"reason_{settings.lang}"].to_numpy()
        plan = replace(plan, considered=plan.considered.assign(reason=told))
    subject = Subject(
        grids=grids,
        communities=plan.communities,
        households=layers.households if len(layers.households) else None,
        atoms=plan.atoms if len(plan.atoms) else None,
        streets=layers.streets if len(layers.streets) else None,
        barriers=layers.barriers if len(layers.barriers) else None,
        compounds=layers.compounds,
        allowed_gaps=layers.allowed_gaps,
        facilities=facilities,
        register=registered(settings.codes, layers.crs),
    )
    judgement = judge(subject, band=bands, codes=settings.codes)
    plan = in_communities(plan, judgement.parents)
    return with_judgement(plan, judgement, _homes_of(plan, layers))


def _called(communities: gpd.GeoDataFrame) -> pd.Series[str]:
    return communities["code"].where(communities["code"] != "", communities["name"])


def _by_atoms(layers: Layers, grids: gpd.GeoDataFrame) -> tuple[Layers, tuple[Finding, ...]]:
    """Return the layers with communities as unions of ready-made atoms, and what that tells.

    A community without atoms is kept, as it was given, where a grid lies in it.
    """
    if layers.atoms is None:
        return layers, ()
    pieces = lay_pieces(layers)
    bare = pieces.bare
    every = pd.concat([pieces.communities, bare], ignore_index=True)
    held = np.arange(len(every)) < len(pieces.communities)
    if len(bare):
        held[community_of(Subject(grids=grids, communities=every))] = True
    owner = _called(every).to_numpy(dtype=object)[pieces.frame["community"]]
    judged = replace(
        layers,
        communities=every[held].reset_index(drop=True),
        atoms=pieces.frame.assign(community=owner),
    )
    return judged, (*without_atoms(every[~held]), *pieces.findings)


def compounds_note(layers: Layers) -> tuple[Note, ...]:
    """Return the note that there are no compounds to check against, none where there are."""
    if len(layers.compounds):
        return ()
    message = Text(
        "no compounds were given: whether grids divide them was not checked (--compounds LAYER)",
        "未提供小区图层，未检查小区是否被网格拆分（可加 --compounds 图层）",
    )
    return (Note("compounds", message),)


def _homes_of(plan: Plan, layers: Layers) -> dict[str, int]:
    """Return households in, in grids and listed, by the points; by the grids without points."""
    if not len(plan.households):
        stated = int(plan.grids["households"].sum())
        return {"in": stated, "in_grids": stated, "listed": 0}
    outside = plan.households["reason"] != ""
    listed = int(plan.households.loc[outside, "households"].sum())
    listed += sum(reject.households for reject in layers.rejects)
    inside = int(plan.households.loc[~outside, "households"].sum())
    return {"in": layers.households_in, "in_grids": inside, "listed": listed}
