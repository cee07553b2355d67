"""The only module that knows the order: read, atoms, dedicated, partition, codes, validate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from gridgeo.codes import assign_codes, community_codes
from gridgeo.config import Band, Settings
from gridgeo.describe import bounded_by, contains, name_grids
from gridgeo.errors import InputError, speaks_language_of_settings
from gridgeo.model import Atoms, Layers, Partition, Plan, by_code
from gridgeo.partition import Cancellation, dissolve, partition_atoms
from gridgeo.pipeline.context import RunContext, constraints_of
from gridgeo.pipeline.deliver import (
    deliver_atoms,
    deliver_communities,
    deliver_considered,
    deliver_grids,
    deliver_households,
)
from gridgeo.pipeline.estimates import estimated, estimates_needed, without_estimates
from gridgeo.pipeline.evaluate import check_plan, compounds_note, judge_drawn
from gridgeo.pipeline.finer import (
    missed_grids,
    only_communities,
    patch_partition,
    unmet_communities,
)
from gridgeo.pipeline.recode import carry_codes, register_note
from gridgeo.pipeline.summary import Clock, Progress, input_hashes, interruption
from gridgeo.read import (
    Grids,
    LayerSource,
    layers_from_frames,
    read_code_mapping,
    read_grids,
    read_layers,
    ways_of,
)
from gridgeo.review import assess
from gridgeo.wording import Text


@speaks_language_of_settings
def partition_layers(
    layers: Layers | Mapping[str, LayerSource | Sequence[LayerSource]],
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    on_progress: Progress | None = None,
) -> Plan:
    """Cut communities into grids, coded, named and checked.

    Parameters
    ----------
    layers
        What `gridgeo.read_layers` returned, or frames or files ("PATH::LAYER") by role
        (``communities``, ``streets``, ``households`` ...), cleaned by the same rules.
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


@speaks_language_of_settings
def run(settings: Settings, *, jobs: int = 1, on_progress: Progress | None = None) -> Plan:
    """Read ``settings.read.inputs`` and partition them; see `partition_layers`."""
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers = read_layers(settings.read, on_progress=clock.log)
    plan = _partition(layers, settings, clock, jobs)
    return replace(plan, run={**plan.run, "inputs": input_hashes(settings.read)})


def _partition(layers: Layers, settings: Settings, clock: Clock, jobs: int) -> Plan:
    mapping = mapping_of(settings)
    scheme = settings.codes.code_scheme
    settings = by_code(
        settings, layers.communities, community_codes(layers.communities, scheme, mapping=mapping)
    )
    with clock.stage("atoms"):
        alone = estimates_needed(layers, settings.band)
        measured = estimated(layers, settings.band) if alone else layers
        context = RunContext(layers=measured, settings=settings, mapping=mapping)
        atoms = context.atoms()
    with Cancellation().after(settings.search.seconds) as halt:
        with clock.stage("partition"):
            labels = _solve(context, atoms, clock, jobs, halt)
        if layers.atoms is None and (
            unmet := unmet_communities(atoms, labels, context.bands(atoms))
        ):
            with clock.stage("finer"):
                atoms, labels = _try_finer(
                    context, atoms, labels, unmet, clock=clock, jobs=jobs, halt=halt
                )
    if alone:
        atoms, context = without_estimates(atoms), replace(context, layers=layers)
    with clock.stage("codes"):
        codes = community_codes(atoms.communities, scheme, mapping=mapping)
        coded, crosswalk = _code_and_describe(context, atoms, labels, codes)
        plan = deliver_plan(layers, atoms, labels, coded, codes=codes, settings=settings)
    with clock.stage("validate"):
        plan = check_plan(plan, layers, labels)
    run = {**clock.record(), "search": plan.summary["search"]}
    return replace(plan, run=run, crosswalk=crosswalk)


def mapping_of(settings: Settings) -> Mapping[str, str]:
    """Return the codes of communities that the settings name a file for."""
    return read_code_mapping(settings.codes.mapping) if settings.codes.mapping else {}


def _solve(
    context: RunContext, atoms: Atoms, clock: Clock, jobs: int, halt: Cancellation
) -> Partition:
    settings = context.settings
    return partition_atoms(
        atoms,
        band=context.bands(atoms).each(lambda band: band_of(atoms, band)),
        weights=settings.weights,
        search=settings.search,
        open_ground=settings.open_ground,
        ties=constraints_of(context.layers, atoms),
        jobs=jobs,
        on_progress=clock.advance,
        cancellation=halt,
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
    context: RunContext,
    atoms: Atoms,
    labels: Partition,
    unmet: list[int],
    *,
    clock: Clock,
    jobs: int,
    halt: Cancellation,
) -> tuple[Atoms, Partition]:
    """Return finer atoms and their partition where that misses the band less."""
    fine = context.finer_atoms(unmet)
    if len(fine.frame) == len(atoms.frame):
        return atoms, labels
    again = _solve(context, only_communities(fine, unmet), clock, jobs, halt)
    if missed_grids(again, unmet) >= missed_grids(labels, unmet):
        return atoms, labels
    return fine, patch_partition(labels, atoms, again, fine, unmet)


def make_atoms(layers: Layers, settings: Settings) -> Atoms:
    """Return the atoms of the layers: cut along streets, or ready-made ones as they are."""
    return RunContext(layers=layers, settings=settings, mapping=mapping_of(settings)).atoms()


def _code_and_describe(
    context: RunContext, atoms: Atoms, labels: Partition, codes: list[str]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame | None]:
    """Return the grids by label with codes, names, bounds and contents, and their crosswalk."""
    layers, rules, lang = context.layers, context.settings.codes, context.settings.lang
    grids = dissolve(atoms, labels)
    coded = assign_codes(grids, atoms.communities, rules, mapping=context.mapping)
    crosswalk = None
    if rules.register:
        coded, crosswalk = carry_codes(coded, atoms, codes, rules)
    named = name_grids(coded, atoms.communities, atoms.considered, lang=lang)
    given = _locked_names(layers, coded)
    described = coded.assign(
        name=given.where(given != "", named),
        bounded_by=bounded_by(
            labels.labels,
            atoms.borders,
            atoms.frame,
            atoms.communities,
            facilities=atoms.considered["name"].tolist(),
            lang=lang,
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
        communities=deliver_communities(codes, layers, atoms, labels, lang),
        grids=deliver_grids(coded, atoms, lang),
        atoms=deliver_atoms(atoms, grid, codes),
        borders=atoms.borders,
        households=deliver_households(layers, atoms, grid, lang),
        considered=deliver_considered(atoms, labels, code_of, lang),
        streets=ways_of(layers.streets, layers.links),
        barriers=layers.barriers,
        findings=(*atoms.findings, *labels.findings),
        rejects=layers.rejects,
        notes=(*layers.notes, *atoms.notes, *interruption(labels, settings.search)),
        summary={},
    )


@speaks_language_of_settings
def verify(grids: Grids, settings: Settings, *, on_progress: Progress | None = None) -> Plan:
    """Judge a file of grids that somebody drew, by the same checks as our own.

    Parameters
    ----------
    grids
        The grids, of a file ("PATH::LAYER"), a frame or a plan: polygons with code, name, kind,
        community, households and residents, as far as they are there. They are never repaired.
    settings
        ``read.inputs`` names the communities, and households, streets, barriers, atoms, compounds
        and facilities where they are there; what cannot be checked without them is noted in the
        findings.

    Returns
    -------
    Plan
        With the grids as they were delivered, findings, and figures in ``summary``.
    """
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers = read_layers(settings.read, partial=True, on_progress=clock.log)
        file = read_grids(grids, crs=layers.crs, rules=settings.read, ground=layers)
    with clock.stage("validate"):
        judged = judge_drawn(file.grids.drop(columns="row"), layers, settings, found=file.findings)
    return assess(
        replace(
            judged,
            rejects=(*layers.rejects, *file.rejects),
            notes=(
                *layers.notes,
                *file.notes,
                *register_note(settings.codes),
                *compounds_note(layers),
            ),
            run={**clock.record(), "inputs": input_hashes(settings.read, grids)},
        )
    )
