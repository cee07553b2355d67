"""From command-line options and a settings file to `Settings`; exit codes of a command.

A command ends with code 1 where a hard rule is broken, and with 2 and one line after an error of
gridgeo.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridgeo.config import ROLES, Settings, Source, read_settings
from gridgeo.errors import GridgeoError, SettingsError
from gridgeo.wording import LANGS, Lang, Text, word
from gridgeo.wording import ROLES as ROLE_NAMES

if TYPE_CHECKING:
    from gridgeo.model import Finding

DEFAULT_FILE = "gridgeo.toml"


def _layer(role: str, what: str) -> Any:
    flag = f"--{role.replace('_', '-')}"
    return Annotated[
        list[str] | None,
        typer.Option(flag, metavar="PATH[::LAYER]", help=what, rich_help_panel="Layers 图层"),
    ]


Communities = _layer("communities", "Outlines of communities or villages 社区（村）边界")
Streets = _layer("streets", "Street lines 道路")
Barriers = _layer("barriers", "Water, rail, walls; rail=PATH gives a kind 水系、铁路、围墙")
Links = _layer(
    "links",
    "Bridges, underpasses, gates, roads to exclaves: lines or points 通道（桥、涵、门、村道）",
)
Households = _layer("households", "Points, polygons or a table with counts 户数")
Compounds = _layer("compounds", "Residential compounds 小区")
Buildings = _layer("buildings", "Building footprints 楼栋")
Parcels = _layer("parcels", "Parcels that point facilities stand on 宗地")
Addresses = _layer("addresses", "Addresses to join tables to 门牌地址")
Facilities = _layer("facilities", "Facilities; school=PATH gives a category 设施")
AtomLayers = _layer("atoms", "Ready-made atoms with counts, never cut 现成单元")
AllowedGaps = _layer("allowed_gaps", "Rivers and lakes that belong to no grid 允许的空缺")
Together = _layer("together", "What stays in one grid: outlines, or lines 须在一起")
Apart = _layer("apart", "Lines between what must not share a grid 须分开")
Locked = _layer("locked", "Grids that stay as drawn 锁定的网格")
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="LAYER.FIELD=NAME", help="Column of a field 指定字段"),
]
Crs = Annotated[
    list[str] | None,
    typer.Option("--crs", metavar="LAYER=EPSG", help="CRS, whatever the file says 坐标系"),
]
Datum = Annotated[
    list[str] | None,
    typer.Option("--datum", metavar="LAYER=gcj02|bd09", help="Shifted datum 加偏基准"),
]
Encoding = Annotated[
    list[str] | None,
    typer.Option("--encoding", metavar="LAYER=NAME", help="Text encoding 文字编码"),
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results 输出文件夹")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a plan there 覆盖旧结果")]
SettingsOption = Annotated[Path | None, typer.Option("--settings", help="Settings file 设置文件")]
LangOption = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", help="Language 语言 [default: zh]")
]
Scheme = Annotated[
    str | None,
    typer.Option("--scheme", metavar="cn15|plain|cjt349|template", help="Code scheme 编码方案"),
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="either|households|residents", help="Measure 衡量指标"),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of the search 随机种子")]
Effort = Annotated[
    str | None, typer.Option("--effort", metavar="fast|normal|best", help="Search effort 寻优程度")
]
Seconds = Annotated[
    float | None, typer.Option("--seconds", help="Wall-clock limit of the search 寻优限时（秒）")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="none|township|tile",
        help="Parts done one by one, resumable 分片计算，可续算",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="Dask cluster for parts 计算集群"),
]
Ledger = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        help="Ledger of findings, kept from run to run; one beside GRIDS is found 问题台账 CSV",
        show_default=False,
    ),
]
Register = Annotated[
    Path | None,
    typer.Option(
        "--codes", metavar="REGISTER", help="Register of codes, .gpkg or .csv 编码登记表",
        show_default=False,
    ),
]  # fmt: skip
SettingsFile = Annotated[
    Path | None,
    typer.Argument(metavar="[SETTINGS.toml]", help="Settings file 设置文件", show_default=False),
]


def ledger_of(grids: Source) -> Path | None:
    """Return the ledger that stands beside a file of grids, None where there is none.

    It is called after the file and the layer: ``grids.findings.csv``, ``grids.LAYER.findings.csv``.
    """
    path = Path(grids.path)
    middle = f".{grids.layer}" if grids.layer else ""
    beside = path.with_name(f"{path.stem}{middle}.findings.csv")
    return beside if beside.is_file() else None


@dataclass(frozen=True, kw_only=True)
class CliInput:
    """What the command line gave, before it is merged with a settings file.

    Fields are called as the parameters of the commands are.
    """

    settings_file: Path | None = None
    layers: Mapping[str, list[str] | None] = field(default_factory=dict)
    column: list[str] | None = None
    crs: list[str] | None = None
    datum: list[str] | None = None
    encoding: list[str] | None = None
    lang: str | None = None
    scheme: str | None = None
    profile: str | None = None
    lower: int | None = None
    upper: int | None = None
    seed: int | None = None
    by: str | None = None
    effort: str | None = None
    seconds: float | None = None
    codes: Path | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> CliInput:
        """Return what is for the settings among the options of a command (its ``locals()``).

        Examples
        --------
        >>> given = CliInput.of({"streets": ["roads.shp"], "seed": 7, "jobs": 2})
        >>> given.layers, given.seed
        ({'streets': ['roads.shp']}, 7)
        """
        given = {one.name: options[one.name] for one in fields(cls) if one.name in options}
        return cls(**given, layers={role: options[role] for role in ROLES if role in options})

    def settings(self) -> Settings:
        """Return the settings: those of the file, changed where an option says otherwise."""
        base = self._file_settings()
        read = replace(
            base.read,
            inputs={**base.read.inputs, **sources(self.layers)},
            columns={**base.read.columns, **pairs("column", self.column)},
            crs={**base.read.crs, **pairs("crs", self.crs)},
            datum={**base.read.datum, **pairs("datum", self.datum)},
            encoding={**base.read.encoding, **pairs("encoding", self.encoding)},
        )
        band = _changed(base.band, profile=self.profile, lower=self.lower, upper=self.upper)
        settings: Settings = _changed(
            base,
            read=read,
            band=band,
            codes=_changed(
                base.codes,
                scheme=self.scheme,
                register=None if self.codes is None else str(self.codes),
            ),
            parts=_changed(base.parts, by=self.by),
            search=_changed(base.search, seed=self.seed, effort=self.effort, seconds=self.seconds),
            lang=self.lang,
        )
        return settings

    def _file_settings(self) -> Settings:
        if self.settings_file is not None:
            return read_settings(self.settings_file)
        if not Path(DEFAULT_FILE).is_file():
            return Settings()
        found = read_settings(DEFAULT_FILE)
        self._say_found(found)
        return found

    def _say_found(self, found: Settings) -> None:
        """Say that the settings file of this folder is read, and which layers come from it."""
        roles = [role for role in found.read.inputs if not self.layers.get(role)]
        lang = lang_of(self.lang or found.lang)
        told = Text(f"settings: ./{DEFAULT_FILE}", f"读取设置文件 ./{DEFAULT_FILE}")
        if roles:
            listed = "、".join(word(ROLE_NAMES, role, "zh") for role in roles)
            told = told + Text(f", with its {', '.join(roles)}", f"，其中的图层：{listed}")
        typer.echo(told.say(lang), err=True)


def check_scheduler(scheduler: str | None, settings: Settings) -> None:
    """Raise SettingsError where a cluster is given and there are no parts for it."""
    if scheduler and settings.parts.by == "none":
        raise SettingsError(
            Text("a cluster does parts, and there are none", "集群按分片计算，而未设置分片"),
            key="--scheduler",
            remedy=Text("Add --by township or --by tile", "请加 --by township 或 --by tile"),
        )


def sources(layers: Mapping[str, list[str] | None]) -> dict[str, tuple[Source, ...]]:
    """Return the sources by role of ``PATH[::LAYER]`` or ``KIND=PATH[::LAYER]`` texts."""
    return {
        role: tuple(parse_source(text) for text in layers[role] or ())
        for role in ROLES
        if layers.get(role)
    }


def parse_source(text: str) -> Source:
    """Return the source of one text; an equals sign in the name of a file that is there stays.

    Examples
    --------
    >>> parse_source("school=city.gpkg::schools")
    Source(path='city.gpkg', layer='schools', kind='school')
    """
    source = Source.parse(text)
    kind, equals, rest = text.partition("=")
    if not equals or Path(source.path).exists():
        return source
    return Source.parse(rest, kind=kind)


def pairs(option: str, texts: Iterable[str] | None) -> dict[str, str]:
    """Return ``{name: value}`` of ``NAME=VALUE`` texts; a column without value means none."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name or not (value or option == "column"):
            raise SettingsError(
                Text(f"{text!r} is not NAME=VALUE", f"{text!r} 不是“名称=值”的形式"),
                key=f"--{option}",
                value=text,
                remedy=Text(
                    f"For example --{option} {_EXAMPLES[option]}",
                    f"例如 --{option} {_EXAMPLES[option]}",
                ),
            )
        found[name.strip()] = value.strip()
    return found


_EXAMPLES = {
    "column": "households.households=户数",
    "crs": "streets=4490",
    "datum": "households=gcj02",
    "encoding": "streets=GBK",
}


def _changed(value: Any, **changes: Any) -> Any:
    """Return the settings value with the changes that were given."""
    known = {f.name for f in fields(value)}
    return replace(value, **{k: v for k, v in changes.items() if v is not None and k in known})


BROKEN = 1
UNUSABLE = 2


def lang_of(lang: str | None) -> Lang:
    """Return the language of what is printed: Chinese where none was asked for."""
    return "en" if lang == "en" else "zh"


def hint_at_language(lang: str | None, settings_file: Path | None = None) -> None:
    """Say how to switch the language where neither an option nor a settings file chose it."""
    if lang is None and settings_file is None and not Path(DEFAULT_FILE).is_file():
        typer.echo("In English: add --lang en", err=True)


@contextmanager
def errors(lang: str | None) -> Iterator[None]:
    """Turn our errors into one line and exit code 2."""
    try:
        if lang is not None and lang not in LANGS:
            raise SettingsError(
                Text(f"unknown language {lang!r}", f"未知的语言 {lang!r}"),
                key="--lang",
                remedy=Text(f"Choose {' or '.join(LANGS)}", f"可选：{'、'.join(LANGS)}"),
            )
        yield
    except GridgeoError as error:
        from gridgeo.cli.show import show_error  # noqa: PLC0415  (heavy)

        show_error(error, lang_of(lang))
        raise typer.Exit(UNUSABLE) from error


def exit_where_broken(findings: Iterable[Finding]) -> None:
    """End with exit code 1 where a hard rule is broken, but for accepted exceptions."""
    from gridgeo.review import broken_rules  # noqa: PLC0415  (heavy)

    if broken_rules(findings):
        raise typer.Exit(BROKEN)
