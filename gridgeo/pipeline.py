"""The only module that knows the order: read, atoms, dedicated, partition, codes, validate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from gridgeo.assessment import assess
from gridgeo.bands import bands_of, by_code
from gridgeo.codes import assign_codes, community_codes
from gridgeo.config import Band, Settings, Source
from gridgeo.delivery import (
    deliver_atoms,
    deliver_communities,
    deliver_considered,
    deliver_existing,
    deliver_grids,
    deliver_households,
    in_communities,
)
from gridgeo.describe import bounded_by, contains, name_grids
from gridgeo.deserving import dedicated_of, judge_facilities
from gridgeo.errors import InputError
from gridgeo.finer import (
    missed_grids,
    only_communities,
    patch_partition,
    unmet_communities,
)
from gridgeo.job import Job
from gridgeo.model import Atoms, Layers, Partition, Plan
from gridgeo.partition import Halt, dissolve, partition_atoms
from gridgeo.provenance import Clock, Progress, input_hashes
from gridgeo.read import layers_from_frames, read_code_mapping, read_grids, read_layers
from gridgeo.recode import carry_codes, register_note, registered
from gridgeo.summary import cut_m, interruption, search_figures, summarise
from gridgeo.text import Text
from gridgeo.ties import ties_of
from gridgeo.validate import Judgement, Subject, community_of, judge


def partition(
    layers: Layers | Mapping[str, pd.DataFrame],
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    on_progress: Progress | None = None,
) -> Plan:
    """Cut communities into grids, coded, named and checked.

    Parameters
    ----------
    layers
        What `gridgeo.read` returned, or frames by role (``communities``, ``streets``,
        ``households`` ...), which are cleaned by the same rules as files.
    settings
        Defaults where None.
    jobs
        Threads over communities; the plan does not depend on them.
    on_progress
        Told the stage and how far it is.

    Returns
    -------
    Plan
        Grids that fill their communities without gap or overlap; every household in one grid or
        listed; every community with a verdict.

    Raises
    ------
    InputError, SettingsError
        The layers cannot be used, or contradict the settings.
    """
    settings = settings or Settings()
    clock = Clock(on_progress)
    if not isinstance(layers, Layers):
        with clock.stage("read"):
            layers = layers_from_frames(layers, settings.read)
    return _partition(layers, settings, clock, jobs)


def run(settings: Settings, *, jobs: int = 1, on_progress: Progress | None = None) -> Plan:
    """Read ``settings.read.inputs`` and partition them; see `partition`."""
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers = read_layers(settings.read, on_progress=clock.say)
    plan = _partition(layers, settings, clock, jobs)
    return replace(plan, run={**plan.run, "inputs": input_hashes(settings.read)})


def _partition(layers: Layers, settings: Settings, clock: Clock, jobs: int) -> Plan:
    mapping = mapping_of(settings)
    scheme = settings.codes.code_scheme
    settings = by_code(
        settings, layers.communities, community_codes(layers.communities, scheme, mapping=mapping)
    )
    with clock.stage("atoms"):
        job = Job(layers=layers, settings=settings, mapping=mapping)
        atoms = job.atoms()
    with Halt().after(settings.search.seconds) as halt:
        with clock.stage("partition"):
            labels = _solve(job, atoms, clock, jobs, halt)
        if layers.atoms is None and (unmet := unmet_communities(atoms, labels, job.bands(atoms))):
            with clock.stage("finer"):
                atoms, labels = _try_finer(
                    job, atoms, labels, unmet, clock=clock, jobs=jobs, halt=halt
                )
    with clock.stage("codes"):
        coded, crosswalk = _code_and_describe(layers, atoms, labels, settings, mapping)
        codes = community_codes(atoms.communities, scheme, mapping=mapping)
        plan = deliver_plan(layers, atoms, labels, coded, codes=codes, settings=settings)
    with clock.stage("validate"):
        plan = check_plan(plan, layers, labels)
    run = {**clock.record(), "search": plan.summary["search"]}
    return replace(plan, run=run, crosswalk=crosswalk)


def mapping_of(settings: Settings) -> Mapping[str, str]:
    """Return the codes of communities that the settings name a file for."""
    return read_code_mapping(settings.codes.mapping) if settings.codes.mapping else {}


def _solve(job: Job, atoms: Atoms, clock: Clock, jobs: int, halt: Halt) -> Partition:
    settings = job.settings
    return partition_atoms(
        atoms,
        band=job.bands(atoms).each(lambda band: band_of(atoms, band)),
        weights=settings.weights,
        search=settings.search,
        open_ground=settings.open_ground,
        ties=ties_of(job.layers, atoms),
        jobs=jobs,
        on_progress=clock.advance,
        halt=halt,
    )


def band_of(atoms: Atoms, band: Band) -> Band:
    """Return the band by households alone where no residents are known.

    Raises
    ------
    InputError
        The profile asks for residents, and none are known.
    """
    if atoms.frame["residents"].notna().any() or band.profile == "households":
        return band
    if band.profile == "residents":
        raise InputError(
            Text(
                "the profile residents needs residents: no layer has them",
                "按人口划分需要常住人口，但没有图层提供人口",
            ),
            field="residents",
            remedy=Text(
                "Give the column with --column households.residents=NAME, or use "
                "--profile households",
                "请用 --column households.residents=列名 指定人口列，或改用 --profile households",
            ),
        )
    return replace(band, profile="households")


def _try_finer(
    job: Job,
    atoms: Atoms,
    labels: Partition,
    unmet: list[int],
    *,
    clock: Clock,
    jobs: int,
    halt: Halt,
) -> tuple[Atoms, Partition]:
    """Return finer atoms and their partition where that misses the band less."""
    fine = job.finer_atoms(unmet)
    if len(fine.frame) == len(atoms.frame):
        return atoms, labels
    again = _solve(job, only_communities(fine, unmet), clock, jobs, halt)
    if missed_grids(again, unmet) >= missed_grids(labels, unmet):
        return atoms, labels
    return fine, patch_partition(labels, atoms, again, fine, unmet)


def make_atoms(layers: Layers, settings: Settings) -> Atoms:
    """Return the atoms of the layers: cut along streets, or ready-made ones as they are."""
    return Job(layers=layers, settings=settings, mapping=mapping_of(settings)).atoms()


def _code_and_describe(
    layers: Layers,
    atoms: Atoms,
    labels: Partition,
    settings: Settings,
    mapping: Mapping[str, str],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame | None]:
    """Return the grids by label with codes, names, bounds and contents, and their crosswalk."""
    lang = settings.lang
    grids = dissolve(atoms, labels)
    coded = assign_codes(grids, atoms.communities, settings.codes, mapping=mapping)
    crosswalk = None
    if settings.codes.register:
        own = community_codes(atoms.communities, settings.codes.code_scheme, mapping=mapping)
        coded, crosswalk = carry_codes(coded, atoms, own, settings.codes)
    named = name_grids(coded, atoms.communities, atoms.considered, lang=lang)
    given = _locked_names(layers, coded)
    described = coded.assign(
        name=given.where(given != "", named),
        bounded_by=bounded_by(
            labels.labels, atoms.borders, atoms.frame, atoms.communities, lang=lang
        ),
        contains=contains(coded, layers.compounds, layers.buildings, layers.households, lang=lang),
    )
    return described, crosswalk


def _locked_names(layers: Layers, coded: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the name of each grid that was locked under a name, ``""`` for the others."""
    names = [""] if layers.locked is None else [*layers.locked["name"], ""]
    return pd.Series([names[number] for number in coded["locked"]], index=coded.index)


def deliver_plan(
    layers: Layers,
    atoms: Atoms,
    labels: Partition,
    coded: gpd.GeoDataFrame,
    *,
    codes: list[str],
    settings: Settings,
) -> Plan:
    """Return the plan of coded grids (by label), not checked yet; `codes` of the communities."""
    code_of = coded["code"].to_numpy(dtype=object)
    grid = code_of[labels.labels]
    lang = settings.lang
    return Plan(
        settings=settings,
        communities=deliver_communities(codes, atoms, labels, lang),
        grids=deliver_grids(coded, atoms, lang),
        atoms=deliver_atoms(atoms, grid, codes),
        borders=atoms.borders,
        households=deliver_households(layers, atoms, grid, lang),
        considered=deliver_considered(atoms, labels, code_of, lang),
        streets=layers.streets,
        barriers=layers.barriers,
        findings=(*atoms.findings, *labels.findings),
        rejects=layers.rejects,
        notes=(*layers.notes, *atoms.notes, *interruption(labels, settings.search)),
        summary={},
    )


def check_plan(plan: Plan, layers: Layers, labels: Partition) -> Plan:
    """Return the plan with its findings, figures and soundness."""
    listed = int(plan.households.loc[plan.households["grid"] == "", "households"].sum())
    listed += sum(reject.households for reject in layers.rejects)
    households = {
        "in": layers.households_in,
        "in_grids": int(plan.grids["households"].sum()),
        "listed": listed,
    }
    judgement = judge_own(plan, households, layers.allowed_gaps)
    judged = with_judgement(plan, judgement, households)
    figures = {
        "cut_m": cut_m(plan.atoms, plan.borders),
        "search": search_figures(labels, plan.settings.search),
    }
    return assess(replace(judged, summary={**judged.summary, **figures}))


def judge_own(
    plan: Plan, households: Mapping[str, int], allowed_gaps: gpd.GeoDataFrame | None = None
) -> Judgement:
    """Judge a plan of ours by every check.

    Parameters
    ----------
    households
        How many came ``in`` and how many are ``listed`` as in no grid, as far as it is known.
    allowed_gaps
        Ground that may belong to no grid.
    """
    subject = Subject(
        grids=plan.grids,
        communities=plan.communities,
        households=plan.households,
        atoms=plan.atoms,
        streets=plan.streets,
        barriers=plan.barriers,
        allowed_gaps=allowed_gaps,
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


def verify(grids: Source, settings: Settings, *, on_progress: Progress | None = None) -> Plan:
    """Judge a file of grids that somebody drew, by the same checks as our own.

    Parameters
    ----------
    grids
        The grids: polygons with code, name, kind, community, households and residents, as far
        as they are there. They are never repaired.
    settings
        ``read.inputs`` names the communities, and households, streets, barriers, atoms and
        facilities where they are there; what cannot be checked without them is said in the
        findings.

    Returns
    -------
    Plan
        With the grids as they were delivered, findings, and figures in ``summary``.
    """
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers = read_layers(settings.read, partial=True, on_progress=clock.say)
        file = read_grids(grids, crs=layers.crs, rules=settings.read)
    with clock.stage("validate"):
        judged = judge_drawn(file.grids.drop(columns="row"), layers, settings)
    return assess(
        replace(
            judged,
            rejects=(*layers.rejects, *file.rejects),
            notes=(*layers.notes, *file.notes, *register_note(settings.codes)),
            run={**clock.record(), "inputs": input_hashes(settings.read, grids)},
        )
    )


def judge_drawn(grids: gpd.GeoDataFrame, layers: Layers, settings: Settings) -> Plan:
    """Return grids that somebody drew as a plan with findings and figures, not assessed yet."""
    communities = layers.communities
    own = communities["code"].where(communities["code"] != "", communities["name"])
    settings = by_code(settings, communities, list(own))
    bands = bands_of(settings, communities)
    facilities = judge_facilities(layers, grids, settings)
    plan = deliver_existing(grids, layers, settings, bands)
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
        allowed_gaps=layers.allowed_gaps,
        facilities=facilities,
        register=registered(settings.codes, layers.crs),
    )
    judgement = judge(subject, band=bands, codes=settings.codes)
    plan = in_communities(plan, community_of(subject))
    return with_judgement(plan, judgement, _homes_of(plan, layers))


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
