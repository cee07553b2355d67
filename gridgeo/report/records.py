"""Findings, rejects, notes and settings as tables, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gridgeo.config import Override, Settings, Source, Threshold
from gridgeo.model import Finding, Note, Plan, Reject
from gridgeo.review import place_of, suggestion_of
from gridgeo.wording import Lang, Text, rule_of

if TYPE_CHECKING:
    from pyproj import CRS

_BETWEEN_CODES = ";"
_FINDING_COLUMNS = (
    *("id", "rule", "severity", "status", "grids", "message", "amount", "unit", "suggestion"),
    *("source", "note", "x", "y", "about", "message_en", "message_zh", "advice_en", "advice_zh"),
)


def finding_frame(findings: Iterable[Finding], lang: Lang, crs: CRS | None) -> gpd.GeoDataFrame:
    """Return the findings as a layer; `message` is in `lang`, both languages stand behind it."""
    rows = [
        {
            "id": f.id,
            "rule": f.rule,
            "severity": f.severity,
            "status": f.status,
            "grids": _BETWEEN_CODES.join(f.grids),
            "message": f.message.say(lang),
            "amount": f.amount,
            "unit": f.unit,
            "suggestion": suggestion_of(f).say(lang),
            "source": rule_of(f.rule).source.say(lang),
            "note": f.note,
            "x": place[0],
            "y": place[1],
            "about": f.about,
            "message_en": f.message.en,
            "message_zh": f.message.zh,
            "advice_en": f.advice.en if f.advice else "",
            "advice_zh": f.advice.zh if f.advice else "",
            "geometry": f.where,
        }
        for f in findings
        for place in [place_of(f) or (math.nan, math.nan)]
    ]
    frame = pd.DataFrame(rows, columns=[*_FINDING_COLUMNS, "geometry"])
    numbers = ("amount", "x", "y")
    frame = frame.astype({n: "float64" if n in numbers else "str" for n in _FINDING_COLUMNS})
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)


def plan_findings(plan: Plan) -> gpd.GeoDataFrame:
    """Return the findings of a plan as a layer, in the language of its settings."""
    return finding_frame(plan.findings, plan.settings.lang, plan.grids.crs)


def findings_of(frame: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Return the findings of a layer written by `finding_frame`."""
    return tuple(
        Finding(
            rule=row["rule"],
            severity=row["severity"],
            message=Text(row["message_en"], row["message_zh"]),
            grids=tuple(row["grids"].split(_BETWEEN_CODES)) if row["grids"] else (),
            where=row["geometry"],
            amount=None if pd.isna(row["amount"]) else float(row["amount"]),
            unit=row["unit"],
            about=row["about"],
            id=row["id"],
            status=row["status"],
            note=row["note"],
            advice=_advice(row),
        )
        for row in _records(frame)
    )


def _advice(row: Mapping[Any, Any]) -> Text | None:
    """Return the advice of a finding; plans of older versions hold none."""
    en, zh = row.get("advice_en"), row.get("advice_zh")
    return Text(en, zh) if isinstance(en, str) and isinstance(zh, str) and zh else None


def reject_frame(rejects: Iterable[Reject], lang: Lang) -> pd.DataFrame:
    """Return the rejects as a table; `reason` is in `lang`, both languages stand behind it."""
    rows = [
        {
            "layer": r.layer,
            "file": r.file,
            "row": r.row,
            "field": r.field,
            "value": r.value,
            "reason": r.reason.say(lang),
            "households": r.households,
            "reason_en": r.reason.en,
            "reason_zh": r.reason.zh,
        }
        for r in rejects
    ]
    names = ["layer", "file", "row", "field", "value", "reason", "households"]
    frame = pd.DataFrame(rows, columns=[*names, "reason_en", "reason_zh"])
    counts = ("row", "households")
    return frame.astype({n: "int64" if n in counts else "str" for n in frame.columns})


def rejects_of(frame: pd.DataFrame) -> tuple[Reject, ...]:
    """Return the rejects of a table written by `reject_frame`."""
    return tuple(
        Reject(
            row["layer"],
            row["file"],
            int(row["row"]),
            row["field"],
            row["value"],
            Text(row["reason_en"], row["reason_zh"]),
            int(row["households"]),
        )
        for row in _records(frame)
    )


def note_frame(notes: Iterable[Note], lang: Lang) -> pd.DataFrame:
    """Return the notes as a table; `message` is in `lang`, both languages stand behind it."""
    rows = [(n.topic, n.message.say(lang), n.message.en, n.message.zh) for n in notes]
    return pd.DataFrame(rows, columns=["topic", "message", "message_en", "message_zh"], dtype="str")


def notes_of(frame: pd.DataFrame) -> tuple[Note, ...]:
    """Return the notes of a table written by `note_frame`."""
    return tuple(
        Note(row["topic"], Text(row["message_en"], row["message_zh"])) for row in _records(frame)
    )


def settings_frame(settings: Settings) -> pd.DataFrame:
    """Return the settings as a table of `key` (``band.lower``) and `value` (JSON).

    Examples
    --------
    >>> settings_frame(Settings()).set_index("key").loc["band.lower", "value"]
    '300'
    """
    rows: list[tuple[str, str]] = []
    for section in fields(settings):
        part = getattr(settings, section.name)
        if is_dataclass(part):
            rows += [
                (f"{section.name}.{f.name}", _json(getattr(part, f.name))) for f in fields(part)
            ]
        else:
            rows.append((section.name, _json(part)))
    return pd.DataFrame(rows, columns=["key", "value"], dtype="str")


def settings_of(frame: pd.DataFrame) -> Settings:
    """Return the settings of a table written by `settings_frame`."""
    parts: dict[str, Any] = {}
    for key, text in zip(frame["key"], frame["value"], strict=True):
        section, _, name = key.partition(".")
        value = json.loads(text)
        value = _DECODERS[key](value) if key in _DECODERS else value
        if name:
            parts.setdefault(section, {})[name] = value
        else:
            parts[section] = value
    default = Settings()
    made: dict[str, Any] = {}
    for name, part in parts.items():
        usual = getattr(default, name)
        is_part = is_dataclass(usual) and not isinstance(usual, type)
        made[name] = replace(usual, **part) if is_part else part
    return Settings(**made)


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"a setting cannot be written: {value!r}")


def _thresholds(value: Mapping[str, Mapping[str, Any]]) -> dict[str, Threshold]:
    return {name: Threshold(**limits) for name, limits in value.items()}


def _overrides(value: Mapping[str, Mapping[str, Any]]) -> dict[str, Override]:
    return {code: Override(**override) for code, override in value.items()}


def _sources(value: Mapping[str, list[Mapping[str, str]]]) -> dict[str, tuple[Source, ...]]:
    return {role: tuple(Source(**source) for source in given) for role, given in value.items()}


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "community": _overrides,
    "dedicated.thresholds": _thresholds,
    "read.inputs": _sources,
}
