"""Laws of the whole job: each is checked on one plan of a town, all on the same one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from builders_city import City, grids_by_household
from builders_varied import Town

from gridgeo.adjust import compare_sides, repair_grids, side_of
from gridgeo.config import Settings, Source
from gridgeo.model import Layers, Plan, layer_frame
from gridgeo.pipeline import partition_layers, verify
from gridgeo.read import read_layers
from gridgeo.report import load_plan
from gridgeo.report.documents import write_summary
from gridgeo.report.geopackage import write_geopackage

#: Rules that no plan of ours may break, however little.
_HARD = {"fills_community", "no_overlap", "inside_community", "codes_unique"}
#: A home on a border lies in one grid and touches others: as far as rounding moves it.
_ON_BORDER_M = 0.01


@dataclass(frozen=True)
class Case:
    """A town, its layers as they were read, and the plan made of them; `folder` is for files."""

    town: Town
    layers: Layers
    plan: Plan
    folder: Path

    @classmethod
    def of(cls, town: Town, folder: Path) -> "Case":
        layers = town.city.layers()
        return cls(town, layers, partition_layers(layers, town.settings), folder)

    @property
    def basic(self) -> gpd.GeoDataFrame:
        return self.plan.grids[self.plan.grids["kind"] == "basic"]

    @cached_property
    def file_settings(self) -> Settings:
        """Return the settings with the layers of the town as files."""
        inputs = {
            role: tuple(Source(path=str(self.folder / source.path)) for source in sources)
            for role, sources in self.town.city.write(self.folder, "parquet").items()
        }
        return replace(self.town.settings, read=replace(self.town.settings.read, inputs=inputs))

    @cached_property
    def settings_of_delivery(self) -> Settings:
        """Return the same, with the outlines as they were delivered: repaired, or by atoms."""
        path = self.folder / "delivered.parquet"
        self.plan.communities.to_parquet(path)
        rules = self.file_settings
        inputs = {**rules.read.inputs, "communities": (Source(path=str(path)),)}
        return replace(rules, read=replace(rules.read, inputs=inputs))


def households_are_conserved(case: Case) -> None:
    plan, frames = case.plan, case.town.city.frames
    counted = frames["households" if "households" in frames else "atoms"]["户数"].sum()
    homes, counts = plan.households, plan.summary["households"]
    inside = homes["grid"] != ""
    assert counts["in"] == counted
    assert counts["in"] == counts["in_grids"] + counts["listed"]
    assert counts["in_grids"] == plan.grids["households"].sum() == plan.atoms["households"].sum()
    assert counts["in_grids"] == plan.communities["households"].sum()
    assert counts["listed"] == homes.loc[~inside, "households"].sum()
    assert (homes.loc[~inside, "reason"] != "").all()


def residents_are_conserved(case: Case) -> None:
    plan, frames = case.plan, case.town.city.frames
    given = frames["households" if "households" in frames else "atoms"]
    if "常住人口" not in given:
        assert plan.grids["residents"].isna().all()
        return
    homes = plan.households
    assert homes["residents"].sum() == given["常住人口"].sum()
    within = homes.loc[homes["grid"] != "", "residents"].sum()
    assert np.isclose(plan.grids["residents"].sum(), within)
    assert np.isclose(plan.communities["residents"].sum(), within)


def grids_fill_their_communities(case: Case) -> None:
    plan = case.plan
    union = plan.grids.dissolve("community").geometry
    outline = plan.communities.set_index("code").geometry
    assert set(union.index) == set(outline.index)
    missed = union.symmetric_difference(outline, align=True).area
    assert missed.max() < 1e-4, missed.to_dict()
    assert plan.summary["area_difference_m2"] < 1e-4


def ground_of_communities_changes_only_as_listed(case: Case) -> None:
    """Every square metre that an outline gained or lost is in a finding with its area."""
    if case.layers.atoms is not None:
        return
    given, delivered = (
        frame.set_index("code").geometry
        for frame in (case.layers.communities, case.plan.communities)
    )
    changed = given.symmetric_difference(delivered, align=True).area
    listed = [f.amount or 0.0 for f in case.plan.findings if f.rule == "communities_repaired"]
    assert np.isclose(changed.sum(), sum(listed), atol=0.02 * len(given))


def each_atom_given_is_kept_or_listed(case: Case) -> None:
    """Atoms that were given are neither cut nor joined; those outside are in a finding."""
    if case.layers.atoms is None:
        return
    given = shapely.area(case.layers.atoms.geometry.to_numpy())
    kept = shapely.area(case.plan.atoms.geometry.to_numpy())
    outside = [f.amount or 0.0 for f in case.plan.findings if f.rule == "atoms_outside_communities"]
    assert len(kept) + sum(outside) == len(given)
    assert all(np.isclose(given, area).any() for area in kept)


def atoms_are_a_coverage(case: Case) -> None:
    """Neighbouring atoms share their borders vertex by vertex."""
    wrong = shapely.coverage_invalid_edges(case.plan.atoms.geometry.to_numpy())
    assert shapely.is_empty(wrong).all()


def grids_do_not_overlap(case: Case) -> None:
    shapes = case.plan.grids.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    common = shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]]))
    assert common.max(initial=0.0) < 1e-4


def each_basic_grid_is_one_valid_polygon(case: Case) -> None:
    grids = case.plan.grids
    assert grids.geometry.is_valid.all()
    assert (case.basic.geom_type == "Polygon").all()
    assert grids["code"].is_unique
    assert set(grids["community"]) <= set(case.plan.communities["code"])


def grids_are_connected_without_crossing_barriers(case: Case) -> None:
    """A grid that a river or a railway divides has a bridge or a street across, or is listed."""
    plan = case.plan
    borders = plan.borders[(plan.borders["right"] >= 0) & plan.borders["passable"]]
    grid = plan.atoms["grid"].to_numpy()
    same = borders[grid[borders["left"]] == grid[borders["right"]]]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(grid)))
    graph.add_edges_from(same[["left", "right"]].to_numpy().tolist())
    parts = pd.Series([grid[min(part)] for part in nx.connected_components(graph)])
    divided = set(parts[parts.duplicated()]) & set(case.basic["code"])
    assert len(divided) <= sum(f.rule == "straddles_barrier" for f in plan.findings)


def each_household_is_in_one_grid_or_listed(case: Case) -> None:
    homes = case.plan.households
    shapes = case.plan.grids.set_index("code").geometry
    inside = homes["grid"] != ""
    if case.layers.atoms is not None and not len(case.layers.households):
        return  # the atoms are the households: they are polygons
    points = homes.geometry.to_numpy()
    stated = shapes.to_numpy()[shapes.index.get_indexer(pd.Index(homes.loc[inside, "grid"]))]
    assert shapely.dwithin(points[inside], stated, _ON_BORDER_M).all()
    inner = shapely.buffer(shapes.to_numpy(), -_ON_BORDER_M)
    home, grid = shapely.STRtree(inner).query(points, predicate="intersects")
    assert (homes["grid"].to_numpy()[home] == shapes.index.to_numpy()[grid]).all()
    sums = homes[inside].groupby("grid")["households"].sum().reindex(shapes.index, fill_value=0)
    assert (sums.to_numpy() == case.plan.grids["households"].to_numpy()).all()


def verdicts_fit_the_counts(case: Case) -> None:
    band, basic, plan = case.town.settings.band, case.basic, case.plan
    known = basic["residents"].notna()
    by_households = basic["households"].between(band.lower, band.upper)
    by_residents = known & basic["residents"].between(band.residents_lower, band.residents_upper)
    fits = {
        "households": by_households,
        "residents": by_residents | (~known & by_households),
        "either": by_households | by_residents,
    }[band.profile]
    assert (fits == (basic["verdict"] == "in_band")).all()
    assert (plan.grids["verdict"] != "").all()
    others = plan.grids[plan.grids["kind"] == "open"]
    assert (others["households"] == 0).all()


def each_community_has_a_verdict_and_a_reason(case: Case) -> None:
    band, communities = case.town.settings.band, case.plan.communities.set_index("code")
    basic = case.basic
    small = communities[communities["verdict"] == "small"]
    if band.profile == "residents":
        assert (small["residents"] < band.residents_lower).all()
    else:
        assert (small["households"] < band.lower).all()
    grids = basic["community"].value_counts().reindex(communities.index, fill_value=0)
    assert (communities["grids"] == grids).all()
    unmet = communities["verdict"].isin(["impossible", "not_found"])
    assert (communities.loc[unmet, "reason"] != "").all()
    missed = basic.loc[basic["verdict"] != "in_band", "community"]
    met = communities["verdict"] == "in_band"
    assert set(missed).isdisjoint(communities.index[met])


def no_plan_breaks_a_hard_rule(case: Case) -> None:
    assert [f.message.en for f in case.plan.findings if f.severity == "error"] == []


def what_is_delivered_passes_verification(case: Case) -> None:
    judged = verify(case.plan.grids, case.settings_of_delivery)
    broken = [f.message.en for f in judged.findings if f.severity == "error" or f.rule in _HARD]
    assert broken == []
    assert judged.summary["in_band_share"] == case.plan.summary["in_band_share"]
    counts, mine = judged.summary["households"], case.plan.summary["households"]
    assert counts["in_grids"] == mine["in_grids"]
    if len(case.layers.households):
        homes = case.plan.households
        ground = shapely.STRtree(case.plan.grids.geometry.to_numpy())
        met, _ = ground.query(homes.geometry, predicate="dwithin", distance=_ON_BORDER_M)
        away = np.bincount(met, minlength=len(homes)) < 2
        placed, mine = grids_by_household(judged), grids_by_household(case.plan)
        wrong = [home for home in homes["name"][away] if placed[home] != mine[home]]
        assert wrong == []


def files_are_read_as_frames(case: Case) -> None:
    read = read_layers(case.file_settings.read)
    for role, frame in vars(case.layers).items():
        if isinstance(frame, gpd.GeoDataFrame):
            assert getattr(read, role).equals(frame), role


def order_of_rows_and_threads_change_no_byte(case: Case) -> None:
    seed = sum(case.town.move)
    shuffled = case.town.city.shuffled(abs(seed)).layers()
    assert_same(case.plan, partition_layers(shuffled, case.town.settings, jobs=2))


def moving_the_town_by_whole_metres_changes_no_grouping(case: Case) -> None:
    moved = partition_layers(case.town.city.moved(*case.town.move).layers(), case.town.settings)
    assert grids_by_household(moved) == grids_by_household(case.plan)
    assert moved.grids["name"].tolist() == case.plan.grids["name"].tolist()
    assert np.allclose(moved.grids["area_m2"], case.plan.grids["area_m2"])


def grids_given_as_atoms_come_back(case: Case) -> None:
    """Where all grids are in band, a partition of them is the same partition."""
    plan = case.plan
    if not (plan.grids["verdict"] == "in_band").all():
        return
    known = plan.grids["residents"].notna().any()
    atoms = gpd.GeoDataFrame(
        {"户数": plan.grids["households"], "社区编码": plan.grids["community"]}
        | ({"人口": plan.grids["residents"]} if known else {}),
        geometry=plan.grids.geometry,
    )
    outlines = plan.communities.rename(columns={"code": "编码", "name": "名称"})
    city = City({"communities": outlines[["编码", "名称", "geometry"]], "atoms": atoms})
    again = partition_layers(city.layers(), case.town.settings)
    assert again.grids["code"].tolist() == plan.grids["code"].tolist()
    assert again.grids["households"].tolist() == plan.grids["households"].tolist()
    assert again.grids.geometry.geom_equals(plan.grids.geometry).all()


def a_plan_differs_in_nothing_from_itself(case: Case) -> None:
    side = side_of(case.plan)
    compared = compare_sides(side, side, case.town.settings)
    assert set(compared.changes["change"]) == {"unchanged"}
    assert compared.summary["households_moved"] == 0


def there_is_nothing_to_repair(case: Case) -> None:
    rules = case.settings_of_delivery
    inputs = {"communities": rules.read.inputs["communities"]}
    rules = replace(rules, read=replace(rules.read, inputs=inputs))
    repaired = repair_grids(case.plan.grids, rules)
    assert repaired.grids.geometry.geom_equals_exact(case.plan.grids.geometry, 0).all()


def a_saved_plan_comes_back(case: Case) -> None:
    folder = case.folder / "out"
    folder.mkdir(exist_ok=True)
    write_geopackage(case.plan, folder / "plan.gpkg")
    write_summary(case.plan, folder / "summary.json")
    loaded = load_plan(folder)
    assert_same(case.plan, loaded)
    assert loaded.settings == case.plan.settings
    assert [*loaded.findings] == [*case.plan.findings]
    assert [*loaded.rejects] == [*case.plan.rejects]


def layers_are_not_changed(case: Case) -> None:
    fresh = case.town.city.layers()
    for role, frame in vars(case.layers).items():
        if isinstance(frame, gpd.GeoDataFrame):
            assert getattr(fresh, role).equals(frame), role


def assert_same(plan: Plan, other: Plan) -> None:
    for layer in ("communities", "grids", "atoms", "borders", "households", "considered"):
        mine, its = (layer_frame(layer, getattr(p, layer)) for p in (plan, other))
        assert mine.drop(columns="geometry").equals(its.drop(columns="geometry")), layer
        assert mine.geometry.to_wkb().equals(its.geometry.to_wkb()), layer
    assert [f.message for f in plan.findings] == [f.message for f in other.findings]
    assert plan.summary == other.summary


LAWS: tuple[Callable[[Case], None], ...] = (
    households_are_conserved,
    residents_are_conserved,
    grids_fill_their_communities,
    ground_of_communities_changes_only_as_listed,
    each_atom_given_is_kept_or_listed,
    atoms_are_a_coverage,
    grids_do_not_overlap,
    each_basic_grid_is_one_valid_polygon,
    grids_are_connected_without_crossing_barriers,
    each_household_is_in_one_grid_or_listed,
    verdicts_fit_the_counts,
    each_community_has_a_verdict_and_a_reason,
    no_plan_breaks_a_hard_rule,
    what_is_delivered_passes_verification,
    files_are_read_as_frames,
    order_of_rows_and_threads_change_no_byte,
    moving_the_town_by_whole_metres_changes_no_grouping,
    grids_given_as_atoms_come_back,
    a_plan_differs_in_nothing_from_itself,
    there_is_nothing_to_repair,
    a_saved_plan_comes_back,
    layers_are_not_changed,
)


def broken_laws(case: Case) -> list[Exception]:
    """Return what each law that does not hold says, with its name as a note."""
    broken = []
    for law in LAWS:
        try:
            law(case)
        except Exception as error:  # noqa: BLE001  (an error inside a law breaks it, too)
            error.add_note(f"the law {law.__name__} is broken")
            broken.append(error)
    return broken
