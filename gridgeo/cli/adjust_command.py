"""`gridgeo adjust`: proposals for the least change of a partition, taken or refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridgeo.cli import options as o
from gridgeo.cli.interrupt import STOPPED, interruptible
from gridgeo.cli.options import Given, Out, Overwrite
from gridgeo.cli.outcome import errors, exit_where_broken
from gridgeo.config import Settings, Source
from gridgeo.decisions_file import ids_of, read_decisions
from gridgeo.errors import SettingsError
from gridgeo.proposals import Decisions
from gridgeo.text import Text

if TYPE_CHECKING:
    from gridgeo.proposals import Adjustment

_IDS = "ID,..."


def adjust_command(
    grids: Annotated[str, typer.Argument(metavar="GRIDS[::LAYER]", help="Grids 待调整的网格")],
    communities: o.Communities = None,
    streets: o.Streets = None,
    barriers: o.Barriers = None,
    households: o.Households = None,
    compounds: o.Compounds = None,
    buildings: o.Buildings = None,
    parcels: o.Parcels = None,
    addresses: o.Addresses = None,
    facilities: o.Facilities = None,
    atoms: o.AtomLayers = None,
    together: o.Together = None,
    apart: o.Apart = None,
    locked: o.Locked = None,
    allowed_gaps: o.AllowedGaps = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar=_IDS, help="Take only these 仅采纳")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option("--reject", metavar=_IDS, help="Leave these out 不采纳")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", help="proposals.xlsx with decisions 填好决定的建议表"),
    ] = None,
    codes: o.Register = None,
    ledger: o.Ledger = None,
    settings_file: o.SettingsOption = None,
    column: o.Columns = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    profile: o.Profile = None,
    scheme: o.Scheme = None,
    seed: o.Seed = None,
    effort: o.Effort = None,
    seconds: o.Seconds = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Threads 线程数")] = 2,
    lang: o.LangOption = None,
    out: Out = Path("gridgeo-adjusted"),
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Propose the least change that makes grids sound, and carry it out 最小调整."""
    with errors(lang):
        settings = Given.of(locals()).settings()
        decided = _decisions(accept, reject, decisions)
    with interruptible(STOPPED, settings.lang), errors(settings.lang):
        source = Source.parse(grids)
        adjusted = _adjust(
            source, settings, decided, ledger=ledger or o.ledger_of(source), jobs=jobs, out=out,
            overwrite=overwrite,
        )  # fmt: skip
    exit_where_broken(adjusted.plan.findings)


def _decisions(accept: list[str] | None, reject: list[str] | None, file: Path | None) -> Decisions:
    if file is None:
        return Decisions(accepted=ids_of(accept or ()), rejected=ids_of(reject or ()))
    if accept or reject:
        raise SettingsError(
            Text("decisions are given twice", "决定既在文件中又在命令行给出"),
            key="--decisions",
            remedy=Text(
                "Give the file, or --accept and --reject", "请只用文件，或只用 --accept 和 --reject"
            ),
        )
    return read_decisions(file)


def _adjust(
    grids: Source,
    settings: Settings,
    decided: Decisions,
    *,
    ledger: Path | None,
    jobs: int,
    out: Path,
    overwrite: bool,
) -> Adjustment:
    from gridgeo.adjust import adjust as adjust_grids  # noqa: PLC0415  (heavy: only when it is needed)
    from gridgeo.cli.show import progress  # noqa: PLC0415
    from gridgeo.cli.show_adjusted import show_adjusted  # noqa: PLC0415
    from gridgeo.ledger_file import read_ledger  # noqa: PLC0415
    from gridgeo.report import check_adjusted, save_adjusted  # noqa: PLC0415

    check_adjusted(out, overwrite=overwrite)
    with progress(settings.lang) as report:
        entries = () if ledger is None else read_ledger(ledger)
        adjusted = adjust_grids(
            grids, settings, decisions=decided, ledger=entries, jobs=jobs, on_progress=report
        )
        report("write", 0, 0)
        save_adjusted(adjusted, out, overwrite=overwrite)
    show_adjusted(adjusted, out)
    return adjusted
